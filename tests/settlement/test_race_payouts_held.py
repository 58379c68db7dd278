"""What holds a payout back happens while operators approve it: it comes wholly before or wholly after the transfer.

The bank takes a buyer's money back, the producer is suspended, its account is changed. Whoever orders the transfer
after that was written must have seen it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.payments.models import BankReceipt
from marketplace.producers import services as producers
from marketplace.producers.account_steps import BankAccount
from marketplace.producers.models import Producer
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.models import Payout, PayoutState
from marketplace.settlement.queries import payouts as queries
from marketplace.settlement.services import payouts as services
from tests.checkout.buying import take_back
from tests.checkout.conftest import Stock, country, stock
from tests.factories.producers import operator
from tests.racing import PROCESSES, Racers
from tests.settlement.paying_out import delivered, person, requested, with_account

__all__ = ["country", "stock"]

ROUNDS = 8
PRICE = 80_000

pytestmark = pytest.mark.race


@dataclass(frozen=True)
class Round:
    """A payout that waits for its approval: its batch, whose it is, and the transfer that paid for it."""

    batch_id: int
    producer_id: int
    reference: str


# -- turns: what each process does ---------------------------------------------------------------------------------


def the_bank_takes_back(this: Round, _person: int) -> None:
    take_back(this.reference)


def suspended(this: Round, person_id: int) -> None:
    with transaction():
        producers.suspend_producer(this.producer_id, by=operator(person_id), reason="Hàng không rõ nguồn gốc")


def account_changed(this: Round, person_id: int) -> None:
    with transaction():
        bank = BankAccount("999999", "2200000099", "HTX CAY LANH")
        producer = db.session.get_one(Producer, this.producer_id)
        producers.change_payout_account(producer, bank, actor_id=person_id, our_bin="999999")


def approve_or(happen: Callable[[Round, int], None], people: list[int], this: Round, number: int) -> datetime | None:
    """Half of them approve; to one it happens: when that was written."""
    if number == 0:
        retrying(partial(happen, this, people[number]))
        return clock.now()
    if number % 2:
        with suppress(Conflict):
            flows.approve(this.batch_id, actor_id=people[number])
    return None


def approve_blindly_or(
    happen: Callable[[Round, int], None], people: list[int], this: Round, number: int
) -> datetime | None:
    """The control: nobody looks whether something happened since."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "owes_since", lambda _payout, _moment: False)
        patch.setattr(services, "_account_problem", lambda _payout, _now: None)
        return approve_or(happen, people, this, number)


# -- the races -----------------------------------------------------------------------------------------------------


@pytest.fixture
def people(country: Flask, context: Flask) -> list[int]:
    return [person() for _ in range(PROCESSES)]


def _rounds(stock: Stock, rounds: int) -> list[Round]:
    made = []
    for number in range(rounds):
        part = delivered(stock(f"Trà {number}"))
        with_account(part.producer_id)
        newest = select(BankReceipt.bank_reference).order_by(BankReceipt.id.desc())
        reference = db.session.scalars(newest).first()
        assert reference is not None
        made.append(Round(requested(part.producer_id).id, part.producer_id, reference))
    return made


def _end_of(this: Round) -> tuple[Payout, int]:
    """The payout, and what is owed and on its way in all."""
    payout = db.session.scalars(select(Payout).where(Payout.batch_id == this.batch_id)).one()
    return payout, -balance(f"producer:{this.producer_id}:payable") - balance(f"producer:{this.producer_id}:transit")


HAPPENINGS = pytest.mark.parametrize("happen", [the_bank_takes_back, suspended, account_changed])


@HAPPENINGS
def test_it_comes_wholly_before_or_wholly_after_the_transfer(
    stock: Stock, people: list[int], racers: Racers, happen: Callable[[Round, int], None]
) -> None:
    rounds = _rounds(stock, ROUNDS)
    answers = racers.race(partial(approve_or, happen, people), rounds)
    left = 0 if happen is the_bank_takes_back else PRICE
    for this, told in zip(rounds, answers, strict=True):
        (written,) = [moment for moment in told if moment is not None]
        payout, owed = _end_of(this)
        assert owed == left
        if payout.state is PayoutState.SENT:
            looked_at = payout.approved_at if happen is the_bank_takes_back else payout.sent_at
            assert looked_at is not None and looked_at < written
        else:
            assert payout.state is PayoutState.HELD and payout.held_reason
    assert audit_checks.run() == []


@HAPPENINGS
def test_without_looking_again_the_money_goes_all_the_same(
    stock: Stock, people: list[int], racers: Racers, happen: Callable[[Round, int], None]
) -> None:
    rounds = _rounds(stock, 1)
    retrying(partial(happen, rounds[0], people[0]))  # it comes first
    racers.race(partial(approve_blindly_or, _nothing_more, people), rounds)
    assert _end_of(rounds[0])[0].state is PayoutState.SENT


def _nothing_more(_this: Round, _person: int) -> None:
    """It has happened before."""
