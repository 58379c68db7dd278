"""Everybody books the same at once: one fee taken in cash, one number of a receipt, one difference of a closing."""

from datetime import date
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.stalls import queries, services
from marketplace.stalls.models import FeeState, MarketFee, Shift
from marketplace.stalls.services import fees, shifts
from tests.factories.accounts import UserFactory
from tests.factories.stalls import MarketFactory, StallFactory, make_stall, sell
from tests.racing import PROCESSES, Racers

ROUNDS = 8
CONTROL_ROUNDS = 3
AMOUNT = 150_000
MISSING = 5_000

pytestmark = pytest.mark.race


# -- fees ----------------------------------------------------------------------------------------------------------


def collect(actor_id: int, this: tuple[int, ...], number: int) -> str:
    """The board takes one of these fees in cash; each round has one number of a receipt for all of them, or (one fee)
    everybody has a number of the own.
    """
    receipt = f"BL-{this[0]}" if len(this) > 1 else f"BL-{this[0]}-{number}"
    fee_id = this[number % len(this)]

    def write() -> None:
        with transaction():
            services.take_fee_in_cash(db.session.get_one(MarketFee, fee_id), receipt_number=receipt, actor_id=actor_id)

    try:
        retrying(write)
    except (Conflict, Invalid) as refused:
        return refused.code
    except IntegrityError:
        return "the database"
    return "taken"


def collect_without_locks(actor_id: int, this: tuple[int, ...], number: int) -> str:
    """The control: neither the market nor the fee is held, and nobody asks whether fee and number are free."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fees, "_hold_market", lambda _market_id: None)
        patch.setattr(fees, "_lock_due", lambda _fee: None)
        patch.setattr(queries, "receipt_number_is_taken", lambda *_values: False)
        return collect(actor_id, this, number)


def _fees(stalls: int, months: int) -> tuple[int, list[tuple[int, ...]]]:
    """Somebody, and per month the fees of so many stalls of one market."""
    with transaction():
        market, actor_id = MarketFactory(), int(UserFactory().id)
        made = [StallFactory(market=market, number=str(number)) for number in range(stalls)]
        rounds = []
        for month in range(months):
            period = date(2027 + month // 12, month % 12 + 1, 1)
            due = services.set_fees(market, made, period=period, amount=Dong(AMOUNT), due_on=period, actor_id=actor_id)
            rounds.append(tuple(fee.id for fee in due))
        return actor_id, rounds


def _taken() -> int:
    statement = select(func.count()).select_from(MarketFee).where(MarketFee.state == FeeState.PAID)
    return db.session.scalar(statement) or 0


def test_a_fee_is_taken_in_cash_once(context: Flask, racers: Racers) -> None:
    actor_id, rounds = _fees(1, ROUNDS)
    answers = racers.race(partial(collect, actor_id), rounds)
    assert [sorted(told) for told in answers] == [["fee_not_due"] * (PROCESSES - 1) + ["taken"]] * ROUNDS
    assert (_taken(), audit_checks.run()) == (ROUNDS, [])


def test_two_fees_at_once_never_get_one_number(context: Flask, racers: Racers) -> None:
    actor_id, rounds = _fees(2, ROUNDS)
    answers = racers.race(partial(collect, actor_id), rounds)
    assert [told.count("taken") for told in answers] == [1] * ROUNDS
    assert {answer for told in answers for answer in told} == {"taken", "fee_not_due", "receipt_number_taken"}
    assert (_taken(), audit_checks.run()) == (ROUNDS, [])


def test_without_the_locks_only_the_index_keeps_numbers_apart(context: Flask, racers: Racers) -> None:
    actor_id, rounds = _fees(2, CONTROL_ROUNDS)
    answers = racers.race(partial(collect_without_locks, actor_id), rounds)
    assert "the database" in {answer for told in answers for answer in told}
    assert "fee_not_due" not in {answer for told in answers for answer in told}


# -- the difference of a closing -----------------------------------------------------------------------------------


def close(this: tuple[int, int], _number: int) -> bool:
    """Everybody closes one shift in which cash is missing; whether this one did."""
    stall_id, shift_id = this

    def write() -> None:
        with transaction():
            found = queries.so_far(db.session.get_one(Shift, shift_id))
            counted = Dong(found.expected_cash - MISSING)
            services.close_shift(
                stall_id, shift_id, up_to=1, counted_cash=counted, reason="trả nhầm tiền thừa", actor_id=None
            )

    try:
        retrying(write)
    except Conflict:
        return False
    return True


def close_what_was_seen(this: tuple[int, int], number: int) -> bool:
    """The control: the shift is as open as it was a moment ago."""

    def as_it_was(_stall_id: int, shift_id: int) -> Shift:
        shift = db.session.get_one(Shift, shift_id)
        set_committed_value(shift, "closed_at", None)
        return shift

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shifts.queries, "get_shift", as_it_was)
        patch.setattr(shifts, "_end", lambda *_values: None)
        try:
            return close(this, number)
        except IntegrityError:
            return True  # it had gone on until the database said no


def _shifts(rounds: int) -> list[tuple[int, int]]:
    made = []
    for _ in range(rounds):
        stall_id = make_stall()
        sell(stall_id, 20_000)
        shift = queries.find_open_shift(stall_id)
        assert shift is not None
        made.append((stall_id, shift.id))
    return made


def test_the_difference_of_a_closing_is_booked_once(context: Flask, racers: Racers) -> None:
    shifts_of = _shifts(ROUNDS)
    answers = racers.race(close, shifts_of)
    assert [sum(told) for told in answers] == [1] * ROUNDS
    assert [balance(f"stall:{stall_id}:difference") for stall_id, _shift_id in shifts_of] == [MISSING] * ROUNDS
    assert audit_checks.run() == []


def test_without_the_guard_several_close_it(context: Flask, racers: Racers) -> None:
    """The difference is still booked once: its fact is the shift."""
    shifts_of = _shifts(CONTROL_ROUNDS)
    answers = racers.race(close_what_was_seen, shifts_of)
    assert max(sum(told) for told in answers) > 1
    assert [balance(f"stall:{stall_id}:difference") for stall_id, _shift_id in shifts_of] == [MISSING] * CONTROL_ROUNDS
