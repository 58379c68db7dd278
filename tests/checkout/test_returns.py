"""Calling goods off and sending them back: asked, answered, goods into stock, money back; and parcels nobody took."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.checkout import flows, queries
from marketplace.checkout.deadlines import ANSWER_TIME, RETURN_DAYS
from marketplace.checkout.flows import Decider
from marketplace.checkout.flows.refusing import AtTheDoor
from marketplace.checkout.models import ReturnKind, ReturnReason, ReturnRequest, ReturnState
from marketplace.checkout.services import GiveBack, ReturnWish
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.core.money import Dong
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import available
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.orders.errors import OrderMoved, OrderNotFound
from marketplace.orders.models import Order, OrderState, PaymentMethod, SubOrder, SubOrderState
from marketplace.outbox.models import OutboxMessage
from marketplace.payments import services as payments
from marketplace.payments.models import PaymentState, Refund
from tests.checkout.buying import due_at, order, payment_of, transfer
from tests.checkout.conftest import Stock
from tests.factories.accounts import UserFactory

ALL_STEPS = (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED)


def _fresh(placed: Order) -> Order:
    db.session.expire_all()
    return db.session.get_one(Order, placed.id)


def _paid(packs: dict[int, int]) -> Order:
    placed = order(packs)
    transfer(payment_of(placed))
    return _fresh(placed)


def _advance(part: SubOrder, *steps: SubOrderState) -> None:
    for step in steps:
        flows.advance_parcel(part.id, [part.producer_id], step, actor_id=None)


def _delivered(packs: dict[int, int]) -> SubOrder:
    part = _paid(packs).sub_orders[0]
    _advance(part, *ALL_STEPS)
    db.session.refresh(part)
    return part


def _ask(
    part: SubOrder,
    packs: int | dict[int, int] = 1,
    reason: ReturnReason = ReturnReason.CHANGED_MIND,
    *,
    key: str = "",
) -> int:
    wanted = packs if isinstance(packs, dict) else {part.lines[0].id: packs}
    asked = len(db.session.scalars(select(ReturnRequest.id)).all())
    return flows.ask_return(
        part.order_id, part.id, ReturnWish(wanted, reason, "", key or f"ask-{asked}"), actor_id=None
    )


def _producer(part: SubOrder) -> Decider:
    return Decider(_somebody(), [part.producer_id])


def _somebody() -> int:
    with transaction():
        return int(UserFactory().id)


def _state(request_id: int) -> ReturnState:
    db.session.expire_all()
    return queries.get_return(request_id).state


def _refunds() -> list[int]:
    return [refund.amount for refund in db.session.scalars(select(Refund).order_by(Refund.id))]


def _stock(pack_id: int) -> tuple[int, int]:
    db.session.expire_all()
    on_hand, reserved = db.session.execute(select(Lot.on_hand, Lot.reserved).where(Lot.pack_id == pack_id)).one()
    return on_hand, reserved


def _settle_refunds() -> None:
    with transaction():
        for refund in db.session.scalars(select(Refund)):
            payments.settle_refund(refund, occurred_at=clock.now())


# -- calling off ---------------------------------------------------------------------------------------------------


def test_one_pack_is_called_off_and_the_rest_is_sent(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = _paid({pack_id: 3}).sub_orders[0]
    request_id = _ask(part, 1)
    with pytest.raises(Conflict, match="return_waits"):
        _advance(part, SubOrderState.PACKED, SubOrderState.SHIPPED)
    flows.accept_return(request_id, _producer(part), goods_stay=False)
    assert (_state(request_id), _refunds(), _stock(pack_id)) == (ReturnState.REFUNDED, [60_000], (8, 0))
    assert queries.packs_back(part) == {part.lines[0].id: 1}
    _advance(part, SubOrderState.SHIPPED, SubOrderState.DELIVERED)
    _settle_refunds()
    assert _fresh(part.order).state is OrderState.COMPLETED
    assert -balance(f"producer:{part.producer_id}:payable") == 140_000
    assert audit_checks.run() == []


def test_the_last_pack_called_off_ends_the_parcel_and_brings_the_delivery_fee_back(
    stock: Stock, context: Flask
) -> None:
    one, other = stock("Trà"), stock("Mật")
    first, second = _paid({one: 2, other: 1}).sub_orders
    for _ in range(2):
        flows.accept_return(_ask(first, 1), _producer(first), goods_stay=False)
    assert (_refunds(), _stock(one)) == ([60_000, 80_000], (10, 0))
    placed = _fresh(first.order)
    assert [part.state for part in placed.sub_orders] == [SubOrderState.CANCELLED, SubOrderState.TO_PACK]
    assert placed.state is OrderState.PAID
    flows.accept_return(_ask(second, 1), _producer(second), goods_stay=False)
    assert _fresh(first.order).state is OrderState.CANCELLED
    _settle_refunds()
    assert balance("bank:collecting") == 0
    assert audit_checks.run() == []


def test_the_whole_order_is_cancelled_after_a_part_was_called_off(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = _paid({pack_id: 3}).sub_orders[0]
    flows.accept_return(_ask(part, 1), _producer(part), goods_stay=False)
    open_id = _ask(part, 1)
    flows.cancel_order(part.order_id, actor_id=None)
    assert (_state(open_id), _refunds(), _stock(pack_id)) == (ReturnState.WITHDRAWN, [60_000, 140_000], (10, 0))
    _settle_refunds()
    assert audit_checks.run() == []


def test_a_parcel_to_be_paid_at_the_door_is_called_off_whole(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = order({pack_id: 2}, PaymentMethod.CASH_ON_DELIVERY).sub_orders[0]
    with pytest.raises(Conflict, match="return_only_whole"):
        _ask(part, 1)
    request_id = _ask(part, 2)
    flows.accept_return(request_id, _producer(part), goods_stay=False)
    placed = _fresh(part.order)
    assert (placed.state, placed.sub_orders[0].state) == (OrderState.CANCELLED, SubOrderState.CANCELLED)
    assert (payment_of(placed).state, _refunds()) == (PaymentState.CANCELLED, [])
    assert (_stock(pack_id), available([pack_id])) == ((10, 0), {pack_id: 10})
    assert audit_checks.run() == []


def test_what_is_not_paid_yet_cannot_be_called_off_in_parts(stock: Stock, context: Flask) -> None:
    part = order({stock(): 2}).sub_orders[0]
    with pytest.raises(Conflict, match="return_not_now"):
        _ask(part)


# -- sending back --------------------------------------------------------------------------------------------------


def test_goods_come_back_and_only_the_sellable_ones_go_into_stock(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = _delivered({pack_id: 3})
    request_id = _ask(part, 2, ReturnReason.DAMAGED)
    producer = _producer(part)
    flows.accept_return(request_id, producer, goods_stay=False, answer="Gửi về giúp HTX nhé")
    assert (_state(request_id), _refunds(), _stock(pack_id)) == (ReturnState.ACCEPTED, [], (7, 0))
    line = queries.get_return(request_id).lines[0]
    with pytest.raises(Conflict, match="return_packs"):
        flows.receive_return(request_id, producer, {line.id: 3})
    flows.receive_return(request_id, producer, {line.id: 1})
    assert (_state(request_id), _refunds(), _stock(pack_id)) == (ReturnState.REFUNDED, [120_000], (8, 0))
    steps = [event.to_state for event in queries.get_return(request_id).events]
    assert steps == ["asked", "accepted", "received", "refunded"]
    with pytest.raises(Conflict, match="return_moved"):
        flows.receive_return(request_id, producer, {line.id: 1})
    assert (_refunds(), _stock(pack_id)) == ([120_000], (8, 0))
    _settle_refunds()
    assert audit_checks.run() == []


@pytest.mark.parametrize(
    ("reason", "back"), [(ReturnReason.WRONG_INFORMATION, 80_000), (ReturnReason.CHANGED_MIND, 60_000)]
)
def test_the_delivery_fee_goes_back_when_the_fault_is_the_sellers(
    stock: Stock, context: Flask, reason: ReturnReason, back: int
) -> None:
    part = _delivered({stock(): 1})
    flows.accept_return(_ask(part, 1, reason), _producer(part), goods_stay=True)
    assert _refunds() == [back]


def test_a_pack_costs_what_is_left_of_it(stock: Stock, context: Flask) -> None:
    part = _delivered({stock(): 2})
    flows.refund_parcel(part, {part.lines[0].id: Dong(70_000)}, reason="Giảm giá", key="r", actor_id=None)
    flows.accept_return(_ask(part, 2), _producer(part), goods_stay=True)
    assert _refunds() == [70_000, 50_000]


@pytest.mark.parametrize(
    ("delivered_at", "reason", "last"),
    [
        ("2026-11-02T09:00", ReturnReason.CHANGED_MIND, "2026-11-09"),
        ("2026-11-02T23:59", ReturnReason.DAMAGED, "2026-11-09"),
        ("2026-10-31T09:00", ReturnReason.NOT_AS_ORDERED, "2026-11-07"),
        ("2026-11-02T09:00", ReturnReason.WRONG_INFORMATION, "2026-12-02"),
    ],
)
def test_each_reason_has_a_last_day_that_counts_to_its_end(
    stock: Stock, context: Flask, delivered_at: str, reason: ReturnReason, last: str
) -> None:
    """Law 19/2023/QH15: 30 days when information was wrong or missing; the house's own rule for the rest."""
    part = _delivered({stock(): 2})
    with transaction():
        part.delivered_at = datetime.fromisoformat(f"{delivered_at}+07:00")
    _, midnight = clock.local_day(date.fromisoformat(last))
    with clock.frozen(midnight), pytest.raises(Conflict):
        _ask(part, 1, reason)
    with clock.frozen(midnight - timedelta(seconds=1)):
        assert _state(_ask(part, 1, reason)) is ReturnState.ASKED


