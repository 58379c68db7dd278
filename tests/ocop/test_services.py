"""Certificates: who records what, under which rules, and how long it counts (P16, S9, I41 to I46)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.audit.models import AuditEvent
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, DomainError, Forbidden, Invalid
from marketplace.core.roles import Role, Scope
from marketplace.ocop import queries, services
from marketplace.ocop.models import AuthorityLevel, Certificate, CertificateState, OcopProduct, ProductGroup
from marketplace.ocop.queries import Expiry, Standing
from marketplace.ocop.services import Decision
from marketplace.producers.reviewer import Reviewer
from tests.factories.accounts import UserFactory
from tests.factories.ocop import CertificateFactory, OcopProductFactory
from tests.factories.producers import commune, officer, operator, province

pytestmark = pytest.mark.usefixtures("context")

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _today() -> Any:
    with clock.frozen(clock.local_day(TODAY)[0]):
        yield


@pytest.fixture
def product(context: Flask) -> OcopProduct:
    with transaction():
        made = OcopProductFactory()
    assert isinstance(made, OcopProduct)
    return made


@pytest.fixture
def by(product: OcopProduct) -> Reviewer:
    """An officer of the product's province."""
    with transaction():
        return officer(UserFactory().id)


def decision(stars: int = 4, **values: Any) -> Decision:
    written: dict[str, Any] = {
        "number": "2585/QĐ-UBND",
        "decided_on": date(2025, 12, 28),
        "authority_level": AuthorityLevel.CENTRE if stars == 5 else AuthorityLevel.PROVINCE,
        "authority_name": "UBND tỉnh An Giang",
        **values,
    }
    return Decision(stars=stars, **written)


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Certificate)) or 0


def test_a_province_officer_records_what_the_province_decided(product: OcopProduct, by: Reviewer) -> None:
    with transaction():
        made = services.record_certificate(product.id, decision(score=Decimal("78.66")), by=by)
    assert (made.state, made.rule_set, made.stars) == (CertificateState.AWARDED, "1489/2025", 4)
    assert (made.issued_on, made.expires_on) == (date(2025, 12, 28), date(2028, 12, 28))
    assert queries.valid_certificate(product.id, TODAY) == made
    (event,) = queries.list_events(made.id)
    assert (event.from_state, event.to_state, event.actor_id) == (None, "awarded", by.id)
    audited = select(AuditEvent.actor_id).where(AuditEvent.object_type == "certificate")
    assert db.session.scalars(audited).all() == [by.id]


def test_nobody_else_records_it(product: OcopProduct, by: Reviewer) -> None:
    with transaction():
        elsewhere = officer(by.id, province("01", "Hà Nội"))
        home = product.commune_id
    scopes = {
        "producer": Scope(Role.PRODUCER, subject_id=product.producer_id),
        "commune officer": Scope(Role.COMMUNE_OFFICER, unit_id=home),
        "buyer": Scope(Role.BUYER),
        "operator": Scope(Role.OPERATOR),
    }
    others = [elsewhere, *(Reviewer.of(by.id, [scope]) for scope in scopes.values())]
    for other in others:
        with pytest.raises(Forbidden, match="province_officer_needed"), transaction():
            services.record_certificate(product.id, decision(), by=other)
    assert count() == 0


def test_five_stars_are_the_operators_on_the_ministrys_decision(product: OcopProduct, by: Reviewer) -> None:
    five = decision(5, number="2361/QĐ-BNNMT", authority_name="Bộ Nông nghiệp và Môi trường")
    with pytest.raises(Forbidden, match="operator_needed"), transaction():
        services.record_certificate(product.id, five, by=by)
    with transaction():
        assert services.record_certificate(product.id, five, by=operator(by.id)).stars == 5


@pytest.mark.parametrize("stars", [0, 1, 2, 6])
def test_other_stars_are_not_awarded(product: OcopProduct, by: Reviewer, stars: int) -> None:
    with pytest.raises(Invalid, match="stars_not_awardable"), transaction():
        services.record_certificate(product.id, decision(stars), by=by)
    assert count() == 0


