"""The report as a whole: unknown denominators, targets, former units, sums over communes."""

from datetime import date
from decimal import Decimal

import pytest

from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.orders.models import OrderState, PaymentMethod
from marketplace.places.models import AdminUnit
from marketplace.programme.areas import Area
from marketplace.programme.figures import FigureKey
from marketplace.programme.queries import default_plan
from marketplace.programme.services import declare_figure
from marketplace.reporting.indicators import FORMULAS
from marketplace.reporting.periods import Basis, read_month
from marketplace.reporting.queries import Gap, Side, Verdict, build_report, list_records
from marketplace.stalls.models import Means
from tests.factories.figures import (
    World,
    local,
    make_listing,
    make_market,
    make_order,
    make_sale,
    make_seller,
    make_stall,
)
from tests.reporting.figures import figure_of, fraction, report_of, row_of, window_of


def declare(unit: AdminUnit, value: int, day: date, *, key: FigureKey = FigureKey.PRODUCER_UNITS) -> None:
    """An officer's number."""
    with transaction():
        declare_figure(Area(unit), key, value=value, counted_on=day, source="Danh sách của xã", actor_id=None)


def test_every_definition_has_a_formula_and_every_formula_a_definition(world: World) -> None:
    assert {row.definition.code for row in report_of(world.x).rows} == set(FORMULAS)


def test_an_empty_commune_has_no_percentage_at_all(world: World) -> None:
    rows = [row for row in report_of(world.x).rows if row.definition.unit.value == "percent"]
    assert {row.published for row in rows} == {None}
    assert {row.figure.gap for row in rows} == {Gap.NOT_DECLARED, Gap.NOTHING_TO_COUNT}
    assert {row.verdict for row in rows} == {Verdict.UNKNOWN}


def test_the_latest_declaration_on_or_before_the_months_end_counts(world: World) -> None:
    for value, day in ((4, date(2026, 8, 31)), (5, date(2026, 10, 31)), (6, date(2026, 11, 1))):
        declare(world.x, value, day)
    seen = [figure_of(world.x, "E6", month).denominator for month in ("2026-07", "2026-08", "2026-10", "2026-11")]
    assert seen == [None, 4, 5, 6]


def test_a_declared_zero_is_not_a_hundred_percent(world: World) -> None:
    declare(world.x, 0, date(2026, 10, 1))
    figure = figure_of(world.x, "E6")
    assert (figure.value, figure.gap) == (None, Gap.NOTHING_TO_COUNT)


def test_more_than_was_declared_is_doubted(world: World) -> None:
    with transaction():
        for _ in range(2):
            make_order(make_seller(world.x), at=local(2026, 11, 5))
    declare(world.x, 1, date(2026, 10, 1))
    row = row_of(world.x, "E6")
    assert (row.published, row.figure.gap, row.verdict) == (None, Gap.MORE_THAN_DECLARED, Verdict.UNKNOWN)


def test_a_province_sums_its_communes_only_when_all_have_declared(world: World) -> None:
    declare(world.x, 3, date(2026, 10, 1))
    assert figure_of(world.province, "E6").gap is Gap.PARTS_NOT_DECLARED
    declare(world.y, 4, date(2026, 10, 2))
    assert figure_of(world.province, "E6").denominator == 7
    declare(world.province, 9, date(2026, 10, 3))
    assert figure_of(world.province, "E6").denominator == 9


def test_the_plan_of_the_area_is_chosen_and_judged_exactly(world: World) -> None:
    with transaction():
        market = make_market(world.z)
        stalls = [make_stall(market) for _ in range(3)]
        make_sale(stalls[0], 10_000, local(2026, 11, 5))
    row = row_of(world.z, "M2")
    assert (row.published, row.target and row.target.value, row.verdict) == (Decimal("33.3"), 50, Verdict.NOT_MET)
    with transaction():
        make_sale(stalls[1], 10_000, local(2026, 11, 5))
    assert row_of(world.z, "M2").verdict is Verdict.MET


def test_a_plan_that_says_nothing_sets_no_target(world: World) -> None:
    plan = default_plan(Area(world.x), 2026)
    assert plan is not None
    assert plan.number == "924/QĐ-TTg"
    with transaction():
        make_listing(make_seller(world.x))
    assert (row_of(world.x, "E1").published, row_of(world.x, "E1").verdict) == (Decimal("100.0"), Verdict.NO_TARGET)


def test_merged_communes_keep_their_past_and_the_new_one_restates_it(world: World) -> None:
    with transaction():
        first = make_seller(world.x, former_commune_id=world.m1.id)
        second = make_seller(world.x, former_commune_id=world.m2.id)
        for seller, orders in ((first, 3), (second, 4)):
            for _ in range(orders):
                make_order(seller, at=local(2025, 6, 30, 23, 59))
            make_order(seller, at=local(2025, 7, 1, 0, 0))

    def orders(unit: AdminUnit, month: str, basis: Basis = Basis.REPORTED) -> int | None:
        report = report_of(unit, month, basis)
        return next((row.figure.denominator for row in report.rows if row.definition.code == "E10-N"), None)

    assert [orders(unit, "2025-06") for unit in (world.m1, world.m2, world.x)] == [3, 4, None]
    assert orders(world.x, "2025-06", Basis.RESTATED) == 7
    assert [orders(unit, "2025-07") for unit in (world.m1, world.m2, world.x)] == [None, None, 2]
    assert orders(world.m1, "2025-07", Basis.RESTATED) == 1


