"""Calling goods off and sending them back: asked, answered, goods into stock, money back."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.checkout import flows, queries
from marketplace.checkout.deadlines import ANSWER_TIME, RETURN_DAYS
from marketplace.checkout.flows import Decider
from marketplace.checkout.flows.refusing import AtTheDoor
from marketplace.checkout.models import ReturnKind, ReturnReason, ReturnRequest, ReturnState
from marketplace.checkout.services import ReturnWish
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.core.money import Dong
from marketplace.inventory.queries import available
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import OrderState, PaymentMethod, SubOrderState
from marketplace.outbox.models import OutboxMessage
from marketplace.payments.models import PaymentState
from tests.checkout.buying import due_at, order, payment_of
from tests.checkout.conftest import Stock
from tests.checkout.returning import (
    advance,
    ask_for,
    decider_of,
    delivered_parcel,
    fresh,
    on_shelf,
    paid_order,
    refunds_made,
    settle_refunds,
    somebody,
    state_of,
)

# -- calling off ---------------------------------------------------------------------------------------------------


def test_one_pack_is_called_off_and_the_rest_is_sent(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = paid_order({pack_id: 3}).sub_orders[0]
    request_id = ask_for(part, 1)
    with pytest.raises(Conflict, match="return_waits"):
        advance(part, SubOrderState.PACKED, SubOrderState.SHIPPED)
    flows.accept_return(request_id, decider_of(part), goods_stay=False)
    assert (state_of(request_id), refunds_made(), on_shelf(pack_id)) == (ReturnState.REFUNDED, [60_000], (8, 0))
    assert queries.packs_back(part) == {part.lines[0].id: 1}
    advance(part, SubOrderState.SHIPPED, SubOrderState.DELIVERED)
    settle_refunds()
    assert fresh(part.order).state is OrderState.COMPLETED
    assert -balance(f"producer:{part.producer_id}:payable") == 140_000
    assert audit_checks.run() == []


def test_the_last_pack_called_off_ends_the_parcel_and_brings_the_delivery_fee_back(
    stock: Stock, context: Flask
) -> None:
    one, other = stock("Trà"), stock("Mật")
    first, second = paid_order({one: 2, other: 1}).sub_orders
    for _ in range(2):
        flows.accept_return(ask_for(first, 1), decider_of(first), goods_stay=False)
    assert (refunds_made(), on_shelf(one)) == ([60_000, 80_000], (10, 0))
    placed = fresh(first.order)
    assert [part.state for part in placed.sub_orders] == [SubOrderState.CANCELLED, SubOrderState.TO_PACK]
    assert placed.state is OrderState.PAID
    flows.accept_return(ask_for(second, 1), decider_of(second), goods_stay=False)
    assert fresh(first.order).state is OrderState.CANCELLED
    settle_refunds()
    assert balance("bank:collecting") == 0
    assert audit_checks.run() == []


def test_the_whole_order_is_cancelled_after_a_part_was_called_off(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = paid_order({pack_id: 3}).sub_orders[0]
    flows.accept_return(ask_for(part, 1), decider_of(part), goods_stay=False)
    open_id = ask_for(part, 1)
    flows.cancel_order(part.order_id, actor_id=None)
    assert (state_of(open_id), refunds_made(), on_shelf(pack_id)) == (ReturnState.WITHDRAWN, [60_000, 140_000], (10, 0))
    settle_refunds()
    assert audit_checks.run() == []


def test_a_parcel_to_be_paid_at_the_door_is_called_off_whole(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = order({pack_id: 2}, PaymentMethod.CASH_ON_DELIVERY).sub_orders[0]
    with pytest.raises(Conflict, match="return_only_whole"):
        ask_for(part, 1)
    request_id = ask_for(part, 2)
    flows.accept_return(request_id, decider_of(part), goods_stay=False)
    placed = fresh(part.order)
    assert (placed.state, placed.sub_orders[0].state) == (OrderState.CANCELLED, SubOrderState.CANCELLED)
    assert (payment_of(placed).state, refunds_made()) == (PaymentState.CANCELLED, [])
    assert (on_shelf(pack_id), available([pack_id])) == ((10, 0), {pack_id: 10})
    assert audit_checks.run() == []


def test_what_is_not_paid_yet_cannot_be_called_off_in_parts(stock: Stock, context: Flask) -> None:
    part = order({stock(): 2}).sub_orders[0]
    with pytest.raises(Conflict, match="return_not_now"):
        ask_for(part)


# -- sending back --------------------------------------------------------------------------------------------------


def test_goods_come_back_and_only_the_sellable_ones_go_into_stock(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = delivered_parcel({pack_id: 3})
    request_id = ask_for(part, 2, ReturnReason.DAMAGED)
    producer = decider_of(part)
    flows.accept_return(request_id, producer, goods_stay=False, answer="Gửi về giúp HTX nhé")
    assert (state_of(request_id), refunds_made(), on_shelf(pack_id)) == (ReturnState.ACCEPTED, [], (7, 0))
    line = queries.get_return(request_id).lines[0]
    with pytest.raises(Conflict, match="return_packs"):
        flows.receive_return(request_id, producer, {line.id: 3})
    flows.receive_return(request_id, producer, {line.id: 1})
    assert (state_of(request_id), refunds_made(), on_shelf(pack_id)) == (ReturnState.REFUNDED, [120_000], (8, 0))
    steps = [event.to_state for event in queries.get_return(request_id).events]
    assert steps == ["asked", "accepted", "received", "refunded"]
    with pytest.raises(Conflict, match="return_moved"):
        flows.receive_return(request_id, producer, {line.id: 1})
    assert (refunds_made(), on_shelf(pack_id)) == ([120_000], (8, 0))
    settle_refunds()
    assert audit_checks.run() == []


@pytest.mark.parametrize(
    ("reason", "back"), [(ReturnReason.WRONG_INFORMATION, 80_000), (ReturnReason.CHANGED_MIND, 60_000)]
)
def test_the_delivery_fee_goes_back_when_the_fault_is_the_sellers(
    stock: Stock, context: Flask, reason: ReturnReason, back: int
) -> None:
    part = delivered_parcel({stock(): 1})
    flows.accept_return(ask_for(part, 1, reason), decider_of(part), goods_stay=True)
    assert refunds_made() == [back]


def test_a_pack_costs_what_is_left_of_it(stock: Stock, context: Flask) -> None:
    part = delivered_parcel({stock(): 2})
    flows.refund_parcel(part, {part.lines[0].id: Dong(70_000)}, reason="Giảm giá", key="r", actor_id=None)
    flows.accept_return(ask_for(part, 2), decider_of(part), goods_stay=True)
    assert refunds_made() == [70_000, 50_000]


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
    part = delivered_parcel({stock(): 2})
    with transaction():
        part.delivered_at = datetime.fromisoformat(f"{delivered_at}+07:00")
    _, midnight = clock.local_day(date.fromisoformat(last))
    with clock.frozen(midnight), pytest.raises(Conflict):
        ask_for(part, 1, reason)
    with clock.frozen(midnight - timedelta(seconds=1)):
        assert state_of(ask_for(part, 1, reason)) is ReturnState.ASKED


def test_nothing_is_paid_out_while_a_return_is_open(stock: Stock, context: Flask) -> None:
    part = delivered_parcel({stock(): 2})
    assert part.delivered_at is not None
    _, due = clock.local_day(clock.local_day_of(part.delivered_at) + timedelta(days=RETURN_DAYS))
    request_id = ask_for(part, 1)
    assert due_at(due) == []
    flows.withdraw_return(part.order_id, request_id, actor_id=None)
    assert due_at(due) == [140_000]


def test_a_pack_is_asked_for_once_and_the_same_form_is_one_request(stock: Stock, context: Flask) -> None:
    part = delivered_parcel({stock(): 2})
    first = ask_for(part, 2, key="form")
    assert ask_for(part, 2, key="form") == first
    with pytest.raises(Conflict, match="return_key_used"):
        ask_for(part, 1, key="form")
    with pytest.raises(Conflict, match="return_not_now"):
        ask_for(part, 1)
    flows.withdraw_return(part.order_id, first, actor_id=None)
    with pytest.raises(Conflict, match="return_packs"):
        ask_for(part, 3)
    with pytest.raises(Invalid, match="return_nothing"):
        ask_for(part, {})
    assert state_of(ask_for(part, 1)) is ReturnState.ASKED
    assert db.session.scalar(select(func.count(ReturnRequest.id))) == 2


# -- who decides ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packs", [0, -1])
def test_no_packs_at_all_are_no_request(stock: Stock, context: Flask, packs: int) -> None:
    part = delivered_parcel({stock(): 2})
    with pytest.raises(Conflict, match="return_packs"):
        ask_for(part, packs)


@pytest.mark.parametrize("method", [PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.VIETQR])
def test_fewer_than_no_packs_are_not_damaged(stock: Stock, context: Flask, method: PaymentMethod) -> None:
    pack_id = stock()
    part = (
        paid_order({pack_id: 2}).sub_orders[0]
        if method is PaymentMethod.VIETQR
        else order({pack_id: 2}, method).sub_orders[0]
    )
    advance(part, SubOrderState.PACKED, SubOrderState.SHIPPED)
    before = on_shelf(pack_id)
    with pytest.raises(Conflict, match="return_packs"):
        flows.refuse_at_door(part.id, [part.producer_id], AtTheDoor.REFUSED, {part.lines[0].id: -1}, actor_id=None)
    assert on_shelf(pack_id) == before


def test_a_refusal_needs_a_reason_and_ends_the_request(stock: Stock, context: Flask) -> None:
    part = delivered_parcel({stock(): 1})
    request_id, producer = ask_for(part), decider_of(part)
    with pytest.raises(Invalid, match="return_answer_missing"):
        flows.refuse_return(request_id, producer, answer="")
    assert state_of(request_id) is ReturnState.ASKED
    flows.refuse_return(request_id, producer, answer="Hàng đã mở nắp")
    assert (state_of(request_id), queries.get_return(request_id).answer) == (ReturnState.REFUSED, "Hàng đã mở nắp")
    with pytest.raises(Conflict, match="return_moved"):
        flows.accept_return(request_id, producer, goods_stay=True)
    assert refunds_made() == []


def test_the_neighbour_cannot_answer(stock: Stock, context: Flask) -> None:
    one, other = stock("Trà"), stock("Mật")
    first, second = paid_order({one: 1, other: 1}).sub_orders
    request_id = ask_for(first)
    with pytest.raises(NotFound):
        flows.accept_return(request_id, decider_of(second), goods_stay=False)
    with pytest.raises(OrderNotFound):
        flows.ask_return(
            paid_order({one: 1}).id, first.id, ReturnWish({}, ReturnReason.DAMAGED, "", "x"), actor_id=None
        )
    assert state_of(request_id) is ReturnState.ASKED


def test_the_operator_decides_only_after_the_producers_silence(stock: Stock, context: Flask) -> None:
    part = delivered_parcel({stock(): 1})
    request_id, operator = ask_for(part), Decider(somebody(), None)
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
    assert refunds_made() == [60_000]


def test_every_step_is_told_once(stock: Stock, context: Flask) -> None:
    part = delivered_parcel({stock(): 1})
    flows.accept_return(ask_for(part), decider_of(part), goods_stay=True)
    topics = select(OutboxMessage.topic).where(OutboxMessage.topic.startswith("return."))
    assert db.session.scalars(topics.order_by(OutboxMessage.id)).all() == ["return.asked", "return.refunded"]


def test_a_return_is_one_of_the_two_kinds(stock: Stock, context: Flask) -> None:
    part = paid_order({stock(): 1}).sub_orders[0]
    now = clock.now()
    offered = queries.returnable(part, now)
    assert offered is not None
    assert (offered.kind, offered.until) == (ReturnKind.CANCELLATION, None)
    advance(part, SubOrderState.PACKED, SubOrderState.SHIPPED)
    db.session.refresh(part)
    assert queries.returnable(part, now) is None