@pytest.mark.parametrize(
    ("stars", "score", "potential", "agrees"),
    [
        (3, "50", False, True), (3, "69.99", False, True), (3, "70", False, False), (3, "49.99", False, False),
        (4, "70", False, True), (4, "89.99", False, True), (4, "90", False, False), (4, "69.99", False, False),
        (4, "95.64", True, True), (4, "90", True, True), (4, "89.99", True, False), (4, None, True, True),
        (3, None, False, True),
    ],
)  # fmt: skip
def test_points_and_stars_agree(
    product: OcopProduct, by: Reviewer, stars: int, score: str | None, potential: bool, agrees: bool
) -> None:
    wanted = decision(stars, score=Decimal(score) if score else None, is_potential_five_star=potential)
    if agrees:
        with transaction():
            assert services.record_certificate(product.id, wanted, by=by).stars == stars
    else:
        with pytest.raises(Invalid, match="score_disagrees"), transaction():
            services.record_certificate(product.id, wanted, by=by)


@pytest.mark.parametrize("stars", [3, 5])
def test_a_potential_five_star_product_has_four(product: OcopProduct, by: Reviewer, stars: int) -> None:
    with pytest.raises(Invalid, match="potential_sells_as_four"), transaction():
        services.record_certificate(product.id, decision(stars, is_potential_five_star=True), by=by)


@pytest.mark.parametrize(
    ("stars", "day", "level", "is_right"),
    [
        (3, date(2023, 2, 23), AuthorityLevel.PROVINCE, True),
        (3, date(2023, 2, 23), AuthorityLevel.DISTRICT, False),
        (3, date(2023, 2, 24), AuthorityLevel.DISTRICT, True),
        (3, date(2025, 7, 5), AuthorityLevel.PROVINCE, False),
        (3, date(2025, 7, 6), AuthorityLevel.PROVINCE, True),
        (3, date(2025, 7, 6), AuthorityLevel.DISTRICT, False),
        (4, date(2024, 1, 1), AuthorityLevel.DISTRICT, False),
        (4, date(2026, 1, 1), AuthorityLevel.CENTRE, False),
    ],
)
def test_the_level_is_right_for_the_day(
    product: OcopProduct, by: Reviewer, stars: int, day: date, level: AuthorityLevel, is_right: bool
) -> None:
    wanted = decision(stars, decided_on=day, authority_level=level)
    if is_right:
        with transaction():
            services.record_certificate(product.id, wanted, by=by)
    else:
        with pytest.raises(Invalid, match="authority_level_wrong"), transaction():
            services.record_certificate(product.id, wanted, by=by)


@pytest.mark.parametrize(
    ("decided_on", "issued_on", "code"),
    [
        (date(2019, 8, 20), None, "decision_date_wrong"),
        (date(2026, 11, 23), None, "decision_date_wrong"),
        (date(2025, 12, 28), date(2025, 12, 27), "issue_date_wrong"),
        (date(2025, 1, 1), date(2026, 1, 3), "issue_date_wrong"),
    ],
)
def test_days_make_sense(
    product: OcopProduct, by: Reviewer, decided_on: date, issued_on: date | None, code: str
) -> None:
    with pytest.raises(Invalid, match=code), transaction():
        services.record_certificate(product.id, decision(decided_on=decided_on, issued_on=issued_on), by=by)


def test_one_decision_is_recorded_once_for_a_product(product: OcopProduct, by: Reviewer) -> None:
    with transaction():
        services.record_certificate(product.id, decision(), by=by)
    with pytest.raises(Invalid, match="certificate_exists"), transaction():
        services.record_certificate(product.id, decision(), by=by)
    with transaction():
        other = OcopProductFactory()
        services.record_certificate(other.id, decision(), by=by)
    assert count() == 2


def test_two_certificates_never_overlap_unless_one_replaces_the_other(product: OcopProduct, by: Reviewer) -> None:
    renewed = decision(3, number="99/QĐ-UBND", decided_on=date(2026, 6, 1))
    with transaction():
        older = services.record_certificate(product.id, decision(), by=by)
    with pytest.raises(Invalid, match="certificate_overlaps"), transaction():
        services.record_certificate(product.id, renewed, by=by)
    assert count() == 1
    with transaction():
        newer = services.record_certificate(product.id, renewed, by=by, supersedes_id=older.id)
    assert (older.state, older.ended_on) == (CertificateState.SUPERSEDED, date(2026, 6, 1))
    assert queries.valid_certificate(product.id, date(2026, 5, 31)) == older
    assert queries.valid_certificate(product.id, date(2026, 6, 1)) == newer


