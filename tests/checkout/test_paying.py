"""What money does to an order: paid once, late, in parts, given back, taken at the door."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.checkout import flows, queries, services
from marketplace.checkout.errors import RefundTooLarge
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.inventory.models import Lot, StockMove
from marketplace.inventory.queries import available
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.orders.errors import OrderMoved
from marketplace.orders.models import Order, OrderEvent, OrderState, PaymentMethod, SubOrderState
from marketplace.outbox.models import OutboxMessage
from marketplace.payments import services as payments
from marketplace.payments.models import BankReceipt, Payment, PaymentState, ReceiptState, Refund
from marketplace.payments.services import Settlement
from tests.checkout.buying import TERMS, order, payment_of, take_back, transfer, wish
from tests.checkout.conftest import Stock


def _fresh(placed: Order) -> Order:
    db.session.expire_all()
    return db.session.get_one(Order, placed.id)


def _messages(topic: str) -> int:
    return db.session.scalar(select(func.count()).where(OutboxMessage.topic == topic)) or 0


def _payable(placed: Order, part: int = 0) -> int:
    return -balance(f"producer:{placed.sub_orders[part].producer_id}:payable")


def _step(placed: Order, to: SubOrderState, part: int = 0) -> None:
    sub_order = placed.sub_orders[part]
    flows.advance_parcel(sub_order.id, [sub_order.producer_id], to, actor_id=None)


def test_the_whole_transfer_pays_the_order_once(stock: Stock, context: Flask) -> None:
    one, other = stock("Trà", price=40_000), stock("Mật", price=50_000)
    placed = order({one: 2, other: 1})
    transfer(payment_of(placed), reference="FT1")
    transfer(payment_of(placed), reference="FT1")
    paid = _fresh(placed)
    assert (paid.state, paid.paid_at is not None) == (OrderState.PAID, True)
    assert {part.state for part in paid.sub_orders} == {SubOrderState.TO_PACK}
    assert (_payable(paid, 0), _payable(paid, 1)) == (100_000, 70_000)
    assert (balance("order:escrow"), balance("bank:collecting")) == (0, 170_000)
    assert [(lot.on_hand, lot.reserved) for lot in db.session.scalars(select(Lot).order_by(Lot.id))] == [(8, 0), (9, 0)]
    sold = select(func.count()).where(StockMove.ref_type == "order_line")
    assert (_messages("order.paid"), db.session.scalar(sold)) == (1, 2)


def test_a_transfer_in_two_parts_pays_at_the_second(stock: Stock, context: Flask) -> None:
    placed = order({stock(price=100_000): 1})
    transfer(payment_of(placed), 100_000)
    part_paid = _fresh(placed)
    payment = payment_of(part_paid)
    assert (payment.state, payment.amount - payment.received) == (PaymentState.PARTIALLY_FUNDED, 20_000)
    with pytest.raises(OrderMoved):
        _step(part_paid, SubOrderState.PACKED)
    transfer(payment, 20_000)
    assert _fresh(placed).state is OrderState.PAID
    assert _messages("order.paid") == 1


def test_after_the_deadline_another_buyer_can_buy_before_the_job_ran(stock: Stock, context: Flask) -> None:
    pack_id = stock(quantity=1)
    placed = order({pack_id: 1})
    assert placed.hold_until is not None
    with clock.frozen(placed.hold_until):
        other = order({pack_id: 1})
        assert other.state is OrderState.AWAITING_PAYMENT
        assert _fresh(placed).state is OrderState.AWAITING_PAYMENT
        flows.expire_orders()
        flows.expire_orders()
    expired = _fresh(placed)
    assert (expired.state, payment_of(expired).state) == (OrderState.EXPIRED, PaymentState.CANCELLED)
    assert (_messages("order.expired"), available([pack_id])) == (1, {pack_id: 0})
    assert db.session.scalars(select(Lot.reserved)).one() == 1


def test_before_the_deadline_the_job_leaves_an_order_alone(stock: Stock, context: Flask) -> None:
    placed = order({stock(): 1})
    assert placed.hold_until is not None
    with clock.frozen(placed.hold_until - timedelta(seconds=1)):
        flows.expire_orders()
    assert _fresh(placed).state is OrderState.AWAITING_PAYMENT


def test_late_money_brings_an_expired_order_back_while_its_goods_are_there(stock: Stock, context: Flask) -> None:
    placed = order({stock(quantity=1): 1})
    late = placed.placed_at + timedelta(hours=1)
    with clock.frozen(late):
        flows.expire_orders()
        transfer(payment_of(placed))
    back = _fresh(placed)
    assert (back.state, back.sub_orders[0].state) == (OrderState.PAID, SubOrderState.TO_PACK)
    assert db.session.execute(select(Lot.on_hand, Lot.reserved)).one() == (0, 0)


@pytest.mark.parametrize("is_closed", [True, False], ids=["job ran", "job did not run"])
def test_late_money_for_goods_that_are_gone_waits_for_a_person(stock: Stock, context: Flask, is_closed: bool) -> None:
    pack_id = stock(quantity=1)
    placed = order({pack_id: 1})
    with clock.frozen(placed.placed_at + timedelta(hours=1)):
        if is_closed:
            flows.expire_orders()
        winner = order({pack_id: 1})
        transfer(payment_of(placed))
        assert _fresh(placed).state is not OrderState.PAID
        transfer(payment_of(winner))
    assert _fresh(winner).state is OrderState.PAID
    receipt = db.session.scalars(select(BankReceipt).order_by(BankReceipt.id)).first()
    assert receipt is not None
    assert (receipt.state, receipt.applied) == (ReceiptState.UNAPPLIED, 0)
    assert balance("unapplied") == -80_000


def test_money_for_a_cancelled_order_waits_for_a_person(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    placed = order({pack_id: 1})
    flows.cancel_order(placed.id, actor_id=None)
    transfer(payment_of(placed))
    assert _fresh(placed).state is OrderState.CANCELLED
    assert (balance("unapplied"), available([pack_id])) == (-80_000, {pack_id: 10})


def test_cancelling_gives_the_goods_free_and_only_once(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    placed = order({pack_id: 4})
    assert available([pack_id]) == {pack_id: 6}
    flows.cancel_order(placed.id, actor_id=None)
    assert available([pack_id]) == {pack_id: 10}
    with pytest.raises(OrderMoved):
        flows.cancel_order(placed.id, actor_id=None)
    assert _messages("order.cancelled") == 1


def test_a_paid_order_cancelled_before_shipping_is_refunded_whole(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    placed = order({pack_id: 2})
    transfer(payment_of(placed))
    flows.cancel_order(placed.id, actor_id=None)
    refund = db.session.scalars(select(Refund)).one()
    assert (refund.amount, available([pack_id])) == (140_000, {pack_id: 10})
    with transaction():
        payments.settle_refund(refund, occurred_at=clock.now())
    assert (_payable(placed), balance("order:escrow"), balance("bank:collecting")) == (0, 0, 0)


def test_what_was_shipped_cannot_be_cancelled(stock: Stock, context: Flask) -> None:
    placed = order({stock(): 1})
    transfer(payment_of(placed))
    _step(placed, SubOrderState.PACKED)
    _step(placed, SubOrderState.SHIPPED)
    with pytest.raises(OrderMoved):
        flows.cancel_order(placed.id, actor_id=None)
    assert _fresh(placed).state is OrderState.PAID
    assert db.session.scalars(select(Refund)).all() == []


def test_a_partial_refund_falls_on_its_producer_alone(stock: Stock, context: Flask) -> None:
    one, other = stock("Trà"), stock("Mật")
    placed = order({one: 1, other: 1})
    transfer(payment_of(placed))
    part = _fresh(placed).sub_orders[0]
    line_id = part.lines[0].id
    flows.refund_parcel(part, {line_id: Dong(30_000)}, reason="Vỡ một hũ", key="once", actor_id=None)
    flows.refund_parcel(part, {line_id: Dong(30_000)}, reason="Vỡ một hũ", key="once", actor_id=None)
    refund = db.session.scalars(select(Refund)).one()
    with transaction():
        payments.settle_refund(refund, occurred_at=clock.now())
    assert (_payable(placed, 0), _payable(placed, 1)) == (50_000, 80_000)
    assert queries.refunded_total(_fresh(placed)) == 30_000
    with pytest.raises(RefundTooLarge) as refused:
        flows.refund_parcel(part, {line_id: Dong(30_001)}, reason="Thêm", key="again", actor_id=None)
    assert refused.value.facts == {"left": 30_000}
    assert len(db.session.scalars(select(Refund)).all()) == 1


def test_a_refund_that_failed_gives_the_producer_the_money_again(stock: Stock, context: Flask) -> None:
    placed = order({stock(): 1})
    transfer(payment_of(placed))
    part = _fresh(placed).sub_orders[0]
    flows.refund_parcel(part, {None: Dong(20_000)}, reason="Giao trễ", key="once", actor_id=None)
    refund = db.session.scalars(select(Refund)).one()
    with transaction():
        payments.settle_refund(refund, occurred_at=clock.now())
    assert _payable(placed) == 60_000
    with transaction():
        payments.fail_refund(refund, code="account_closed", occurred_at=clock.now())
    assert (_payable(placed), balance("order:escrow")) == (80_000, 0)
    assert queries.refunded_total(_fresh(placed)) == 0


@pytest.mark.parametrize("change", ["amount", "line", "parcel"])
def test_a_key_that_asked_for_one_refund_does_not_answer_for_another(stock: Stock, context: Flask, change: str) -> None:
    placed = order({stock("Trà"): 1, stock("Mật"): 1})
    transfer(payment_of(placed))
    part, other = _fresh(placed).sub_orders
    flows.refund_parcel(part, {None: Dong(20_000)}, reason="Giao trễ", key="once", actor_id=None)
    wanted: dict[int | None, Dong] = {None: Dong(19_000 if change == "amount" else 20_000)}
    if change == "line":
        wanted = {part.lines[0].id: Dong(20_000)}
    with pytest.raises(Conflict, match="refund_key_used"):
        flows.refund_parcel(other if change == "parcel" else part, wanted, reason="Giao trễ", key="once", actor_id=None)
    assert queries.refunded_total(_fresh(placed)) == 20_000


def test_what_was_not_paid_cannot_be_given_back(stock: Stock, context: Flask) -> None:
    part = order({stock(): 1}).sub_orders[0]
    with pytest.raises(Conflict, match="refund_not_paid"):
        flows.refund_parcel(part, {None: Dong(1_000)}, reason="Nhầm", key="once", actor_id=None)


def test_cash_is_taken_parcel_by_parcel_at_the_door(stock: Stock, context: Flask) -> None:
    one, other = stock("Trà"), stock("Mật")
    placed = order({one: 1, other: 1}, PaymentMethod.CASH_ON_DELIVERY)
    for state in (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED):
        _step(placed, state, 0)
    assert (balance("cod:receivable"), _payable(placed, 0), _payable(placed, 1)) == (80_000, 80_000, 0)
    assert _fresh(placed).state is OrderState.CONFIRMED
    for state in (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED):
        _step(placed, state, 1)
    assert (_fresh(placed).state, balance("cod:receivable")) == (OrderState.COMPLETED, 160_000)
    assert (_messages("order.completed"), balance("order:escrow")) == (1, 0)


def test_the_last_event_of_an_order_is_its_state(stock: Stock, context: Flask) -> None:
    placed = order({stock(): 1})
    transfer(payment_of(placed))
    for state in (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED):
        _step(placed, state)
    steps = select(OrderEvent.to_state).where(OrderEvent.sub_order_id.is_(None)).order_by(OrderEvent.id)
    assert db.session.scalars(steps).all() == ["awaiting_payment", "paid", "completed"]
    assert _fresh(placed).state is OrderState.COMPLETED


def test_an_order_placed_again_after_expiry_is_told_and_not_doubled(stock: Stock, context: Flask) -> None:
    asked = wish({stock(): 1})
    placed = flows.place_order(asked, TERMS).order
    with clock.frozen(placed.placed_at + timedelta(hours=1)):
        flows.expire_orders()
        assert flows.place_order(asked, TERMS).order.state is OrderState.EXPIRED


def _two_payments(placed: Order) -> tuple[Payment, Payment]:
    first = payment_of(placed)
    with transaction():
        second = services.open_payments(_fresh(placed))[0]
    return first, second


def test_a_paid_order_gives_up_its_other_payments(stock: Stock, context: Flask) -> None:
    placed = order({stock(price=40_000): 1})
    first, second = _two_payments(placed)
    transfer(second)
    assert (_fresh(placed).state, first.state) == (OrderState.PAID, PaymentState.CANCELLED)
    credited = _payable(placed)
    assert transfer(first).receipt.state is ReceiptState.UNAPPLIED
    assert (_fresh(placed).state, _payable(placed)) == (OrderState.PAID, credited)


def test_a_refund_comes_from_the_payment_that_paid_and_not_from_one_that_goes_back(
    stock: Stock, context: Flask
) -> None:
    placed = order({stock(price=40_000): 1}, PaymentMethod.CARD)
    first, second = _two_payments(placed)
    with transaction():
        payments.settle(second, occurred_at=clock.now())
    with transaction():
        assert payments.settle(first, occurred_at=clock.now()) is Settlement.NOT_WANTED
    assert queries.settled_payment_of(_fresh(placed).sub_orders[0]) == second


def test_money_that_the_bank_takes_back_lets_the_order_wait_again_and_be_paid_anew(
    stock: Stock, context: Flask
) -> None:
    placed = order({stock("Trà", price=40_000): 2})
    transfer(payment_of(placed), reference="FT1")
    take_back("FT1")
    unpaid = _fresh(placed)
    assert (unpaid.state, unpaid.paid_at, unpaid.hold_until) == (OrderState.AWAITING_PAYMENT, None, None)
    assert [part.state for part in unpaid.sub_orders] == [SubOrderState.WAITING]
    assert (_payable(unpaid), balance("bank:collecting"), balance("order:escrow")) == (0, 0, 0)
    assert db.session.scalars(select(Lot.on_hand)).all() == [8]
    assert _messages("order.unpaid") == 1 and audit_checks.run() == []
    transfer(payment_of(unpaid), reference="FT2")
    paid = _fresh(placed)
    assert paid.state is OrderState.PAID and _payable(paid) == 100_000
    assert db.session.scalars(select(Lot.on_hand)).all() == [8] and audit_checks.run() == []


def test_money_for_the_old_code_of_an_undone_payment_waits_for_a_person_and_a_late_one_finds_its_goods(
    stock: Stock, context: Flask
) -> None:
    placed = order({stock("Trà", price=40_000): 2})
    first = payment_of(placed)
    transfer(first, reference="FT1")
    take_back("FT1")
    told = transfer(first).receipt
    assert (told.state, told.reason) == (ReceiptState.UNAPPLIED, "taken_back")
    second = payment_of(_fresh(placed))
    with transaction():
        payments.cancel(second)
    transfer(second)
    assert _fresh(placed).state is OrderState.PAID and db.session.scalars(select(Lot.on_hand)).all() == [8]
    assert audit_checks.run() == []


def test_an_order_that_waits_again_can_be_cancelled_and_its_goods_go_back(stock: Stock, context: Flask) -> None:
    placed = order({stock("Trà", price=40_000): 2})
    transfer(payment_of(placed), reference="FT1")
    take_back("FT1")
    flows.cancel_order(placed.id, actor_id=None)
    assert _fresh(placed).state is OrderState.CANCELLED
    assert [(lot.on_hand, lot.reserved) for lot in db.session.scalars(select(Lot))] == [(10, 0)]


def test_goods_that_have_left_are_carried_by_the_producer_until_the_buyer_pays(stock: Stock, context: Flask) -> None:
    placed = order({stock("Trà", price=40_000): 2})
    transfer(payment_of(placed), reference="FT1")
    for to in (SubOrderState.PACKED, SubOrderState.SHIPPED):
        _step(_fresh(placed), to)
    take_back("FT1")
    shipped = _fresh(placed)
    assert (shipped.state, shipped.sub_orders[0].state) == (OrderState.PAID, SubOrderState.SHIPPED)
    assert (_payable(shipped), balance("bank:collecting")) == (0, 0) and audit_checks.run() == []
    transfer(payment_of(shipped), reference="FT2")
    assert _payable(_fresh(placed)) == 100_000 and audit_checks.run() == []
