"""F34: eight refunds of thirty in a hundred of one captured payment, at the same moment."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.payments import queries, services
from marketplace.payments.models import Payment, Rail, Refund
from marketplace.payments.services import refunds
from tests.payments.conftest import NOON, Owner, make_payment
from tests.racing import Racers

ROUNDS = 20
CONTROL_ROUNDS = 5
CAPTURED = 120_000
THIRTY_PERCENT = Dong(36_000)
POSSIBLE = 3

pytestmark = pytest.mark.race


def give_back(payment_id: int, _number: int) -> bool:
    """A refund of one's own; whether it was promised."""

    def attempt() -> None:
        with transaction():
            payment = queries.get_payment(payment_id)
            services.request_refund(payment, THIRTY_PERCENT, reason="race", actor_id=None)

    try:
        retrying(attempt)
    except Conflict:
        return False
    return True


def give_back_what_was_seen(payment_id: int, number: int) -> bool:
    """The control: what was left a moment ago is believed, and written back."""
    seen = db.session.scalars(select(Payment.refunded).where(Payment.id == payment_id)).one()
    db.session.rollback()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refunds, "_take", partial(_take_what_was_seen, seen))
        return give_back(payment_id, number)


def _take_what_was_seen(seen: Dong, payment: Payment, amount: Dong) -> bool:
    if seen + amount > payment.amount:
        return False
    db.session.execute(update(Payment).where(Payment.id == payment.id).values(refunded=seen + amount))
    return True


def _paid(rounds: int) -> list[int]:
    payments = [make_payment(Rail.CARD, CAPTURED) for _ in range(rounds)]
    for payment in payments:
        with transaction():
            services.settle(payment, occurred_at=NOON)
    return [payment.id for payment in payments]


def _promised() -> list[int]:
    """The sum of the refunds of each payment."""
    statement = select(func.sum(Refund.amount)).group_by(Refund.payment_id)
    return [int(total) for total in db.session.scalars(statement)]


def test_refunds_at_once_never_exceed_what_was_captured(context: Flask, owner: Owner, racers: Racers) -> None:
    answers = racers.race(give_back, _paid(ROUNDS))
    assert [sum(of_payment) for of_payment in answers] == [POSSIBLE] * ROUNDS
    assert _promised() == [POSSIBLE * THIRTY_PERCENT] * ROUNDS
    assert set(db.session.scalars(select(Payment.refunded))) == {POSSIBLE * THIRTY_PERCENT}


def test_without_the_guard_the_same_refunds_exceed_it(context: Flask, owner: Owner, racers: Racers) -> None:
    racers.race(give_back_what_was_seen, _paid(CONTROL_ROUNDS))
    assert max(_promised()) > CAPTURED