def test_nothing_is_paid_out_while_a_return_is_open(stock: Stock, context: Flask) -> None:
    part = _delivered({stock(): 2})
    assert part.delivered_at is not None
    _, due = clock.local_day(clock.local_day_of(part.delivered_at) + timedelta(days=RETURN_DAYS))
    request_id = _ask(part, 1)
    assert due_at(due) == []
    flows.withdraw_return(part.order_id, request_id, actor_id=None)
    assert due_at(due) == [140_000]


def test_a_pack_is_asked_for_once_and_the_same_form_is_one_request(stock: Stock, context: Flask) -> None:
    part = _delivered({stock(): 2})
    first = _ask(part, 2, key="form")
    assert _ask(part, 2, key="form") == first
    with pytest.raises(Conflict, match="return_key_used"):
        _ask(part, 1, key="form")
    with pytest.raises(Conflict, match="return_not_now"):
        _ask(part, 1)
    flows.withdraw_return(part.order_id, first, actor_id=None)
    with pytest.raises(Conflict, match="return_packs"):
        _ask(part, 3)
    with pytest.raises(Invalid, match="return_nothing"):
        _ask(part, {})
    assert _state(_ask(part, 1)) is ReturnState.ASKED
    assert db.session.scalar(select(func.count(ReturnRequest.id))) == 2


