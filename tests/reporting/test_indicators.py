"""What each indicator counts, and what it leaves out."""

from datetime import timedelta

from marketplace.catalogue.models import ProductEvent, ProductState
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.ocop.models import ProductGroup
from marketplace.orders.models import OrderState, PaymentMethod
from marketplace.producers.models import ProducerKind, ProducerState
from marketplace.programme.areas import Area
from marketplace.programme.figures import FigureKey
from marketplace.programme.services import declare_figure
from marketplace.reporting.queries import Side, list_records
from marketplace.stalls.models import MarketKind, Means
from marketplace.trace.models import CallAnswer, LinkState, LinkStatus
from tests.factories.figures import (
    NOW,
    World,
    local,
    make_call,
    make_check,
    make_listing,
    make_market,
    make_order,
    make_sale,
    make_seller,
    make_stall,
)
from tests.factories.ocop import CertificateFactory, OcopProductFactory
from tests.reporting.figures import figure_of, fraction, row_of, window_of

NOVEMBER = local(2026, 11, 5)


def test_e1_counts_recognised_products_with_a_listing_on_show(world: World) -> None:
    with transaction():
        seller = make_seller(world.x)
        make_listing(seller)
        make_listing(seller, state=ProductState.SUBMITTED)  # recognised, not on show
        CertificateFactory(ocop_product=OcopProductFactory(producer=seller), stars=2)  # two stars do not count
        old = NOW.date() - timedelta(days=4 * 365)
        CertificateFactory(ocop_product=OcopProductFactory(producer=seller), issued_on=old)  # run out
    assert fraction(figure_of(world.x, "E1")) == (1, 2)


def test_a_listing_of_a_suspended_producer_is_not_on_show(world: World) -> None:
    with transaction():
        seller = make_seller(world.x)
        make_listing(seller)
        seller.state, seller.state_before_suspension = ProducerState.SUSPENDED, ProducerState.VERIFIED
    assert fraction(figure_of(world.x, "E1")) == (0, 1)


def test_a_month_that_ended_remembers_what_was_on_show(world: World) -> None:
    with transaction():
        product = make_listing(make_seller(world.x))
        for state, at in (("submitted", local(2026, 9, 20)), ("approved", local(2026, 10, 1)), ("paused", NOVEMBER)):
            db.session.add(ProductEvent(product_id=product.id, action=state, to_state=state, at=at))
        product.state = ProductState.PAUSED
    seen = [figure_of(world.x, "E1", month).numerator for month in ("2026-09", "2026-10", "2026-11")]
    assert seen == [0, 1, 0]


def test_e3_counts_producers_that_show_or_sell(world: World) -> None:
    with transaction():
        make_listing(make_seller(world.x))
        make_order(make_seller(world.x), at=NOVEMBER)
        make_seller(world.x)
        make_seller(world.x, state=ProducerState.PENDING)
    assert fraction(figure_of(world.x, "E3")) == (2, 3)


def test_orders_that_do_not_count_stay_out(world: World) -> None:
    with transaction():
        seller = make_seller(world.x)
        make_order(seller, at=NOVEMBER)
        make_order(seller, at=NOVEMBER, method=PaymentMethod.CASH_ON_DELIVERY, state=OrderState.CONFIRMED)
        make_order(seller, at=NOVEMBER, goods=230_000, method=PaymentMethod.VIETQR, state=OrderState.COMPLETED)
        for state in (OrderState.AWAITING_PAYMENT, OrderState.CANCELLED, OrderState.EXPIRED):
            make_order(seller, at=NOVEMBER, state=state)
    assert fraction(figure_of(world.x, "E10-N")) == (2, 3)
    assert fraction(figure_of(world.x, "E10-V")) == (370_000, 490_000)


def test_a_month_begins_and_ends_at_midnight_in_vietnam(world: World) -> None:
    with transaction():
        seller = make_seller(world.x)
        make_order(seller, at=local(2026, 10, 31, 23, 59))
        make_order(seller, at=local(2026, 11, 1, 0, 0))
    assert figure_of(world.x, "E10-N", "2026-10").denominator == 1
    assert figure_of(world.x, "E10-N", "2026-11").denominator == 1


def test_e6_to_e8_stand_over_declared_numbers(world: World) -> None:
    with transaction():
        seller = make_seller(world.x)
        make_order(seller, at=local(2026, 2, 1), goods=300_000)
        make_order(seller, at=local(2025, 12, 31), goods=999_000)
        make_order(make_seller(world.x, kind=ProducerKind.COMPANY), at=NOVEMBER, goods=200_000)
        for key, value in (
            (FigureKey.PRODUCER_UNITS, 4),
            (FigureKey.GOODS_VALUE, 5_000_000),
            (FigureKey.COOPERATIVE_GOODS_VALUE, 3_000_000),
        ):
            declare_figure(
                Area(world.x),
                key,
                value=value,
                counted_on=local(2026, 10, 1).date(),
                source="Thống kê xã",
                actor_id=None,
            )
    assert fraction(figure_of(world.x, "E6")) == (1, 4)
    assert fraction(figure_of(world.x, "E7")) == (500_000, 5_000_000)
    assert fraction(figure_of(world.x, "E8")) == (300_000, 3_000_000)