def test_a_certificate_of_another_product_cannot_be_replaced(product: OcopProduct, by: Reviewer) -> None:
    with transaction():
        other = CertificateFactory()
    with pytest.raises(Conflict, match="certificate_state"), transaction():
        services.record_certificate(product.id, decision(), by=by, supersedes_id=other.id)


def test_a_renewal_may_follow_on_the_day_after(product: OcopProduct, by: Reviewer) -> None:
    with transaction():
        first = services.record_certificate(product.id, decision(decided_on=date(2022, 10, 10)), by=by)
        services.record_certificate(product.id, decision(number="7/QĐ-UBND", decided_on=date(2025, 10, 10)), by=by)
    assert first.expires_on == date(2025, 10, 10)
    assert first.state == CertificateState.AWARDED


def test_a_certificate_runs_out_at_midnight_in_vietnam(product: OcopProduct) -> None:
    with transaction():
        CertificateFactory(ocop_product=product, issued_on=date(2023, 10, 1), expires_on=date(2026, 10, 1))
    before, after = date(2026, 9, 30), date(2026, 10, 1)
    assert queries.valid_certificate(product.id, before) is not None
    assert queries.valid_certificate(product.id, after) is None
    last_minute = clock.local_day(after)[0].timestamp() - 60
    assert clock.local_day_of(clock.local_day(after)[0]) == after
    assert clock.local_day_of(clock.now().fromtimestamp(last_minute, clock.now().tzinfo)) == before


def test_the_clause_and_the_standing_say_the_same(product: OcopProduct) -> None:
    with transaction():
        rows = [
            CertificateFactory(ocop_product=product, issued_on=date(2022, 1, 1)),
            CertificateFactory(issued_on=date(2025, 1, 1)),
            CertificateFactory(issued_on=date(2026, 12, 1)),
            CertificateFactory(issued_on=date(2025, 1, 1), state=CertificateState.PROPOSED),
            CertificateFactory(issued_on=date(2025, 1, 1), state=CertificateState.WITHDRAWN, ended_on=TODAY),
            CertificateFactory(
                issued_on=date(2025, 1, 1), state=CertificateState.WITHDRAWN, ended_on=date(2026, 11, 23)
            ),
            CertificateFactory(issued_on=date(2025, 1, 1), state=CertificateState.SUPERSEDED, ended_on=TODAY),
        ]
    standings = [queries.standing_on(row, TODAY) for row in rows]
    assert standings == [
        Standing.EXPIRED, Standing.VALID, Standing.NOT_YET, Standing.PROPOSED, Standing.WITHDRAWN, Standing.VALID,
        Standing.SUPERSEDED,
    ]  # fmt: skip
    by_clause = set(db.session.scalars(select(Certificate.id).where(queries.is_valid_on(TODAY))))
    by_standing = {row.id for row, standing in zip(rows, standings, strict=True) if standing == Standing.VALID}
    assert by_clause == by_standing


def test_a_proposal_counts_only_once_awarded(product: OcopProduct, by: Reviewer) -> None:
    with transaction():
        proposed = services.propose_certificate(product.id, decision(5), by=by)
    assert queries.valid_certificate(product.id, TODAY) is None
    with pytest.raises(Forbidden, match="operator_needed"), transaction():
        services.award_certificate(proposed.id, by=by)
    with transaction():
        services.award_certificate(proposed.id, by=operator(by.id))
    found = queries.valid_certificate(product.id, TODAY)
    assert found is not None
    assert [event.to_state for event in queries.list_events(found.id)] == ["proposed", "awarded"]
    with pytest.raises(Conflict, match="certificate_state"), transaction():
        services.award_certificate(proposed.id, by=operator(by.id))


