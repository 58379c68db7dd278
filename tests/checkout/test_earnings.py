"""What producers earn: fee and withheld tax at settlement, taken back with refunds, given again when they fail."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.checkout import flows, queries, services
from marketplace.checkout.deadlines import RETURN_DAYS
from marketplace.checkout.errors import RefundTooLarge
from marketplace.checkout.models import Earning, FeeRule
from marketplace.checkout.rates import Kept, Rates, keep
from marketplace.checkout.services import NewRule
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.ocop.models import ProductGroup
from marketplace.orders.models import Order, SubOrder, SubOrderState
from marketplace.payments import services as payments
from marketplace.payments.models import Refund
from marketplace.producers.models import Producer, ProducerKind
from tests.checkout.buying import due_at, earnings_of, order, payment_of, transfer
from tests.checkout.conftest import Stock


def _rule(basis_points: int, kind: ProducerKind | None = None, group: ProductGroup | None = None) -> None:
    with transaction():
        services.add_fee_rule(NewRule(kind, group, basis_points, clock.today(), "Hợp đồng mẫu"), actor_id=None)


def _paid(packs: dict[int, int]) -> Order:
    placed = order(packs)
    transfer(payment_of(placed))
    db.session.expire_all()
    return db.session.get_one(Order, placed.id)


def _refund(part: SubOrder, amount: int, *, line: bool = True) -> Refund:
    line_id = part.lines[0].id if line else None
    key = f"refund-{len(db.session.scalars(select(Refund)).all())}"
    flows.refund_parcel(part, {line_id: Dong(amount)}, reason="Thiếu hàng", key=key, actor_id=None)
    refund = db.session.scalars(select(Refund).where(Refund.idempotency_key == key)).one()
    with transaction():
        payments.settle_refund(refund, occurred_at=clock.now())
    return refund


def _of(part: SubOrder) -> int:
    return -balance(f"producer:{part.producer_id}:payable")


def _taken() -> tuple[int, int, int]:
    return (-balance("platform:fee"), -balance("tax:vat"), -balance("tax:pit"))


def _household(part: SubOrder) -> SubOrder:
    with transaction():
        db.session.get_one(Producer, part.producer_id).kind = ProducerKind.HOUSEHOLD_BUSINESS
    return part


def _sums(part: SubOrder) -> tuple[int, ...]:
    rows = earnings_of(part)
    return tuple(sum(getattr(row, name) for row in rows) for name in ("gross", "fee", "vat", "pit", "net"))


def test_without_a_rule_a_cooperative_gets_everything(stock: Stock, context: Flask) -> None:
    part = _paid({stock(): 1}).sub_orders[0]
    assert (_sums(part), _of(part), _taken()) == ((80_000, 0, 0, 0, 80_000), 80_000, (0, 0, 0))


def test_a_partial_refund_reaches_the_producer_and_the_platform_in_proportion(stock: Stock, context: Flask) -> None:
    """P13."""
    one, other = stock("Trà"), stock("Mật")
    _rule(1_000)
    of_a, of_b = _paid({one: 1, other: 1}).sub_orders
    before = (_of(of_a), _of(of_b), _taken())
    assert before == (74_000, 74_000, (12_000, 0, 0))
    _refund(of_a, 30_000)
    assert (_of(of_a), _of(of_b), _taken()) == (74_000 - 27_000, 74_000, (12_000 - 3_000, 0, 0))
    assert queries.refunded_total(of_a.order) == 30_000
    assert _sums(of_a) == (50_000, 3_000, 0, 0, 47_000)
    with pytest.raises(RefundTooLarge):
        _refund(of_a, 30_001)
    assert _of(of_a) == 47_000
    assert audit_checks.run() == []


def test_a_household_business_has_tax_withheld_on_goods_and_delivery(stock: Stock, context: Flask) -> None:
    """Decree 117/2025: goods 1 % and 0.5 %, delivery that goes with them 3 % and 1.5 %."""
    one, other = stock("Trà"), stock("Mật")
    placed = order({one: 1, other: 1})
    part = _household(placed.sub_orders[0])
    transfer(payment_of(placed))
    assert _sums(part) == (80_000, 0, 600 + 600, 300 + 300, 78_200)
    assert _of(placed.sub_orders[1]) == 80_000
    assert _taken() == (0, 1_200, 600)
    _refund(part, 20_000, line=False)
    assert _taken() == (0, 600, 300)
    _refund(part, 60_000)
    assert (_sums(part), _of(part), _taken()) == ((0, 0, 0, 0, 0), 0, (0, 0, 0))


def test_before_the_decree_nothing_was_withheld(stock: Stock, context: Flask) -> None:
    part = _household(order({stock(): 1}).sub_orders[0])
    db.session.refresh(part)
    assert queries.rates_of([part], date(2025, 6, 30))[part.id][None] == Rates()
    assert queries.rates_of([part], date(2025, 7, 1))[part.id] == {
        part.lines[0].id: Rates(0, 100, 50),
        None: Rates(0, 300, 150),
    }


def test_many_small_refunds_never_drift_and_end_at_nothing(stock: Stock, context: Flask) -> None:
    pack_id = stock(price=9_999)
    _rule(333)
    placed = order({pack_id: 1})
    part = _household(placed.sub_orders[0])
    transfer(payment_of(placed))
    rates = Rates(333, 100, 50)
    whole = keep([(Dong(9_999), rates), (Dong(20_000), Rates(0, 300, 150))])
    given = 0
    for step in (1, 333, 1, 7, 4_000, 5_657):
        _refund(part, step)
        given += step
        expected = whole.less(keep([(Dong(given), rates)]))
        assert _taken() == tuple(expected), given
    _refund(part, 20_000, line=False)
    assert (_sums(part), _of(part), _taken()) == ((0, 0, 0, 0, 0), 0, (0, 0, 0))
    assert audit_checks.run() == []


def test_a_refund_uses_the_rates_of_the_sale_and_not_todays(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    _rule(1_000)
    part = _paid({pack_id: 1}).sub_orders[0]
    _rule(2_000)
    _household(part)
    _refund(part, 30_000)
    assert (_of(part), _taken()) == (80_000 - 6_000 - 27_000, (3_000, 0, 0))


def test_a_refund_that_fails_gives_producer_platform_and_tax_office_everything_again(
    stock: Stock, context: Flask
) -> None:
    pack_id = stock()
    _rule(1_000)
    part = _household(order({pack_id: 1}).sub_orders[0])
    transfer(payment_of(part.order))
    before = (_sums(part), _of(part), _taken())
    refund = _refund(part, 33_333)
    with transaction():
        payments.fail_refund(refund, code="account_closed", occurred_at=clock.now())
    assert (_sums(part), _of(part), _taken()) == before
    assert [row.restores_id is not None for row in earnings_of(part)] == [False, False, True]
    _refund(part, 60_000)
    _refund(part, 20_000, line=False)
    assert (_sums(part), _of(part), _taken()) == ((0, 0, 0, 0, 0), 0, (0, 0, 0))
    assert audit_checks.run() == []


def test_the_most_telling_rule_holds(stock: Stock, context: Flask) -> None:
    food, drink = ProductGroup.FOOD, ProductGroup.DRINK
    company = ProducerKind.COMPANY
    asked = [
        (company, food, 100), (company, None, 200), (None, food, 300), (None, None, 400), (company, food, 500),
    ]  # fmt: skip
    for kind, group, basis_points in asked:
        _rule(basis_points, kind, group)
    rules = queries.fee_rules(clock.today())
    kinds = (company, ProducerKind.COOPERATIVE)
    found = [queries.fee_rate(rules, kind, group) for kind in kinds for group in (food, drink)]
    assert found == [500, 200, 300, 400]
    assert queries.fee_rules(clock.today() - timedelta(days=1)) == []


def test_a_rule_holds_from_its_day_in_vietnam(stock: Stock, context: Flask) -> None:
    """23:30 on the 1st in Vietnam is not yet the 2nd; 00:30 is, though London still writes the 1st."""
    before, after = datetime(2026, 12, 1, 16, 30, tzinfo=UTC), datetime(2026, 12, 1, 17, 30, tzinfo=UTC)
    with transaction():
        services.add_fee_rule(NewRule(None, None, 1_000, date(2026, 12, 2), "Hợp đồng mẫu"), actor_id=None)
    part = order({stock(): 1}).sub_orders[0]
    fees = [
        queries.rates_of([part], clock.local_day_of(moment))[part.id][part.lines[0].id].fee
        for moment in (before, after)
    ]
    assert fees == [0, 1_000]


def test_a_rule_for_the_past_is_refused(context: Flask) -> None:
    with pytest.raises(Invalid, match="fee_rule_past"), transaction():
        yesterday = clock.today() - timedelta(days=1)
        services.add_fee_rule(NewRule(None, None, 1_000, yesterday, "Hợp đồng mẫu"), actor_id=None)
    assert db.session.scalars(select(FeeRule)).all() == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE earning SET net = gross",
        "DELETE FROM earning",
        "UPDATE fee_rule SET basis_points = 1",
        "DELETE FROM tax_rate",
    ],
)
def test_earnings_and_rules_cannot_be_changed(stock: Stock, context: Flask, change: str) -> None:
    pack_id = stock()
    _rule(1_000)
    part = _paid({pack_id: 1}).sub_orders[0]
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(text(change))
    db.session.rollback()
    assert _sums(part)[1] == 6_000


def test_earnings_are_due_when_the_time_to_return_has_passed(stock: Stock, context: Flask) -> None:
    part = _paid({stock(): 1}).sub_orders[0]
    for state in (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED):
        flows.advance_parcel(part.id, [part.producer_id], state, actor_id=None)
    db.session.refresh(part)
    assert part.delivered_at is not None
    _, due = clock.local_day(clock.local_day_of(part.delivered_at) + timedelta(days=RETURN_DAYS))
    assert due_at(due - timedelta(seconds=1)) == []
    assert due_at(due) == [80_000]
    flows.refund_parcel(part, {None: Dong(5_000)}, reason="Giao trễ", key="late", actor_id=None)
    assert due_at(due) == []
    with transaction():
        payments.settle_refund(db.session.scalars(select(Refund)).one(), occurred_at=clock.now())
    assert due_at(due) == [80_000, -5_000]


def test_what_was_not_delivered_is_not_due(stock: Stock, context: Flask) -> None:
    _paid({stock(): 1})
    assert due_at(clock.now() + timedelta(days=365)) == []


def test_half_a_dong_is_rounded_up_once() -> None:
    assert keep([(Dong(50), Rates(100, 100, 99))]) == Kept(Dong(1), Dong(1), Dong(0))
    assert keep([(Dong(25), Rates(100)), (Dong(25), Rates(100))]).fee == 1


def test_an_earning_is_written_once_per_settlement(stock: Stock, context: Flask) -> None:
    part = _paid({stock(): 1}).sub_orders[0]
    again = db.session.scalars(select(Earning)).one()
    with pytest.raises(DBAPIError), transaction():
        values = {name: getattr(again, name) for name in ("sub_order_id", "payment_id", "occurred_at", "gross", "net")}
        db.session.add(Earning(**values, fee=Dong(0), vat=Dong(0), pit=Dong(0)))
    db.session.rollback()
    assert len(earnings_of(part)) == 1