# -- who decides ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packs", [0, -1])
def test_no_packs_at_all_are_no_request(stock: Stock, context: Flask, packs: int) -> None:
    part = _delivered({stock(): 2})
    with pytest.raises(Conflict, match="return_packs"):
        _ask(part, packs)


@pytest.mark.parametrize("method", [PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.VIETQR])
def test_fewer_than_no_packs_are_not_damaged(stock: Stock, context: Flask, method: PaymentMethod) -> None:
    pack_id = stock()
    part = (
        _paid({pack_id: 2}).sub_orders[0]
        if method is PaymentMethod.VIETQR
        else order({pack_id: 2}, method).sub_orders[0]
    )
    _advance(part, SubOrderState.PACKED, SubOrderState.SHIPPED)
    before = _stock(pack_id)
    with pytest.raises(Conflict, match="return_packs"):
        flows.refuse_at_door(part.id, [part.producer_id], AtTheDoor.REFUSED, {part.lines[0].id: -1}, actor_id=None)
    assert _stock(pack_id) == before


def test_a_refusal_needs_a_reason_and_ends_the_request(stock: Stock, context: Flask) -> None:
    part = _delivered({stock(): 1})
    request_id, producer = _ask(part), _producer(part)
    with pytest.raises(Invalid, match="return_answer_missing"):
        flows.refuse_return(request_id, producer, answer="")
    assert _state(request_id) is ReturnState.ASKED
    flows.refuse_return(request_id, producer, answer="Hàng đã mở nắp")
    assert (_state(request_id), queries.get_return(request_id).answer) == (ReturnState.REFUSED, "Hàng đã mở nắp")
    with pytest.raises(Conflict, match="return_moved"):
        flows.accept_return(request_id, producer, goods_stay=True)
    assert _refunds() == []


def test_the_neighbour_cannot_answer(stock: Stock, context: Flask) -> None:
    one, other = stock("Trà"), stock("Mật")
    first, second = _paid({one: 1, other: 1}).sub_orders
    request_id = _ask(first)
    with pytest.raises(NotFound):
        flows.accept_return(request_id, _producer(second), goods_stay=False)
    with pytest.raises(OrderNotFound):
        flows.ask_return(_paid({one: 1}).id, first.id, ReturnWish({}, ReturnReason.DAMAGED, "", "x"), actor_id=None)
    assert _state(request_id) is ReturnState.ASKED


