"""One step of an order taken by everybody at once is taken once: a refund by its key, cash at the door, a return."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from marketplace.checkout import flows, queries
from marketplace.checkout.flows import Decider
from marketplace.checkout.models import RefundLine, ReturnEvent, ReturnState
from marketplace.checkout.services import GiveBack, returns
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.orders import queries as orders
from marketplace.orders import services as order_services
from marketplace.orders.errors import OrderMoved
from marketplace.orders.models import OrderEvent, PaymentMethod, SubOrder, SubOrderState
from marketplace.payments.models import Refund
from marketplace.payments.services import refunds
from tests.checkout.buying import order
from tests.checkout.conftest import Stock
from tests.checkout.returning import ALL_STEPS, advance, ask_for, delivered_parcel, paid_order, somebody
from tests.racing import PROCESSES, Racers

ROUNDS = 8
CONTROL_ROUNDS = 3
PRICE = 60_000

pytestmark = pytest.mark.race


# -- one key of a refund -------------------------------------------------------------------------------------------


def give_under_one_key(rounds: list[tuple[int, int]], this: int, number: int) -> str:
    """Everybody sends one key: for a thousand dong of one parcel, or two thousand of it, or as much of another one."""
    part = orders.get_any_sub_order(rounds[this][number % 3 // 2])
    wanted = GiveBack(amounts={part.lines[0].id: (1_000, 2_000, 1_000)[number % 3]})
    try:
        flows.refund_parcel(part, wanted, reason="Thiếu hàng", key=f"round-{this}", actor_id=None)
    except Conflict as refused:
        return refused.code
    except IntegrityError:
        return "the database"
    return "given"


def give_with_two_looks_off(rounds: list[tuple[int, int]], this: int, number: int) -> str:
    """The control: nobody looks the key up, and the insert does not ask whether it is there."""

    def insert(model: type[Refund], values: dict[str, object], *, keys: list[str]) -> bool:
        db.session.add(model(**values))
        db.session.flush()
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "find_refund", lambda _key: None)
        patch.setattr(refunds, "insert_ignoring_duplicates", insert)
        return give_under_one_key(rounds, this, number)


def _two_orders_each(stock: Stock, rounds: int) -> list[tuple[int, int]]:
    pack_id = stock(price=PRICE, quantity=2 * rounds)
    parts = [paid_order({pack_id: 1}).sub_orders[0].id for _ in range(2 * rounds)]
    return list(zip(parts[::2], parts[1::2], strict=True))


def test_one_key_is_one_refund_and_whoever_wants_another_by_it_is_told(
    stock: Stock, context: Flask, racers: Racers
) -> None:
    rounds = _two_orders_each(stock, ROUNDS)
    answers = racers.race(partial(give_under_one_key, rounds), range(ROUNDS))
    assert {answer for told in answers for answer in told} == {"given", "refund_key_used"}
    assert all(told.count("given") in (2, 3) for told in answers)
    assert db.session.scalar(select(func.count()).select_from(Refund)) == ROUNDS
    assert db.session.scalar(select(func.count()).select_from(RefundLine)) == ROUNDS
    assert audit_checks.run() == []


def test_without_looking_only_the_index_keeps_one_refund_per_key(stock: Stock, context: Flask, racers: Racers) -> None:
    rounds = _two_orders_each(stock, CONTROL_ROUNDS)
    answers = racers.race(partial(give_with_two_looks_off, rounds), range(CONTROL_ROUNDS))
    assert "the database" in {answer for told in answers for answer in told}
    assert db.session.scalar(select(func.count()).select_from(Refund)) == CONTROL_ROUNDS


# -- cash at the door ----------------------------------------------------------------------------------------------


def hand_over(part_id: int, _number: int) -> bool:
    """Everybody says that the parcel was handed over; whether this one did it."""
    part = orders.get_any_sub_order(part_id)
    try:
        flows.advance_parcel(part_id, [part.producer_id], SubOrderState.DELIVERED, actor_id=None)
    except OrderMoved:
        return False
    return True


def hand_over_what_was_seen(part_id: int, number: int) -> bool:
    """The control: any step leads anywhere, and nobody asks whether the parcel still stands where it stood."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_services, "_moved", lambda *_args: True)
        patch.setattr(order_services, "SUB_ORDER_EDGES", dict.fromkeys(SubOrderState, frozenset(SubOrderState)))
        return hand_over(part_id, number)


