"""A bank that takes the money of a market fee back while operators approve its payout to the board.

Nobody is tried again here, so a single deadlock would be seen.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from marketplace.core.db import db, is_passing, transaction
from marketplace.core.errors import Conflict
from marketplace.ledger import audit_checks
from marketplace.payments import flows as payment_flows
from marketplace.payments import services as payments
from marketplace.payments.flows import hearing
from marketplace.payments.movements import Movement
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.models import BoardPayout, PayoutState
from marketplace.settlement.queries import boards as queries
from marketplace.settlement.services import payouts as services
from marketplace.stalls.models import Market
from tests.racing import PROCESSES, Racers
from tests.settlement.paying_boards import (
    FEE,
    account,
    asked,
    books,
    fees_by_transfer,
    market_id,
    market_with_fees,
    payout_of,
    reversal,
    sound,
    take_back,
)
from tests.settlement.paying_out import person

__all__ = ["market_id"]

ROUNDS, CONTROL_ROUNDS = 8, 3
#: How long an approval that holds the market takes until it holds the payments: the bank gets its chance in between.
SLOWLY = 0.05
#: A batch that was asked for, and the booking by which the bank takes one of its fees back.
Round = tuple[int, Movement]


# -- turns: what each process does ---------------------------------------------------------------------------------


def approve_or_take_back(people: list[int], this: Round, number: int) -> str:
    """Half of them approve; one brings the bank's news. All once."""
    batch_id, told = this
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flows, "retrying", _once)
        patch.setattr(hearing, "retrying", _once)
        patch.setattr(services, "_lock_payments", partial(_slowly, services._lock_payments))
        try:
            if number % 2:
                flows.approve(batch_id, actor_id=people[number])
            elif number == 0:
                payment_flows.apply_movement(told)
        except Conflict as refused:
            return refused.code
        except DBAPIError as error:
            db.session.rollback()
            if is_passing(error):
                return "stuck"
            raise
    return "done"


def approve_blindly_or_take_back(people: list[int], this: Round, number: int) -> str:
    """The control: whether the fees are still paid is not looked at under the lock, but before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "has_unpaid_fees", lambda _payout: False)
        patch.setattr(queries, "owes_less_than", lambda _payout: False)
        return approve_or_take_back(people, this, number)


def approve_alone_or_take_back(people: list[int], this: Round, number: int) -> str:
    """The control: whoever approves holds the market against those, too, who only name it by a foreign key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "lock_market", _lock_against_all)
        return approve_or_take_back(people, this, number)


def _once(work: Callable[[], Any], **_tries: int) -> Any:
    return work()


def _slowly(lock: Callable[..., None], *payouts: Any) -> None:
    time.sleep(SLOWLY)
    lock(*payouts)


def _lock_against_all(market_id: int) -> None:
    db.session.execute(select(Market.id).where(Market.id == market_id).with_for_update())


# -- the races -----------------------------------------------------------------------------------------------------


@pytest.fixture
def people(context: Flask) -> list[int]:
    return [person() for _ in range(PROCESSES)]


def _round(market_id: int) -> Round:
    account(market_id)
    return asked(market_id), reversal(fees_by_transfer(market_id)[0])


def _end_of(batch_id: int, market_id: int) -> tuple[PayoutState, int, int]:
    """Where the payout stands, what the board is owed, and what is on its way to it."""
    return payout_of(batch_id).state, *books(market_id)[:2]


@pytest.mark.race
def test_a_fee_is_taken_back_wholly_before_or_wholly_after_its_payout(people: list[int], racers: Racers) -> None:
    markets = [market_with_fees() for _ in range(ROUNDS)]
    rounds = [_round(market_id) for market_id in markets]
    answers = racers.race(partial(approve_or_take_back, people), rounds)
    assert {answer for told in answers for answer in told} == {"done", "payout_batch_decided"}
    ends = [_end_of(batch_id, market_id) for (batch_id, _told), market_id in zip(rounds, markets, strict=True)]
    assert set(ends) <= {(PayoutState.HELD, FEE, 0), (PayoutState.SENT, -FEE, 2 * FEE)}
    assert audit_checks.run() == []


@pytest.mark.race
def test_without_looking_under_the_lock_fees_that_are_gone_are_paid_out(
    market_id: int, people: list[int], racers: Racers
) -> None:
    this = _round(market_id)
    take_back(fees_by_transfer(market_id)[0])  # it comes first
    racers.race(partial(approve_blindly_or_take_back, people), [this])
    assert _end_of(this[0], market_id) == (PayoutState.SENT, -FEE, 2 * FEE)


@pytest.mark.race
def test_without_room_for_foreign_keys_approval_and_bank_wait_for_each_other(people: list[int], racers: Racers) -> None:
    """On SQLite, which lets one writer in at a time, nobody waits crosswise: there the control finds nothing."""
    rounds = [_round(market_with_fees()) for _ in range(CONTROL_ROUNDS)]
    answers = racers.race(partial(approve_alone_or_take_back, people), rounds)
    is_stuck = "stuck" in {answer for told in answers for answer in told}
    assert is_stuck == (db.engine.dialect.name == "postgresql")


# -- the lock ------------------------------------------------------------------------------------------------------


def _approved_while_a_fee_is_taken_back(app: Flask, market_id: int) -> tuple[bool, BoardPayout]:
    """Whether an approval waited while the bank's news was being written, and the payout in the end."""
    batch_id, told = _round(market_id)
    approver = person()

    def approve() -> None:
        with app.app_context():
            flows.approve(batch_id, actor_id=approver)

    other = threading.Thread(target=approve)
    with transaction():
        payments.follow_movement(told)
        other.start()
        other.join(timeout=0.7)
        has_waited = other.is_alive()
    other.join(timeout=20)
    assert not other.is_alive()
    return has_waited, payout_of(batch_id)


def test_an_approval_waits_for_what_the_bank_takes_back_at_the_same_moment(app: Flask, market_id: int) -> None:
    has_waited, payout = _approved_while_a_fee_is_taken_back(app, market_id)
    assert has_waited
    assert (payout.state, payout.held_reason) == (PayoutState.HELD, services.FEE_TAKEN_BACK)
    assert books(market_id) == (FEE, 0, FEE) and sound()


def test_without_the_lock_the_approval_has_decided_by_then_and_pays_out_what_is_gone(
    app: Flask, market_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one write at a time: there the approval waits without any lock of ours")
    monkeypatch.setattr(services, "_lock_payments", lambda _payouts, _to_boards: None)
    _has_waited, payout = _approved_while_a_fee_is_taken_back(app, market_id)
    assert payout.state is PayoutState.SENT
    assert books(market_id)[:2] == (-FEE, 2 * FEE)