def test_the_operator_decides_only_after_the_producers_silence(stock: Stock, context: Flask) -> None:
    part = _delivered({stock(): 1})
    request_id, operator = _ask(part), Decider(_somebody(), None)
    asked_at = queries.get_return(request_id).asked_at
    for decide in (
        lambda: flows.accept_return(request_id, operator, goods_stay=True),
        lambda: flows.refuse_return(request_id, operator, answer="Không"),
    ):
        with clock.frozen(asked_at + ANSWER_TIME - timedelta(seconds=1)), pytest.raises(Forbidden):
            decide()
    with clock.frozen(asked_at + ANSWER_TIME):
        assert (queries.count_returns_unanswered(clock.now()), queries.count_returns_waiting([part.producer_id])) == (
            1,
            1,
        )
        flows.accept_return(request_id, operator, goods_stay=True)
        assert queries.count_returns_unanswered(clock.now()) == 0
    assert _refunds() == [60_000]


def test_every_step_is_told_once(stock: Stock, context: Flask) -> None:
    part = _delivered({stock(): 1})
    flows.accept_return(_ask(part), _producer(part), goods_stay=True)
    topics = select(OutboxMessage.topic).where(OutboxMessage.topic.startswith("return."))
    assert db.session.scalars(topics.order_by(OutboxMessage.id)).all() == ["return.asked", "return.refunded"]


# -- nobody took it ------------------------------------------------------------------------------------------------


def test_a_parcel_refused_at_the_door_leaves_nothing_behind(stock: Stock, context: Flask) -> None:
    one, other = stock("Trà"), stock("Mật")
    first, second = order({one: 3, other: 1}, PaymentMethod.CASH_ON_DELIVERY).sub_orders
    _advance(first, SubOrderState.PACKED, SubOrderState.SHIPPED)
    line_id = first.lines[0].id
    with pytest.raises(Conflict, match="return_packs"):
        flows.refuse_at_door(first.id, [first.producer_id], AtTheDoor.REFUSED, {line_id: 4}, actor_id=None)
    assert _stock(one) == (10, 3)
    flows.refuse_at_door(first.id, [first.producer_id], AtTheDoor.REFUSED, {line_id: 1}, actor_id=None)
    placed = _fresh(first.order)
    assert (_stock(one), placed.sub_orders[0].state) == ((9, 0), SubOrderState.CANCELLED)
    assert {payment.state for payment in queries.list_payments(placed)} == {
        PaymentState.CANCELLED,
        PaymentState.PENDING,
    }
    assert (balance("cod:receivable"), balance(f"producer:{first.producer_id}:payable")) == (0, 0)
    assert placed.state is OrderState.CONFIRMED
    _advance(second, *ALL_STEPS)
    assert (_fresh(first.order).state, balance("cod:receivable")) == (OrderState.COMPLETED, 80_000)
    assert audit_checks.run() == []


def test_an_order_whose_only_parcel_came_back_is_cancelled(stock: Stock, context: Flask) -> None:
    part = order({stock(): 1}, PaymentMethod.CASH_ON_DELIVERY).sub_orders[0]
    _advance(part, SubOrderState.PACKED)
    with pytest.raises(OrderMoved):
        flows.refuse_at_door(part.id, [part.producer_id], AtTheDoor.NOT_REACHED, {}, actor_id=None)
    _advance(part, SubOrderState.SHIPPED)
    with pytest.raises(OrderNotFound):
        flows.refuse_at_door(part.id, [999_999], AtTheDoor.NOT_REACHED, {}, actor_id=None)
    flows.refuse_at_door(part.id, [part.producer_id], AtTheDoor.NOT_REACHED, {}, actor_id=None)
    assert _fresh(part.order).state is OrderState.CANCELLED
    with pytest.raises(OrderMoved):
        _advance(part, SubOrderState.DELIVERED)


