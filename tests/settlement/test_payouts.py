"""Paying producers: two people, due money only, refunds taken off, accounts rested, and nothing lost on the way."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from marketplace.checkout.flows import refusing as checkout
from marketplace.checkout.flows.refusing import AtTheDoor
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.money import Dong
from marketplace.inventory.models import Lot, LotState
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.payments import services as payments
from marketplace.payments.models import OutgoingTransfer, Refund
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.models import BatchState, Payout, PayoutBatch, PayoutLine, PayoutState
from marketplace.settlement.queries import payouts as queries
from marketplace.settlement.queries.obstacles import Obstacle
from marketplace.settlement.services import payouts as services
from tests.checkout.conftest import Stock, country, stock
from tests.settlement.paying_out import (
    bank_says,
    delivered,
    payout_of,
    person,
    refunded,
    requested,
    shipped,
    with_account,
)

__all__ = ["country", "stock"]

PRICE = 80_000


def _books(producer_id: int) -> tuple[int, int, int]:
    """What is owed, what is on its way, what the bank has less."""
    return (-balance(f"producer:{producer_id}:payable"), -balance(f"producer:{producer_id}:transit"), _bank())


def _bank() -> int:
    return int(balance("bank:collecting"))


def _due(producer_id: int) -> int:
    db.session.rollback()
    return sum(earning.net for earning in queries.due_earnings(clock.now()).get(producer_id, []))


def test_a_producer_is_paid_by_two_people_and_the_bank(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    held = _bank()
    batch = requested(part.producer_id)
    payout = payout_of(batch)
    assert (payout.amount, payout.state) == (PRICE, PayoutState.REQUESTED)
    assert _books(part.producer_id) == (PRICE, 0, held)
    flows.approve(batch.id, actor_id=person())
    payout = payout_of(batch)
    assert (payout.state, payout.account.masked_number) == (PayoutState.SENT, "•••• 0007")
    assert _books(part.producer_id) == (0, PRICE, held)
    bank_says(payout, "succeeded")
    assert payout_of(batch).state == PayoutState.PAID
    assert _books(part.producer_id) == (0, 0, held - PRICE)
    assert _due(part.producer_id) == 0
    assert [finding.check.name for finding in audit_checks.run()] == []


def test_who_asked_can_neither_approve_nor_refuse(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    asker = person()
    batch = requested(part.producer_id, by=asker)
    with pytest.raises(Forbidden, match="payout_own_batch"):
        flows.approve(batch.id, actor_id=asker)
    with pytest.raises(Forbidden, match="payout_own_batch"), transaction():
        services.refuse_batch(batch.id, actor_id=asker, reason="Nhầm.")
    assert payout_of(batch).state == PayoutState.REQUESTED


def test_without_the_service_the_database_still_wants_a_second_person(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    asker = person()
    batch_id = requested(part.producer_id, by=asker).id
    with pytest.raises(IntegrityError, match="second_person"), transaction():
        batch = db.session.get_one(PayoutBatch, batch_id)
        batch.state, batch.decided_by_id, batch.decided_at = BatchState.APPROVED, asker, clock.now()


def test_a_batch_is_decided_once(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    batch = requested(part.producer_id)
    flows.approve(batch.id, actor_id=person())
    with pytest.raises(Conflict, match="payout_batch_decided"):
        flows.approve(batch.id, actor_id=person())
    assert len(db.session.scalars(select(OutgoingTransfer)).all()) == 1


def test_a_refused_batch_frees_its_lines(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    batch = requested(part.producer_id)
    assert _due(part.producer_id) == 0
    someone = person()
    with pytest.raises(Invalid, match="reason_needed"), transaction():
        services.refuse_batch(batch.id, actor_id=someone, reason=" ")
    with transaction():
        services.refuse_batch(batch.id, actor_id=someone, reason="Chờ đối soát.")
    assert (payout_of(batch).state, _due(part.producer_id)) == (PayoutState.REFUSED, PRICE)


def test_nothing_is_due_before_delivery_and_the_time_for_returns(stock: Stock, context: Flask) -> None:
    part = delivered(stock(), days_ago=6)
    with_account(part.producer_id)
    assert _due(part.producer_id) == 0
    (waiting,) = queries.list_not_yet(part.producer_id, clock.now())
    assert (waiting.reason, waiting.amount) == (queries.NotYet.RETURN_TIME, PRICE)
    with pytest.raises(Conflict, match="payout_nothing_due"):
        requested(part.producer_id)
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert _due(part.producer_id) == PRICE


def test_the_delivery_fee_of_a_parcel_refused_at_the_door_is_paid_out_once_the_goods_money_is_back(
    stock: Stock, context: Flask
) -> None:
    """Not while the refund is on its way, and not when it failed: then the money is still the buyer's."""
    part = shipped(stock())
    with_account(part.producer_id)
    checkout.refuse_at_door(part.id, [part.producer_id], AtTheDoor.REFUSED, {}, actor_id=None)
    assert _due(part.producer_id) == 0
    (waiting,) = queries.list_not_yet(part.producer_id, clock.now())
    assert waiting.reason == queries.NotYet.GOING_BACK
    refund = db.session.scalars(select(Refund)).one()
    with transaction():
        payments.fail_refund(refund, code="account_closed", occurred_at=clock.now())
    assert _due(part.producer_id) == 0
    refunded(part, PRICE - 20_000)
    assert _due(part.producer_id) == 20_000
    batch = requested(part.producer_id)
    flows.approve(batch.id, actor_id=person())
    bank_says(payout_of(batch), "succeeded")
    assert (_books(part.producer_id)[:2], _due(part.producer_id)) == ((0, 0), 0)
    assert audit_checks.run() == []