def test_a_withdrawal_says_why_and_since_when(product: OcopProduct, by: Reviewer) -> None:
    with transaction():
        made = services.record_certificate(product.id, decision(), by=by)
    for reason, ended_on, code in (
        (" ", None, "reason_needed"),
        ("Không đạt", date(2025, 12, 27), "end_date_wrong"),
        ("Không đạt", date(2027, 11, 22), "end_date_wrong"),
    ):
        with pytest.raises(Invalid, match=code), transaction():
            services.withdraw_certificate(made.id, by=by, reason=reason, ended_on=ended_on)
    with pytest.raises(Forbidden, match="province_officer_needed"), transaction():
        services.withdraw_certificate(made.id, by=operator(by.id), reason="Không đạt")
    assert queries.valid_certificate(product.id, TODAY) is not None

    with transaction():
        services.withdraw_certificate(made.id, by=by, reason="Không đạt khi đánh giá lại")

    withdrawn = queries.get_certificate(made.id)
    assert (withdrawn.state, withdrawn.ended_on) == (CertificateState.WITHDRAWN, TODAY)
    assert withdrawn.end_reason == "Không đạt khi đánh giá lại"
    assert queries.valid_certificate(product.id, TODAY) is None
    with pytest.raises(Conflict, match="certificate_state"), transaction():
        services.withdraw_certificate(made.id, by=by, reason="Lần nữa")


def test_a_recognised_product_belongs_to_its_province(product: OcopProduct, by: Reviewer) -> None:
    def recognise(who: Reviewer, **values: Any) -> OcopProduct:
        wanted = {"name": "Rượu nếp", "group": ProductGroup.DRINK, "commune_id": product.commune_id, **values}
        return services.recognise_product(product.producer_id, by=who, **wanted)

    with transaction():
        elsewhere = officer(by.id, province("01", "Hà Nội"))
        made = recognise(by, is_alcohol=True)
    assert (made.name_fold, made.is_alcohol) == ("ruou nep", True)
    refusals: list[tuple[type[DomainError], str, Reviewer, dict[str, Any]]] = [
        (Forbidden, "province_officer_needed", elsewhere, {"name": "Khác"}),
        (Invalid, "alcohol_is_drink", by, {"name": "Khác", "group": ProductGroup.FOOD, "is_alcohol": True}),
        (Invalid, "ocop_product_exists", by, {}),
    ]
    for kind, code, who, values in refusals:
        with pytest.raises(kind, match=code), transaction():
            recognise(who, **values)


def test_officers_see_their_province_and_what_runs_out(product: OcopProduct) -> None:
    with transaction():
        home, away = province(), province("01", "Hà Nội")
        ends = {90: TODAY, 30: TODAY, 200: TODAY, -1: TODAY}
        for days in ends:
            expires = date.fromordinal(TODAY.toordinal() + days)
            CertificateFactory(issued_on=clock.add_months(expires, -36), expires_on=expires)
        there = commune("00565", "Gia Lâm", above=away)
        far = CertificateFactory(ocop_product=OcopProductFactory(commune_id=there.id))

    def total(show: Expiry, provinces: list[int] | None) -> int:
        return queries.list_for_officers(provinces, show=show).total

    assert total(Expiry.ALL, [home.id]) == 4
    assert total(Expiry.WITHIN_90_DAYS, [home.id]) == 2
    assert total(Expiry.WITHIN_30_DAYS, [home.id]) == 1
    assert total(Expiry.LAPSED, [home.id]) == 1
    assert [row.id for row in queries.list_for_officers([away.id]).items] == [far.id]
    assert total(Expiry.ALL, None) == 5
    assert total(Expiry.ALL, []) == 0
    counts = queries.count_expiries([home.id])
    assert (counts.within_90_days, counts.within_30_days, counts.lapsed, counts.proposed) == (2, 1, 1, 0)


def test_what_an_officer_enters_counts_up_to_four_stars_and_replaces_the_present_one(
    product: OcopProduct, by: Reviewer
) -> None:
    """Five stars of the same officer wait for the operator."""
    with transaction():
        older = services.enter_certificate(product.id, decision(), by=by, evidence_id=None, replaces_present=False)
        renewed = decision(number="9/QĐ-UBND", decided_on=TODAY)
        newer = services.enter_certificate(product.id, renewed, by=by, evidence_id=None, replaces_present=True)
        assert (newer.state, older.state) == (CertificateState.AWARDED, CertificateState.SUPERSEDED)
        five = decision(5, number="10/QĐ-UBND", authority_level=AuthorityLevel.CENTRE)
        proposed = services.enter_certificate(product.id, five, by=by, evidence_id=None, replaces_present=False)
        assert proposed.state is CertificateState.PROPOSED


def test_a_producer_is_certified_for_own_products_only(product: OcopProduct) -> None:
    assert services.product_of_producer(product.producer_id, product.id).id == product.id
    with pytest.raises(Invalid, match="ocop_product_not_found"):
        services.product_of_producer(product.producer_id + 1, product.id)
