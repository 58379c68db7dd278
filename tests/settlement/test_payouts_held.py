"""What happened to a producer after a payout was asked for holds it back: money taken back, losses, a suspension."""

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.ledger.queries import balance
from marketplace.payments.models import BankReceipt
from marketplace.producers import services as producers
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.models import PayoutBatch, PayoutState
from marketplace.settlement.queries import payouts as queries
from marketplace.settlement.queries.obstacles import Obstacle
from marketplace.settlement.services import payouts as services
from tests.checkout.buying import take_back
from tests.checkout.conftest import Stock, country, stock
from tests.factories.producers import operator
from tests.settlement.paying_out import (
    bank_says,
    delivered,
    payout_of,
    person,
    refunded,
    requested,
    with_account,
)

__all__ = ["country", "stock"]

PRICE = 80_000


def _books(producer_id: int) -> tuple[int, int]:
    """What is owed, what is on its way."""
    return -balance(f"producer:{producer_id}:payable"), -balance(f"producer:{producer_id}:transit")


def _how_it_stands(batch: PayoutBatch) -> tuple[PayoutState, str | None]:
    payout = payout_of(batch)
    return payout.state, payout.held_reason


def test_money_that_the_bank_took_back_since_is_not_paid_out(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    batch = requested(part.producer_id)
    take_back(db.session.scalars(select(BankReceipt.bank_reference)).one())
    flows.approve(batch.id, actor_id=person())
    assert _how_it_stands(batch) == (PayoutState.HELD, services.OWES_SINCE)
    assert _books(part.producer_id) == (0, 0)


def test_what_an_earlier_parcel_lost_since_is_made_up_for_first(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = delivered(pack_id)
    with_account(part.producer_id)
    first = requested(part.producer_id)
    flows.approve(first.id, actor_id=person())
    bank_says(payout_of(first), "succeeded")
    delivered(pack_id)
    batch = requested(part.producer_id)
    refunded(part, 30_000)
    flows.approve(batch.id, actor_id=person())
    assert _how_it_stands(batch) == (PayoutState.HELD, services.OWES_SINCE)
    assert payout_of(requested(part.producer_id)).amount == PRICE - 30_000


def test_without_asking_what_is_owed_since_the_loss_would_be_paid_out(
    stock: Stock, context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "owes_since", lambda _payout, _moment: False)
    part = delivered(stock())
    with_account(part.producer_id)
    batch = requested(part.producer_id)
    take_back(db.session.scalars(select(BankReceipt.bank_reference)).one())
    flows.approve(batch.id, actor_id=person())
    assert _books(part.producer_id)[0] == -PRICE


def test_a_suspended_producer_is_owed_its_money_and_not_paid(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    batch = requested(part.producer_id)
    by = operator(person())
    with transaction():
        producers.suspend_producer(part.producer_id, by=by, reason="Hàng không rõ nguồn gốc")
    flows.approve(batch.id, actor_id=person())
    assert _how_it_stands(batch) == (PayoutState.HELD, Obstacle.PRODUCER_SUSPENDED)
    (candidate,) = queries.list_candidates(clock.now())
    assert (candidate.obstacle, candidate.total) == (Obstacle.PRODUCER_SUSPENDED, PRICE)
    with pytest.raises(Invalid, match="payout_producer_not_ready"):
        requested(part.producer_id)
    db.session.rollback()
    with transaction():
        producers.reinstate_producer(part.producer_id, by=by, reason="Đã có giấy tờ")
    assert payout_of(requested(part.producer_id)).amount == PRICE


def test_a_producer_suspended_after_the_approval_is_not_paid(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    batch, by, approver = requested(part.producer_id), operator(person()), person()
    with transaction():
        services.approve_batch(batch.id, actor_id=approver)
    with transaction():
        producers.suspend_producer(part.producer_id, by=by, reason="Hàng không rõ nguồn gốc")
    assert flows.order_approved() == 0
    assert _how_it_stands(batch) == (PayoutState.HELD, Obstacle.PRODUCER_SUSPENDED)
    assert _books(part.producer_id) == (PRICE, 0)
