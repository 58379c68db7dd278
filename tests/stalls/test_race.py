"""I36: eight processes send the same sale at the same moment. The control shows that the guard answers them."""

import uuid
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from marketplace.core.db import db, retrying, transaction
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.payments.models import Payment
from marketplace.stalls import queries, services
from marketplace.stalls.models import Means, Sale
from tests.factories.stalls import make_stall
from tests.racing import PROCESSES, Racers

ROUNDS = 20
AMOUNT = Dong(45_000)

pytestmark = pytest.mark.race


def send(stall_id: int, means: Means, client_id: str, _number: int) -> int:
    """The same sale, by everybody; its id."""

    def attempt() -> int:
        with transaction():
            sale = services.take_sale(stall_id, client_id=client_id, amount=AMOUNT, means=means, vendor_id=None)
            return sale.id

    return retrying(attempt)


def send_unrecognised(stall_id: int, means: Means, client_id: str, number: int) -> int | None:
    """The control: nobody looks whether the sale was sent before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "find_sale", lambda _stall_id, _client_id: None)
        try:
            return send(stall_id, means, client_id, number)
        except IntegrityError:
            return None


def _count(model: type[Sale] | type[Payment]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("means", list(Means))
def test_one_id_is_one_sale_and_everybody_gets_its_answer(context: Flask, racers: Racers, means: Means) -> None:
    stall_id = make_stall()
    answers = racers.race(partial(send, stall_id, means), [str(uuid.uuid4()) for _ in range(ROUNDS)])
    assert [len(set(sale_ids)) for sale_ids in answers] == [1] * ROUNDS
    assert _count(Sale) == ROUNDS
    assert _count(Payment) == (ROUNDS if means is Means.QR else 0)
    assert ledger.balance(f"stall:{stall_id}:cash") == (ROUNDS * AMOUNT if means is Means.CASH else 0)


@pytest.mark.parametrize("means", list(Means))
def test_without_the_guard_the_same_race_fails_its_callers(context: Flask, racers: Racers, means: Means) -> None:
    """The UNIQUE constraint still keeps one sale, but seven of eight phones see an error instead of it."""
    answers = racers.race(partial(send_unrecognised, make_stall(), means), [str(uuid.uuid4()) for _ in range(2)])
    assert [sale_ids.count(None) for sale_ids in answers] == [PROCESSES - 1] * 2
    assert _count(Sale) == 2