def test_a_year_to_date_begins_with_the_unit_unless_restated(world: World) -> None:
    with transaction():
        seller = make_seller(world.x, former_commune_id=world.m1.id)
        make_order(seller, at=local(2025, 6, 30), goods=100_000)
        make_order(seller, at=local(2025, 7, 1), goods=200_000)
    assert figure_of(world.x, "E7", "2025-07").numerator == 200_000
    assert figure_of(world.x, "E7", "2025-07", Basis.RESTATED).numerator == 300_000


def fill(world: World) -> None:
    """Records in every commune, those of ``z`` as canaries for the other province."""
    for number, unit in enumerate((world.x, world.y, world.z), start=1):
        seller = make_seller(unit)
        make_listing(seller, planting_area_code="AG-1")
        market = make_market(unit)
        stalls = [make_stall(market) for _ in range(3)]
        for turn in range(number):
            make_order(seller, at=local(2026, 11, 2 + turn), goods=100_000 + number)
            make_order(
                seller,
                at=local(2026, 11, 3 + turn),
                method=PaymentMethod.CASH_ON_DELIVERY,
                state=OrderState.CONFIRMED,
            )
            for stall in stalls:
                make_sale(stall, 10_000 + number, local(2026, 11, 4))
            make_sale(stalls[0], 5_000, local(2026, 11, 4), means=Means.CASH)


def test_communes_add_up_to_their_province(world: World) -> None:
    with transaction():
        fill(world)
    parts = [{row.definition.code: fraction(row.figure) for row in report_of(unit).rows} for unit in (world.x, world.y)]
    for row in report_of(world.province).rows:
        whole = fraction(row.figure)
        summed = [[part[row.definition.code][side] for part in parts] for side in (0, 1)]
        assert whole == tuple(None if None in side else sum(side) for side in summed), row.definition.code


def test_two_stalls_are_too_few_to_show_what_they_sold(world: World) -> None:
    with transaction():
        market = make_market(world.x)
        stalls = [make_stall(market) for _ in range(3)]
        make_sale(stalls[0], 45_000, local(2026, 11, 5))
        make_sale(stalls[1], 15_000, local(2026, 11, 5), means=Means.CASH)
        make_sale(stalls[2], 15_000, local(2026, 11, 5), paid=False)
        make_sale(stalls[2], 15_000, local(2026, 10, 31, 23, 59))
    assert fraction(figure_of(world.x, "M7-V")) == (None, None)
    for code in ("M7-V", "M9-V"):
        row = row_of(world.x, code)
        assert (row.published, row.figure.gap, row.verdict) == (None, Gap.TOO_FEW_STALLS, Verdict.UNKNOWN)
        assert {point.value for point in row.trend[-2:]} == {None}
    assert (figure_of(world.x, "M9-N").numerator, figure_of(world.x, "M2").numerator) == (2, 1)
    for code, figure in (("M7-N", 1), ("M7-V", None), ("M9-N", 2), ("M9-V", None)):
        found = list_records(window_of(world.x), code, Side.NUMERATOR)
        assert (found.page.items, found.figure, found.gap) == ([], figure, Gap.TOO_FEW_STALLS)

    with transaction():
        make_sale(stalls[2], 1_000, local(2026, 11, 6), means=Means.CASH)
    assert fraction(figure_of(world.x, "M7-V")) == (45_000, 61_000)
    assert [row.amount for row in list_records(window_of(world.x), "M7-V", Side.NUMERATOR).page.items] == [45_000]


@pytest.mark.parametrize("code", sorted(FORMULAS))
def test_the_records_add_up_to_the_figure(world: World, code: str) -> None:
    with transaction():
        fill(world)
        for key in FigureKey:
            declare_figure(
                Area(world.province), key, value=40, counted_on=date(2026, 10, 1), source="Sổ theo dõi", actor_id=None
            )
    window = window_of(world.province)
    figure = figure_of(world.province, code)
    for side, number in ((Side.NUMERATOR, figure.numerator), (Side.DENOMINATOR, figure.denominator)):
        if side is Side.DENOMINATOR and number is None:
            continue
        first = list_records(window, code, side, size=2)
        records = [
            row
            for number in range(1, first.page.pages + 1)
            for row in list_records(window, code, side, number=number, size=2).page.items
        ]
        found = sum(row.amount or 0 for row in records) if first.is_sum else len(records)
        assert (found, first.figure) == (number, number)
        assert len({row.record_id for row in records}) == len(records)


def test_the_same_report_is_built_in_few_queries(world: World, count_queries: list[str]) -> None:
    with transaction():
        fill(world)
    count_queries.clear()
    build_report(window_of(world.province), default_plan(Area(world.province), 2026))
    assert len(count_queries) <= 16


@pytest.mark.parametrize("written", ["2026-13", "26-11", "2026-11-01", "2019-12", "2026-12", "٢٠٢٦-11", ""])
def test_months_that_cannot_be_are_refused(world: World, written: str) -> None:
    with pytest.raises(Invalid):
        read_month(written)
