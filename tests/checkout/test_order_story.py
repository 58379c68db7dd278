"""What a buyer's order tells of itself: each step once, in order, with its part, and in words made for buyers."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.checkout import flows, queries
from marketplace.checkout.flows import Decider
from marketplace.checkout.flows.refusing import AtTheDoor
from marketplace.checkout.messages import RETURN_STATES, STORY
from marketplace.checkout.models import ReturnKind, ReturnReason, ReturnState
from marketplace.checkout.queries import Step
from marketplace.checkout.services import ReturnWish
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.orders.models import Order, PaymentMethod, SubOrder, SubOrderState
from marketplace.payments import services as payments
from tests.checkout.buying import TERMS, add, buy, number_in, order, payment_of, transfer, wish
from tests.checkout.conftest import Stock
from tests.factories.accounts import UserFactory

ALL_STEPS = (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED)


def _told(placed: Order, part: SubOrder | None = None) -> Sequence[Step]:
    db.session.expire_all()
    return queries.story_of(db.session.get_one(Order, placed.id)).get(part.id if part else None, [])


def _names(placed: Order, part: SubOrder | None = None) -> list[str]:
    return [step.what for step in _told(placed, part)]


def _paid(packs: dict[int, int]) -> Order:
    placed = order(packs)
    transfer(payment_of(placed))
    db.session.expire_all()
    return placed


def _advance(part: SubOrder, *steps: SubOrderState) -> None:
    for step in steps:
        flows.advance_parcel(part.id, [part.producer_id], step, actor_id=None)


def _ask(part: SubOrder) -> int:
    packs = {part.lines[0].id: 1}
    asked = ReturnWish(packs, ReturnReason.DAMAGED, "", f"key-{part.id}")
    return flows.ask_return(part.order_id, part.id, asked, actor_id=None)


def _producer(part: SubOrder) -> Decider:
    with transaction():
        return Decider(UserFactory.create().id, [part.producer_id])


def test_each_part_tells_its_own_steps_with_their_moments(stock: Stock, context: Flask) -> None:
    first_pack, second_pack = stock("Trà"), stock("Mật")
    start = clock.now()
    placed = _paid({first_pack: 1, second_pack: 1})
    first, second = placed.sub_orders
    with clock.frozen(start + timedelta(hours=1)):
        _advance(first, SubOrderState.PACKED)
    with clock.frozen(start + timedelta(hours=2)):
        _advance(first, SubOrderState.SHIPPED)
    assert _names(placed) == ["placed", "paid"]
    assert _names(placed, first) == ["getting_ready", "packed", "shipped"]
    assert _names(placed, second) == ["getting_ready"]
    assert [step.at - start for step in _told(placed, first)[1:]] == [timedelta(hours=1), timedelta(hours=2)]
    _advance(first, SubOrderState.DELIVERED)
    _advance(second, *ALL_STEPS)
    assert _names(placed)[-1] == "completed"
    assert _names(placed, second)[-1] == "delivered"


def test_a_refund_is_told_when_it_is_asked_for_sent_and_when_it_failed(stock: Stock, context: Flask) -> None:
    placed = _paid({stock(): 2})
    part = placed.sub_orders[0]
    request_id = _ask(part)
    flows.accept_return(request_id, _producer(part), goods_stay=False)
    called_off = ["getting_ready", "cancellation_asked", "cancellation_accepted", "refund_ordered"]
    assert _names(placed, part) == called_off
    refund = queries.list_refunds(placed)[0]
    with transaction():
        payments.settle_refund(refund, occurred_at=clock.now())
    assert _names(placed, part) == [*called_off, "refund_to_account"]
    failed_at = clock.now() + timedelta(hours=3)
    with transaction():
        payments.fail_refund(refund, code="account_closed", occurred_at=failed_at)
    assert _names(placed, part) == [*called_off, "refund_failed"]
    assert (_told(placed, part)[-1].at, _told(placed, part)[-1].amount) == (failed_at, 60_000)


def test_a_parcel_that_nobody_took_says_why(stock: Stock, context: Flask) -> None:
    placed = order({stock(): 1}, PaymentMethod.CASH_ON_DELIVERY)
    part = placed.sub_orders[0]
    _advance(part, SubOrderState.PACKED, SubOrderState.SHIPPED)
    flows.refuse_at_door(part.id, [part.producer_id], AtTheDoor.NOT_REACHED, {}, actor_id=None)
    last = _told(placed, part)[-1]
    assert (last.what, last.reason) == ("came_back", "not_reached")


def test_the_end_of_an_order_is_told_once(stock: Stock, context: Flask) -> None:
    cancelled = _paid({stock(): 1})
    flows.cancel_order(cancelled.id, actor_id=None)
    assert _names(cancelled) == ["placed", "paid", "cancelled"]
    assert _names(cancelled, cancelled.sub_orders[0]) == ["getting_ready", "refund_ordered"]
    late = order({stock(): 1})
    with clock.frozen(clock.now() + timedelta(days=1)):
        flows.expire_orders()
    assert _names(late) == ["placed", "expired"]
    assert _names(late, late.sub_orders[0]) == []


@pytest.mark.parametrize("kind", list(ReturnKind))
@pytest.mark.parametrize("state", list(ReturnState))
def test_every_state_of_a_request_has_words_and_no_goods_are_awaited_that_never_left(
    app: Flask, kind: ReturnKind, state: ReturnState
) -> None:
    if (kind, state) == (ReturnKind.CANCELLATION, ReturnState.RECEIVED):
        return
    with app.test_request_context():
        words = str(RETURN_STATES[kind][state])
    assert words
    if kind is ReturnKind.CANCELLATION:
        assert "chờ nhận" not in words
    if state is not ReturnState.REFUNDED:
        assert f"{kind}_{state}" in STORY


def test_the_page_speaks_to_the_buyer_and_not_to_the_producer(app: Flask, stock: Stock) -> None:
    client = app.test_client()
    add(client, stock(), 1)
    location = buy(client, "cash_on_delivery").location
    page = client.get(location).text
    assert "Đang chuẩn bị hàng" in page
    assert "Cần đóng gói" not in page
    assert "Người bán đã nhận đơn" in page
    assert number_in(location) in page


def test_a_part_called_off_before_packing_does_not_wait_for_goods(app: Flask, stock: Stock) -> None:
    pack_id = stock()
    with app.app_context():
        placed = flows.place_order(wish({pack_id: 2}), TERMS)
        transfer(payment_of(placed))
        part = placed.order.sub_orders[0]
        flows.accept_return(_ask(part), _producer(part), goods_stay=False)
        address = f"/orders/{placed.order.number}?key={placed.secret}"
        db.session.remove()
    page = app.test_client().get(address).text
    assert "chờ nhận lại hàng" not in page
    assert "Người bán đồng ý hủy" in page
    assert "Sẽ hoàn" in page


@pytest.mark.parametrize(("bank_app", "is_offered"), [("http://bank.example/app", True), ("", False)])
def test_an_old_code_can_be_paid_too_late_where_the_bank_is_simulated(
    app: Flask, stock: Stock, monkeypatch: pytest.MonkeyPatch, bank_app: str, is_offered: bool
) -> None:
    monkeypatch.setitem(app.config, "BANK_APP_URL", bank_app)
    client = app.test_client()
    add(client, stock(), 1)
    location = buy(client).location
    assert "Trả muộn vào mã cũ" not in client.get(location).text
    with app.app_context():
        placed = db.session.scalars(select(Order)).one()
        code, deadline = payment_of(placed).transfer_code, placed.hold_until
    assert code and deadline
    with clock.frozen(deadline + timedelta(minutes=1)):
        with app.app_context():
            flows.expire_orders()
        page = client.get(location).text
    assert ("Trả muộn vào mã cũ" in page) is is_offered
    assert (f"{bank_app}?qr=" in page and code in page) is is_offered


def test_an_order_by_card_has_no_old_code(app: Flask, stock: Stock) -> None:
    with app.app_context():
        placed = flows.place_order(wish({stock(): 1}, method=PaymentMethod.CARD), TERMS)
        address, deadline = f"/orders/{placed.order.number}?key={placed.secret}", placed.order.hold_until
        db.session.remove()
    assert deadline
    with clock.frozen(deadline + timedelta(minutes=1)):
        assert "Trả muộn" not in app.test_client().get(address).text