def test_goods_of_a_recalled_lot_are_not_paid_until_they_are_refunded(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with transaction():
        db.session.scalars(select(Lot)).one().state = LotState.RECALLED
    assert _due(part.producer_id) == 0
    (waiting,) = queries.list_not_yet(part.producer_id, clock.now())
    assert waiting.reason == queries.NotYet.RECALLED
    refunded(part, 60_000)
    assert _due(part.producer_id) == PRICE - 60_000  # the delivery fee


def test_a_refund_before_the_payout_makes_it_smaller(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    refunded(part, 30_000)
    payout = payout_of(requested(part.producer_id))
    assert payout.amount == PRICE - 30_000
    assert sorted(line.amount for line in payout.lines) == [-30_000, PRICE]


def test_a_refund_after_the_payout_is_recovered_from_the_next_sales(stock: Stock, context: Flask) -> None:
    """Case 31."""
    pack_id = stock()
    part = delivered(pack_id)
    with_account(part.producer_id)
    batch = requested(part.producer_id)
    flows.approve(batch.id, actor_id=person())
    bank_says(payout_of(batch), "succeeded")
    refunded(part, 50_000)
    assert _books(part.producer_id)[0] == -50_000
    (candidate,) = queries.list_candidates(clock.now())
    assert (candidate.total, candidate.obstacle) == (-50_000, Obstacle.BALANCE_NEGATIVE)
    with pytest.raises(Conflict, match="payout_nothing_due"):
        requested(part.producer_id)
    delivered(pack_id)
    payout = payout_of(requested(part.producer_id))
    assert (payout.amount, sorted(line.amount for line in payout.lines)) == (PRICE - 50_000, [-50_000, PRICE])


def test_a_refund_between_the_two_people_holds_the_payout_back(stock: Stock, context: Flask) -> None:
    part, other = delivered(stock("Trà")), delivered(stock("Mật"))
    for producer_id in (part.producer_id, other.producer_id):
        with_account(producer_id)
    batch = requested(part.producer_id, other.producer_id)
    refunded(part, 30_000)
    flows.approve(batch.id, actor_id=person())
    found = {payout.producer_id: payout for payout in queries.payouts_of(batch.id)}
    held = found[part.producer_id]
    assert (held.state, held.held_reason) == (PayoutState.HELD, services.REFUNDED_SINCE)
    assert found[other.producer_id].state == PayoutState.SENT, "the rest goes on"
    assert (_due(part.producer_id), _books(part.producer_id)[:2]) == (PRICE - 30_000, (PRICE - 30_000, 0))


def test_without_looking_again_the_refund_would_be_paid_out(
    stock: Stock, context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "refunded_since", lambda _payout: False)
    monkeypatch.setattr(queries, "owes_since", lambda _payout, _moment: False)
    part = delivered(stock())
    with_account(part.producer_id)
    batch = requested(part.producer_id)
    refunded(part, 30_000)
    flows.approve(batch.id, actor_id=person())
    assert _books(part.producer_id)[0] == -30_000


@pytest.mark.parametrize("days_ago", [0, 1])
def test_an_account_changed_less_than_48_hours_ago_is_not_paid(stock: Stock, context: Flask, days_ago: int) -> None:
    part = delivered(stock())
    with_account(part.producer_id, days_ago=days_ago)
    (candidate,) = queries.list_candidates(clock.now())
    assert candidate.obstacle == Obstacle.ACCOUNT_RESTING
    with pytest.raises(Invalid, match="payout_producer_not_ready"):
        requested(part.producer_id)


def test_an_account_changed_before_approval_holds_its_payout_back_and_no_other(stock: Stock, context: Flask) -> None:
    part, other = delivered(stock("Trà")), delivered(stock("Mật"))
    for producer_id in (part.producer_id, other.producer_id):
        with_account(producer_id)
    batch = requested(part.producer_id, other.producer_id)
    with_account(part.producer_id, number="6600000001", days_ago=0)
    flows.approve(batch.id, actor_id=person())
    found = {payout.producer_id: payout for payout in queries.payouts_of(batch.id)}
    held = found[part.producer_id]
    assert (held.state, held.held_reason) == (PayoutState.HELD, services.ACCOUNT_CHANGED)
    assert found[other.producer_id].state == PayoutState.SENT
    (sent,) = db.session.scalars(select(OutgoingTransfer))
    assert sent.payee_account == "2200000007"
    assert _due(part.producer_id) == PRICE


def test_an_account_changed_between_approval_and_sending_holds_back_what_was_approved(
    stock: Stock, context: Flask
) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    batch = requested(part.producer_id)
    approver = person()
    with transaction():
        services.approve_batch(batch.id, actor_id=approver)
    assert _books(part.producer_id)[:2] == (0, PRICE)
    with_account(part.producer_id, number="6600000001", days_ago=0)
    assert flows.order_approved() == 0
    payout = payout_of(batch)
    assert (payout.state, payout.held_reason) == (PayoutState.HELD, services.ACCOUNT_CHANGED)
    assert _books(part.producer_id)[:2] == (PRICE, 0)
    assert _due(part.producer_id) == PRICE


def test_without_the_service_the_database_pays_no_resting_account(
    stock: Stock, context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = delivered(stock())
    with_account(part.producer_id, days_ago=1)
    monkeypatch.setattr(services, "obstacle_of", lambda _account, _moment: None)
    batch = requested(part.producer_id)
    with pytest.raises(IntegrityError, match="approved_after_rest"):
        flows.approve(batch.id, actor_id=person())
    assert _books(part.producer_id)[:2] == (PRICE, 0)


def test_an_interrupted_approval_is_finished_by_the_worker(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    batch = requested(part.producer_id)
    approver = person()
    with transaction():
        services.approve_batch(batch.id, actor_id=approver)
    assert flows.order_approved() == 1
    assert flows.order_approved() == 0
    assert payout_of(batch).state == PayoutState.SENT
    assert len(db.session.scalars(select(OutgoingTransfer)).all()) == 1


@pytest.mark.parametrize("outcome", ["failed", "returned"])
def test_what_the_bank_does_not_pay_is_due_again_in_a_new_payout(stock: Stock, context: Flask, outcome: str) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    held = _bank()
    batch = requested(part.producer_id)
    flows.approve(batch.id, actor_id=person())
    bank_says(payout_of(batch), outcome, failure="account_closed" if outcome == "failed" else "")
    first = payout_of(batch)
    assert first.state == PayoutState(outcome)
    assert (first.amount, [line.amount for line in first.lines]) == (PRICE, [PRICE]), "nothing is edited"
    assert _books(part.producer_id) == (PRICE, 0, held)
    assert queries.count_payouts_to_look_at() == 1
    again = requested(part.producer_id)
    assert queries.count_payouts_to_look_at() == 0
    flows.approve(again.id, actor_id=person())
    bank_says(payout_of(again), "succeeded")
    assert _books(part.producer_id) == (0, 0, held - PRICE)
    assert [finding.check.name for finding in audit_checks.run()] == []


def test_one_earning_stands_in_one_payout_at_a_time(stock: Stock, context: Flask) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    payout = payout_of(requested(part.producer_id))
    with pytest.raises(Conflict, match="payout_nothing_due"):
        requested(part.producer_id)
    line = {"payout_id": payout.id, "earning_id": payout.lines[0].earning_id, "amount": PRICE}
    with pytest.raises(IntegrityError), transaction():
        db.session.add(PayoutLine(**line))
    assert len(db.session.scalars(select(PayoutLine)).all()) == 1


def test_a_payout_is_no_more_than_a_bank_carries_at_once(
    stock: Stock, context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_TRANSFER", Dong(100_000))
    pack_id = stock()
    part = delivered(pack_id)
    delivered(pack_id)
    with_account(part.producer_id)
    assert payout_of(requested(part.producer_id)).amount == PRICE
    assert _due(part.producer_id) == PRICE


def test_who_is_owed_what_adds_up_to_the_books(stock: Stock, context: Flask) -> None:
    part, other = delivered(stock("Trà")), delivered(stock("Mật"), days_ago=2)
    with_account(part.producer_id)
    requested(part.producer_id)
    rows = {row.producer.id: row for row in queries.list_owed(clock.now())}
    own = rows[part.producer_id]
    assert (own.payable, own.asked, own.due, own.not_due) == (PRICE, PRICE, 0, 0)
    assert (rows[other.producer_id].payable, rows[other.producer_id].not_due) == (PRICE, PRICE)
    total = sum(row.payable for row in rows.values())
    assert total == -sum(balance(f"producer:{producer_id}:payable") for producer_id in rows) == 2 * PRICE


def test_nobody_chosen_is_said_beside_the_list(context: Flask) -> None:
    with pytest.raises(Invalid) as refused, transaction():
        services.request_batch([], actor_id=1)
    assert (refused.value.code, refused.value.field) == ("payout_nobody_chosen", "producers")
    assert db.session.scalars(select(Payout)).all() == []