def _at_the_door(stock: Stock, rounds: int) -> list[int]:
    """Parcels on their way, each of an order with another one, so that it does not end the order."""
    packs = {stock(price=PRICE, quantity=rounds): 1, stock("Mật", quantity=rounds): 1}
    parts = [order(packs, PaymentMethod.CASH_ON_DELIVERY).sub_orders[0] for _ in range(rounds)]
    for part in parts:
        advance(part, *ALL_STEPS[:2])
    return [part.id for part in parts]


def _steps(part_id: int, to: SubOrderState) -> int:
    statement = select(func.count()).select_from(OrderEvent).where(OrderEvent.sub_order_id == part_id)
    return db.session.scalar(statement.where(OrderEvent.to_state == to)) or 0


def test_cash_at_the_door_is_taken_once(stock: Stock, context: Flask, racers: Racers) -> None:
    parts = _at_the_door(stock, ROUNDS)
    answers = racers.race(hand_over, parts)
    assert [sum(told) for told in answers] == [1] * ROUNDS
    paid = sum(db.session.get_one(SubOrder, part_id).total for part_id in parts)
    assert balance("cod:receivable") == paid
    assert [_steps(part_id, SubOrderState.DELIVERED) for part_id in parts] == [1] * ROUNDS
    assert audit_checks.run() == []


def test_without_the_guarded_step_several_hand_it_over(stock: Stock, context: Flask, racers: Racers) -> None:
    """The cash itself is still booked once: that is the payment's own guard."""
    parts = _at_the_door(stock, CONTROL_ROUNDS)
    racers.race(hand_over_what_was_seen, parts)
    assert max(_steps(part_id, SubOrderState.DELIVERED) for part_id in parts) > 1
    assert balance("cod:receivable") == sum(db.session.get_one(SubOrder, part_id).total for part_id in parts)


# -- a return ------------------------------------------------------------------------------------------------------


def accept(deciders: list[int], this: tuple[int, int], number: int) -> bool:
    """Everybody of the producer accepts one request, the goods stay; whether this one did."""
    request_id, producer_id = this
    try:
        flows.accept_return(request_id, Decider(deciders[number], [producer_id]), goods_stay=True)
    except Conflict:
        return False
    return True


def accept_what_was_seen(deciders: list[int], this: tuple[int, int], number: int) -> bool:
    """The control: any step leads anywhere, and nobody asks whether the request still stands where it stood."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(returns, "changed_one", lambda _statement: True)
        patch.setattr(returns, "RETURN_EDGES", dict.fromkeys(ReturnState, frozenset(ReturnState)))
        return accept(deciders, this, number)


def _asked(stock: Stock, rounds: int) -> list[tuple[int, int]]:
    """Requests of buyers who have their parcels, and whose producers they are about."""
    pack_id = stock(price=PRICE, quantity=rounds)
    parts = [delivered_parcel({pack_id: 1}) for _ in range(rounds)]
    return [(ask_for(part), part.producer_id) for part in parts]


def _accepted(request_id: int) -> int:
    statement = select(func.count()).select_from(ReturnEvent).where(ReturnEvent.request_id == request_id)
    return db.session.scalar(statement.where(ReturnEvent.to_state == ReturnState.ACCEPTED)) or 0


def test_a_return_is_accepted_once_and_paid_back_once(stock: Stock, context: Flask, racers: Racers) -> None:
    deciders, requests = [somebody() for _ in range(PROCESSES)], _asked(stock, ROUNDS)
    answers = racers.race(partial(accept, deciders), requests)
    assert [sum(told) for told in answers] == [1] * ROUNDS
    assert [_accepted(request_id) for request_id, _producer_id in requests] == [1] * ROUNDS
    assert db.session.scalars(select(Refund.amount)).all() == [PRICE] * ROUNDS
    assert audit_checks.run() == []


def test_without_the_guarded_step_several_accept_it(stock: Stock, context: Flask, racers: Racers) -> None:
    """The money still goes back once: what was given back before is not given again."""
    deciders, requests = [somebody() for _ in range(PROCESSES)], _asked(stock, CONTROL_ROUNDS)
    answers = racers.race(partial(accept_what_was_seen, deciders), requests)
    assert max(sum(told) for told in answers) > 1
    assert max(_accepted(request_id) for request_id, _producer_id in requests) > 1
    assert len(db.session.scalars(select(Refund.id)).all()) == CONTROL_ROUNDS
