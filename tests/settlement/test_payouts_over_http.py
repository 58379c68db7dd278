"""Payouts over HTTP with the sandbox bank, from the buyer's transfer to the farmer's account; the statement agrees."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.checkout import flows as checkout
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.orders.models import Order, SubOrder, SubOrderState
from marketplace.orders.services import move_sub_order
from marketplace.outbox import flows as outbox
from marketplace.payments import flows as payments
from marketplace.payments import qr
from marketplace.payments.models import Refund
from marketplace.settlement.flows.differences import reconcile
from marketplace.settlement.models import Outcome, Payout, PayoutBatch, PayoutState
from marketplace.settlement.queries import payouts as queries
from marketplace.settlement.queries.statement_days import statement_day
from tests.checkout.buying import order, payment_of
from tests.checkout.conftest import Stock, country, stock
from tests.payments.conftest import NOON
from tests.payments.shop import OURS, Shop, open_shop
from tests.settlement.paying_out import with_account
from tests.signing_in import post_form, signed_in

__all__ = ["country", "stock"]

#: A pack and its delivery.
PRICE = 80_000
TODAY = clock.local_day_of(NOON)
PAGE = "/operator/money/payouts"


@pytest.fixture
def bank(context: Flask, tmp_path: Path) -> Iterator[Shop]:
    """The shop and a sandbox, both over HTTP, at noon."""
    with clock.frozen(NOON), open_shop(context, tmp_path) as running:
        yield running


@dataclass(frozen=True)
class Sold:
    """A parcel that its buyer paid."""

    sub_order_id: int
    producer_id: int


def sold(bank: Shop, pack_id: int) -> Sold:
    """A parcel whose buyer paid by a bank app and that arrived eight days ago."""
    placed = order({pack_id: 1})
    bank.sandbox.pay(qr.payload(payment_of(placed)), payer_account="0987654321", payer_name="NGUYEN THI LAN")
    assert set(bank.deliver()) == {200}
    with transaction():
        (part,) = db.session.get_one(Order, placed.id).sub_orders
        for step in (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED):
            move_sub_order(part, step)
        part.delivered_at = clock.now() - timedelta(days=8)
    return Sold(part.id, part.producer_id)


def paid_out(app: Flask, producer_id: int) -> Payout:
    """One operator asks on the page, another one approves there, the worker hands the order to the bank."""
    db.session.rollback()
    asker, approver = signed_in(app, Role.OPERATOR), signed_in(app, Role.OPERATOR)
    door = post_form(asker, PAGE, {"producers": [str(producer_id)]}).location
    assert post_form(asker, f"{door}/approve").status_code == 403
    assert post_form(approver, f"{door}/approve").status_code == 303
    outbox.work_once()
    return newest()


def newest() -> Payout:
    db.session.rollback()
    batch = db.session.scalars(select(PayoutBatch).order_by(PayoutBatch.id.desc())).first()
    assert batch is not None
    (payout,) = queries.payouts_of(batch.id)
    db.session.refresh(payout)
    return payout


def happens(bank: Shop, payout: Payout, what: str) -> None:
    answer = bank.sandbox.bank("POST", f"/transfers/payout-{payout.id}/{what}")
    assert answer.status_code == 201, answer.text


def choose(bank: Shop, outcome: str) -> None:
    assert bank.sandbox.bank("POST", "/outgoing", {"outcome": outcome}).status_code == 200


def books(producer_id: int) -> tuple[int, int, int]:
    """What is owed, what is on its way, what stands at the bank."""
    db.session.rollback()
    owed, transit = balance(f"producer:{producer_id}:payable"), balance(f"producer:{producer_id}:transit")
    return -owed, -transit, balance("bank:collecting")


def assert_all_agree(*amounts: int) -> None:
    """The statement lists these amounts, the day adds up to the books, and every promise is kept."""
    done = reconcile()
    assert (done.outcome, done.silent) == (Outcome.CLEAN, [])
    db.session.rollback()
    day = statement_day(OURS.account, TODAY)
    assert day.adds_up and day.effects == 0 and day.statement == day.books
    assert sorted(pair.theirs or 0 for pair in day.pairs) == sorted(amounts)
    assert [finding.check.name for finding in audit_checks.run()] == []


def test_a_payout_is_asked_for_approved_sent_heard_of_and_found_on_the_statement(
    bank: Shop, stock: Stock, context: Flask
) -> None:
    part = sold(bank, stock())
    with_account(part.producer_id)
    choose(bank, "wait")
    payout = paid_out(context, part.producer_id)
    assert payout.state is PayoutState.SENT and books(part.producer_id) == (0, PRICE, PRICE)
    happens(bank, payout, "carry_out")
    bank.fault("bank_notices", "duplicate", copies=2)
    assert set(bank.deliver()) == {200}
    payout = newest()
    assert payout.state is PayoutState.PAID and payout.transfer is not None and payout.transfer.bank_reference
    assert books(part.producer_id) == (0, 0, 0)
    assert_all_agree(PRICE, -PRICE)


def test_without_the_notice_the_statement_tells_of_the_payout(bank: Shop, stock: Stock, context: Flask) -> None:
    part = sold(bank, stock())
    with_account(part.producer_id)
    choose(bank, "wait")
    payout = paid_out(context, part.producer_id)
    happens(bank, payout, "carry_out")
    bank.fault("bank_notices", "drop")
    bank.deliver()
    assert newest().state is PayoutState.SENT
    assert_all_agree(PRICE, -PRICE)
    assert newest().state is PayoutState.PAID and books(part.producer_id) == (0, 0, 0)


def test_a_payout_that_the_bank_refuses_is_due_again_and_paid_by_the_next(
    bank: Shop, stock: Stock, context: Flask
) -> None:
    part = sold(bank, stock())
    with_account(part.producer_id)
    choose(bank, "fail")
    assert paid_out(context, part.producer_id).state is PayoutState.FAILED
    assert books(part.producer_id) == (PRICE, 0, PRICE)
    assert_all_agree(PRICE)
    choose(bank, "succeed")
    refused = post_form(signed_in(context, Role.OPERATOR), PAGE, {"producers": [str(part.producer_id)]})
    assert refused.status_code == 422 and "đã đóng" in refused.text
    with_account(part.producer_id, number="2200000015")
    assert paid_out(context, part.producer_id).state is PayoutState.PAID
    bank.deliver()
    assert books(part.producer_id) == (0, 0, 0)
    assert_all_agree(PRICE, -PRICE)


def test_a_payout_that_comes_back_is_owed_again(bank: Shop, stock: Stock, context: Flask) -> None:
    part = sold(bank, stock())
    with_account(part.producer_id)
    payout = paid_out(context, part.producer_id)
    happens(bank, payout, "give_back")
    assert set(bank.deliver()) == {200}
    payments.reconcile(older_than=timedelta(0))
    assert newest().state is PayoutState.RETURNED and books(part.producer_id) == (PRICE, 0, PRICE)
    assert_all_agree(PRICE, -PRICE, PRICE)


def test_a_refund_after_the_payout_is_taken_off_the_next_sales(bank: Shop, stock: Stock, context: Flask) -> None:
    """Case 31: the balance falls below zero and the next payout is smaller by that."""
    pack_id = stock()
    part = sold(bank, pack_id)
    with_account(part.producer_id)
    assert paid_out(context, part.producer_id).state is PayoutState.PAID
    refund_over_the_bank(bank, part, 50_000)
    assert books(part.producer_id) == (-50_000, 0, -50_000)
    sold(bank, pack_id)
    assert books(part.producer_id)[0] == PRICE - 50_000
    payout = paid_out(context, part.producer_id)
    assert (payout.state, payout.amount) == (PayoutState.PAID, PRICE - 50_000)
    bank.deliver()
    assert books(part.producer_id) == (0, 0, 0)
    assert_all_agree(PRICE, -PRICE, -50_000, PRICE, -30_000)


def refund_over_the_bank(bank: Shop, part: Sold, amount: int) -> None:
    sub_order = db.session.get_one(SubOrder, part.sub_order_id)
    checkout.refund_parcel(sub_order, {sub_order.lines[0].id: Dong(amount)}, reason="Hàng lỗi", key="r", actor_id=None)
    outbox.work_once()
    assert set(bank.deliver()) == {200}
    assert db.session.scalars(select(Refund.succeeded_at)).one() is not None
