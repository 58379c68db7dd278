"""Operators and refunds that meet at one payout at the same moment: eight processes, one outcome."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from marketplace.checkout.models import Earning
from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.orders.models import SubOrder
from marketplace.payments.models import OutgoingTransfer
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.models import BatchState, Payout, PayoutBatch, PayoutLine, PayoutState
from marketplace.settlement.queries import payouts as queries
from marketplace.settlement.services import payouts as services
from tests.checkout.conftest import Stock, country, stock
from tests.racing import PROCESSES, Racers
from tests.settlement.paying_out import delivered, person, refunded, requested, with_account

__all__ = ["country", "stock"]

#: Rounds of refund against payout, and of races between operators, whose controls fail within five.
ROUNDS, FEWER = 20, 8
PRICE = 80_000
REFUND = 30_000

pytestmark = pytest.mark.race


# -- turns: what each process does ---------------------------------------------------------------------------------


def approve(people: list[int], batch_id: int, number: int) -> bool:
    """Eight operators approve one batch; whether this one did."""
    try:
        flows.approve(batch_id, actor_id=people[number])
    except Conflict:
        return False
    return True


def approve_unguarded(people: list[int], batch_id: int, number: int) -> bool:
    """The control: the state is looked at first and written afterwards."""
    is_open = db.session.scalar(select(PayoutBatch.state).where(PayoutBatch.id == batch_id)) == BatchState.REQUESTED
    db.session.rollback()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "_is_decided_now", lambda *_args, **_values: is_open)
        patch.setattr(services, "_note", lambda *_args: None)
        try:
            retrying(partial(_approve_in_one_go, batch_id, people[number]))
        except Conflict:
            return False
    return True


def _approve_in_one_go(batch_id: int, actor_id: int) -> None:
    with transaction():
        services.approve_batch(batch_id, actor_id=actor_id)


def ask(people: list[int], producer_id: int, number: int) -> bool | None:
    """Eight operators ask for the same earnings; whether this one got them, None when the database had to say no."""

    def write() -> None:
        with transaction():
            services.request_batch([producer_id], actor_id=people[number])

    try:
        retrying(write)
    except Conflict:
        return False
    except IntegrityError:
        return None
    return True


def ask_unguarded(people: list[int], producer_id: int, number: int) -> bool | None:
    """The control: what is due is looked at before the transaction."""
    seen = queries.due_earnings(clock.now(), producer_ids=[producer_id])
    ids = {producer: [earning.id for earning in rows] for producer, rows in seen.items()}
    db.session.rollback()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "due_earnings", lambda _moment, producer_ids: _again(ids))
        return ask(people, producer_id, number)


def _again(ids: dict[int, list[int]]) -> dict[int, list[Earning]]:
    return {
        producer: list(db.session.scalars(select(Earning).where(Earning.id.in_(wanted))))
        for producer, wanted in ids.items()
    }


def approve_or_refund(people: list[int], this: tuple[int, int], number: int) -> None:
    """Half of them approve, half give money of the parcel back."""
    batch_id, part_id = this
    if number % 2:
        approve(people, batch_id, number)
    elif number == 0:
        refunded(db.session.get_one(SubOrder, part_id), REFUND)


def approve_blindly_or_refund(people: list[int], this: tuple[int, int], number: int) -> None:
    """The control: whether something was refunded or is owed since is not looked at under the lock, but before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "refunded_since", lambda _payout: False)
        patch.setattr(queries, "owes_since", lambda _payout, _moment: False)
        approve_or_refund(people, this, number)


# -- the races -----------------------------------------------------------------------------------------------------


@pytest.fixture
def people(country: Flask, context: Flask) -> list[int]:
    return [person() for _ in range(PROCESSES)]


def _ready(stock: Stock, rounds: int) -> list[SubOrder]:
    """As many parcels as rounds, each of a producer of its own that can be paid."""
    parts = [delivered(stock(f"Trà {number}")) for number in range(rounds)]
    for part in parts:
        with_account(part.producer_id)
    return parts


def test_of_two_approvals_at_once_one_wins(stock: Stock, people: list[int], racers: Racers) -> None:
    parts = _ready(stock, FEWER)
    batches = [requested(part.producer_id).id for part in parts]
    answers = racers.race(partial(approve, people), batches)
    assert [sum(of_batch) for of_batch in answers] == [1] * FEWER
    assert db.session.scalar(select(func.count()).select_from(OutgoingTransfer)) == FEWER
    assert [-balance(f"producer:{part.producer_id}:transit") for part in parts] == [PRICE] * FEWER
    assert audit_checks.run() == []


def test_without_the_conditional_update_several_people_approve(stock: Stock, people: list[int], racers: Racers) -> None:
    """The payouts themselves are still moved once each: that is a second guard."""
    parts = _ready(stock, 5)
    batches = [requested(part.producer_id).id for part in parts]
    answers = racers.race(partial(approve_unguarded, people), batches)
    assert max(sum(of_batch) for of_batch in answers) > 1
    assert [-balance(f"producer:{part.producer_id}:transit") for part in parts] == [PRICE] * 5


def test_earnings_asked_for_by_everybody_stand_in_one_payout(stock: Stock, people: list[int], racers: Racers) -> None:
    parts = _ready(stock, FEWER)
    answers = racers.race(partial(ask, people), [part.producer_id for part in parts])
    assert [(sum(map(bool, of_round)), of_round.count(None)) for of_round in answers] == [(1, 0)] * FEWER
    assert db.session.scalar(select(func.count()).select_from(PayoutLine)) == FEWER
    assert db.session.scalar(select(func.count()).select_from(PayoutBatch)) == FEWER


def test_without_the_lock_only_the_index_keeps_an_earning_in_one_payout(
    stock: Stock, people: list[int], racers: Racers
) -> None:
    parts = _ready(stock, 5)
    answers = racers.race(partial(ask_unguarded, people), [part.producer_id for part in parts])
    assert max(of_round.count(None) for of_round in answers) > 0
    assert db.session.scalar(select(func.count()).select_from(PayoutLine)) == 5


def test_a_refund_comes_wholly_before_or_wholly_after_the_payout(
    stock: Stock, people: list[int], racers: Racers
) -> None:
    parts = _ready(stock, ROUNDS)
    rounds = [(requested(part.producer_id).id, part.id) for part in parts]
    racers.race(partial(approve_or_refund, people), rounds)
    for (batch_id, _part_id), part in zip(rounds, parts, strict=True):
        (payout,) = db.session.scalars(select(Payout).where(Payout.batch_id == batch_id)).all()
        owed = -balance(f"producer:{part.producer_id}:payable")
        assert (payout.state, owed) in ((PayoutState.HELD, PRICE - REFUND), (PayoutState.SENT, -REFUND))
    assert audit_checks.run() == []


def test_without_looking_under_the_lock_refunded_money_is_paid_out(
    stock: Stock, people: list[int], racers: Racers
) -> None:
    parts = _ready(stock, 1)
    rounds = [(requested(part.producer_id).id, part.id) for part in parts]
    refunded(parts[0], REFUND)  # at least one comes first
    racers.race(partial(approve_blindly_or_refund, people), rounds)
    assert {finding.check.name for finding in audit_checks.run()} == {"I33"}