@pytest.mark.parametrize(
    ("why", "fee"), [(AtTheDoor.REFUSED, 0), (AtTheDoor.NOT_REACHED, 0), (AtTheDoor.AT_FAULT, 20_000)]
)
def test_a_paid_parcel_refused_at_the_door_gives_goods_and_money_back(
    stock: Stock, context: Flask, why: AtTheDoor, fee: int
) -> None:
    """Three packs for 60.000, 20.000 for the way; one comes back broken. The fee stays but for a parcel at fault."""
    pack = stock()
    part = _paid({pack: 3}).sub_orders[0]
    _advance(part, SubOrderState.PACKED, SubOrderState.SHIPPED)
    line_id = part.lines[0].id
    with pytest.raises(Conflict, match="return_packs"):
        flows.refuse_at_door(part.id, [part.producer_id], why, {line_id: 4}, actor_id=None)
    assert (_stock(pack), _refunds()) == ((7, 0), [])
    flows.refuse_at_door(part.id, [part.producer_id], why, {line_id: 1}, actor_id=None)
    assert (_stock(pack), _refunds()) == ((9, 0), [180_000 + fee])
    placed = _fresh(part.order)
    assert (placed.state, placed.sub_orders[0].state) == (OrderState.CANCELLED, SubOrderState.CANCELLED)
    with pytest.raises(OrderMoved):
        flows.refuse_at_door(part.id, [part.producer_id], why, {}, actor_id=None)
    assert audit_checks.run() == []


def test_what_was_given_back_before_is_not_given_back_again_at_the_door(stock: Stock, context: Flask) -> None:
    pack = stock()
    part = _paid({pack: 3}).sub_orders[0]
    flows.refund_parcel(part, {part.lines[0].id: Dong(50_000)}, reason="Gói bị rách", key="k" * 20, actor_id=None)
    _advance(part, SubOrderState.PACKED, SubOrderState.SHIPPED)
    flows.refuse_at_door(part.id, [part.producer_id], AtTheDoor.REFUSED, {}, actor_id=None)
    assert (_stock(pack), _refunds()) == ((10, 0), [50_000, 130_000])


def test_a_return_is_one_of_the_two_kinds(stock: Stock, context: Flask) -> None:
    part = _paid({stock(): 1}).sub_orders[0]
    now = clock.now()
    offered = queries.returnable(part, now)
    assert offered is not None
    assert (offered.kind, offered.until) == (ReturnKind.CANCELLATION, None)
    _advance(part, SubOrderState.PACKED, SubOrderState.SHIPPED)
    db.session.refresh(part)
    assert queries.returnable(part, now) is None


# -- packs whose money went back another way -----------------------------------------------------------------------


def _refund(part: SubOrder, wanted: GiveBack) -> None:
    flows.refund_parcel(part, wanted, reason="Hàng lỗi", key=f"refund-{part.id}", actor_id=None)


def test_a_request_ends_though_its_packs_were_paid_back_meanwhile(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = _delivered({pack_id: 3})
    line_id = part.lines[0].id
    request_id = _ask(part, 2)
    _refund(part, GiveBack(quantities={line_id: 2}))
    flows.accept_return(request_id, _producer(part), goods_stay=False)
    (line,) = queries.get_return(request_id).lines
    flows.receive_return(request_id, _producer(part), {line.id: 2})
    assert (_state(request_id), _refunds(), _stock(pack_id)) == (ReturnState.REFUNDED, [120_000, 60_000], (9, 0))


def test_what_was_paid_back_as_an_amount_ends_the_parcel_when_it_is_called_off(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = _paid({pack_id: 3}).sub_orders[0]
    _refund(part, GiveBack(everything=True))
    flows.accept_return(_ask(part, 3), _producer(part), goods_stay=False)
    assert (_fresh(part.order).state, _refunds(), _stock(pack_id)) == (OrderState.CANCELLED, [200_000], (10, 0))


@pytest.mark.parametrize("wanted", [GiveBack(everything=True), GiveBack(spread=Dong(20_000))])
def test_packs_that_came_back_are_not_asked_for_again(stock: Stock, context: Flask, wanted: GiveBack) -> None:
    pack_id = stock()
    part = _delivered({pack_id: 3})
    _refund(part, wanted)
    request_id = _ask(part, 2)
    flows.accept_return(request_id, _producer(part), goods_stay=False)
    (line,) = queries.get_return(request_id).lines
    flows.receive_return(request_id, _producer(part), {line.id: 2})
    with pytest.raises(Conflict, match="return_packs"):
        _ask(part, 2)
    assert (_ask(part, 1), _stock(pack_id)) == (request_id + 1, (9, 0))


def test_packs_whose_refund_failed_are_not_asked_for_again(stock: Stock, context: Flask) -> None:
    part = _delivered({stock(): 1})
    flows.accept_return(_ask(part, 1), _producer(part), goods_stay=True)
    with transaction():
        payments.fail_refund(db.session.scalars(select(Refund)).one(), code="no", occurred_at=clock.now())
    with pytest.raises(Conflict, match="return_not_now"):
        _ask(part, 1)