def test_t1_counts_only_links_that_are_known_to_work(world: World) -> None:
    with transaction():
        listings = [make_listing(make_seller(world.x)) for _ in range(7)]
        works, broke, uncalled, stale, own, _none, misspelt = listings
        for product in (works, broke, uncalled, stale):
            link = make_check(product, LinkStatus.OK, local(2026, 9, 1))
            if product is stale:
                make_call(link, LinkState.WORKS, local(2026, 10, 1))
            elif product is not uncalled:
                make_call(link, LinkState.WORKS, local(2026, 11, 1))
            if product is broke:
                make_call(link, LinkState.BROKEN, local(2026, 11, 20), answer=CallAnswer.GONE)
        make_check(own, LinkStatus.OK, local(2026, 11, 1), note="")
        make_check(misspelt, LinkStatus.BAD_SYNTAX, local(2026, 11, 1))
    assert fraction(figure_of(world.x, "T1")) == (2, 7)
    window = window_of(world.x)
    shown = {
        side: {(row.label, row.state, row.at) for row in list_records(window, "T1", side).page.items} for side in Side
    }
    assert {state for _label, state, _at in shown[Side.NUMERATOR]} == {"works"}
    found = {label: (state, at) for label, state, at in shown[Side.DENOMINATOR]}
    assert [found[product.name] for product in listings] == [
        ("works", local(2026, 11, 1)),
        ("broken", local(2026, 11, 20)),
        ("unknown", local(2026, 9, 1)),
        ("unknown", local(2026, 10, 1)),
        ("works", local(2026, 11, 1)),
        ("no_link", None),
        ("broken", local(2026, 11, 1)),
    ]


def test_a_month_that_ended_keeps_its_t1_and_its_definition(world: World) -> None:
    with transaction():
        link = make_check(make_listing(make_seller(world.x)), LinkStatus.OK, local(2026, 10, 1))
        make_call(link, LinkState.WORKS, local(2026, 11, 23))
    assert fraction(figure_of(world.x, "T1", "2026-10")) == (1, 1)  # version 1: well formed is enough
    assert row_of(world.x, "T1", "2026-10").definition.version == 1
    with clock.frozen(local(2026, 12, 20)):
        with transaction():
            make_call(link, LinkState.BROKEN, local(2026, 12, 7), answer=CallAnswer.GONE)
            link.removed_at = local(2026, 12, 8)
        assert fraction(figure_of(world.x, "T1", "2026-11")) == (1, 1)
        row = row_of(world.x, "T1", "2026-12")
        assert (fraction(row.figure), row.definition.version) == ((0, 1), 2)
        # nothing is counted backwards by a definition that came later
        assert [point.value for point in row.trend] == [None, None, None, None, 100, 0]


def test_t2_asks_only_goods_that_grow(world: World) -> None:
    with transaction():
        seller = make_seller(world.x)
        make_listing(seller, planting_area_code="AG-0001")
        make_listing(seller)
        basket = make_listing(seller)
        basket.ocop_product.group = ProductGroup.HANDICRAFT
    assert fraction(figure_of(world.x, "T2")) == (1, 2)


def test_stalls_counted_here_are_no_denominator(world: World) -> None:
    with transaction():
        make_stall(make_market(world.x))
    row = row_of(world.x, "M1")
    assert (fraction(row.figure), row.published) == ((1, None), None)


def test_having_a_qr_and_using_it_are_two_figures(world: World) -> None:
    with transaction():
        market = make_market(world.x)
        used, once, never, without = (
            make_stall(market),
            make_stall(market),
            make_stall(market),
            make_stall(market, qr_since=None),
        )
        make_sale(used, 45_000, NOVEMBER)
        make_sale(once, 45_000, local(2026, 9, 1))
        make_sale(never, 45_000, NOVEMBER, means=Means.CASH)
        make_sale(without, 45_000, NOVEMBER, means=Means.CASH)
        declare_figure(
            Area(world.x),
            FigureKey.TRADERS,
            value=8,
            counted_on=local(2026, 10, 1).date(),
            source="Ban quản lý chợ",
            actor_id=None,
            market_id=market.id,
        )
    assert fraction(figure_of(world.x, "M1")) == (3, 8)
    assert fraction(figure_of(world.x, "M2")) == (1, 3)
    assert fraction(figure_of(world.x, "M6")) == (2, 8)


def test_m3_and_m4_count_markets_and_no_streets(world: World) -> None:
    with transaction():
        make_market(world.x, collects_fees_cashless=True)
        make_market(world.x)
        make_market(world.y)
        make_market(world.x, kind=MarketKind.STREET, collects_fees_cashless=True)
        make_listing(make_seller(world.x))
    assert fraction(figure_of(world.x, "M3")) == (1, 2)
    assert fraction(figure_of(world.x, "M4")) == (2, 2)
    assert fraction(figure_of(world.y, "M4")) == (0, 1)


def test_m7_and_m9_count_paid_sales_only(world: World) -> None:
    with transaction():
        market = make_market(world.x)
        stall, second, third = (make_stall(market) for _ in range(3))
        make_sale(stall, 45_000, NOVEMBER)
        make_sale(second, 15_000, NOVEMBER, means=Means.CASH)
        make_sale(third, 10_000, NOVEMBER, means=Means.CASH)
        make_sale(stall, 99_000, NOVEMBER, paid=False)
        make_sale(stall, 99_000, local(2026, 10, 31, 23, 59))
    assert fraction(figure_of(world.x, "M7-N")) == (1, 3)
    assert fraction(figure_of(world.x, "M7-V")) == (Dong(45_000), Dong(70_000))
    assert (row_of(world.x, "M9-N").published, row_of(world.x, "M9-V").published) == (3, 70_000)
