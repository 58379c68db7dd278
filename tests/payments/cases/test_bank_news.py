"""Cases 19 to 34: other accounts, reversals, news lost, twice, forged or out of order, refunds, statements."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.outbox import flows as outbox
from marketplace.payments import flows, qr, services
from marketplace.payments.models import (
    BankReceipt,
    GatewayEvent,
    OutgoingTransfer,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from marketplace.payments.settings import Payee
from tests.payments.cases.steps import Taking, books, items, last_notice, notice, pay, receipts
from tests.payments.conftest import decision, make_payment
from tests.payments.shop import Shop


def test_case_19_money_to_another_account_pays_nothing(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    wrong = {"bin": "999999", "account": "1900000009", "amount": 120_000, "memo": payment.transfer_code}
    assert shop.sandbox.bank("POST", "/transfers", wrong).status_code == 201
    assert shop.deliver() == [200]
    db.session.refresh(payment)
    assert payment.state is PaymentState.PENDING and receipts() == [("unapplied", "wrong_account")]
    assert books() == {} and items() == [("unapplied", "wrong_account", "waiting")]


def _reverse(shop: Shop, booking: dict[str, Any]) -> None:
    assert shop.sandbox.bank("POST", f"/transfers/{booking['id']}/reversal").status_code == 201


def test_case_20_a_reversal_by_the_bank_unpays_through_the_ledger(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    booking = pay(shop, payment)
    _reverse(shop, booking)
    shop.fault("bank_notices", "duplicate", copies=3)
    assert set(shop.deliver()) == {200}
    flows.reconcile(older_than=timedelta(0))
    db.session.rollback()
    assert (payment.state, payment.last_error, payment.received) == (PaymentState.FAILED, "reversed_by_bank", 0)
    assert books() == {} and owner.verbs == ["settled", "unpaid"]
    assert receipts() == [("reversed", None)] and ("reversal", "reversal_unpaid", "waiting") in items()
    posted = db.session.scalar(select(GatewayEvent.ignored_reason).where(GatewayEvent.type == "out"))
    assert posted is None
    entry = ledger.find_entry("payment_settled", ref_type="payment", ref_id=payment.public_id)
    assert entry is not None  # nothing was edited: the first posting stands beside its reversal


def test_case_20_money_for_the_old_code_of_an_undone_payment_waits_and_is_never_settled_twice(
    shop: Shop, owner: Taking
) -> None:
    owner.revives = True  # the order waits anew, and its goods are there
    payment = make_payment()
    kept_code = qr.payload(payment)
    _reverse(shop, pay(shop, payment))
    shop.sandbox.pay(kept_code)
    assert set(shop.deliver()) == {200}
    assert receipts() == [("reversed", None), ("unapplied", "taken_back")] and owner.verbs == ["settled", "unpaid"]
    assert books() == {"bank:collecting": 120_000, "unapplied": -120_000}
    assert owner.unapplied == [(120_000, "taken_back")] and ("unapplied", "taken_back", "waiting") in items()


def test_case_20_money_that_goes_out_never_counts_as_payment(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment, memo="khong ma")
    out = {**json.loads(last_notice(shop)), "id": "bn_out", "bank_reference": "FTOUT", "direction": "out"}
    assert notice(shop, json.dumps({**out, "memo": payment.transfer_code}).encode()).status_code == 200
    db.session.refresh(payment)
    assert payment.state is PaymentState.PENDING and books() == {"bank:collecting": 120_000, "unapplied": -120_000}
    assert db.session.scalars(select(GatewayEvent.ignored_reason).order_by(GatewayEvent.id)).all()[-1] == "outgoing"


def test_case_20_a_reversal_of_one_of_two_parts_leaves_the_other_with_a_work_item(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    first = pay(shop, payment, amount=100_000)
    pay(shop, payment)
    _reverse(shop, first)
    assert shop.deliver() == [200]
    assert receipts() == [("reversed", None), ("unapplied", "payment_reversed")]
    assert books() == {"bank:collecting": 20_000, "unapplied": -20_000}
    assert ("unapplied", "payment_reversed", "waiting") in items()


def test_case_20_a_reversal_of_a_part_lets_the_payment_ask_again(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    first = pay(shop, payment, amount=100_000)
    _reverse(shop, first)
    assert shop.deliver() == [200]
    db.session.refresh(payment)
    assert (payment.state, payment.remaining, books()) == (PaymentState.PENDING, 120_000, {})
    pay(shop, payment)
    assert payment.state is PaymentState.SETTLED and owner.verbs == ["settled"]


def test_case_20_a_reversal_of_money_that_was_sent_back_is_left_to_a_person(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    booking = pay(shop, payment, memo="khong ma")
    with transaction():
        services.send_receipt_back(db.session.scalars(select(BankReceipt.id)).one(), None, decided=decision())
    outbox.work_once()
    _reverse(shop, booking)
    assert set(shop.deliver()) == {200}
    assert books() == {} and ("reversal", "reversal_not_booked", "waiting") in items()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1), (0, 2, 1), (1, 0, 2)])
def test_case_21_every_order_of_notices_has_the_same_end(shop: Shop, owner: Taking, order: tuple[int, ...]) -> None:
    payment = make_payment()
    code = qr.payload(payment)
    booked = [shop.sandbox.pay(code, amount=100_000), shop.sandbox.pay(code, amount=20_000)]
    _reverse(shop, booked[0])
    told = shop.sandbox.bank("GET", "/statement", account="1900000001").json()["items"]
    for place in order:
        body = json.dumps({**told[place], "id": told[place]["id"].replace("bk_", "bn_")}).encode()
        assert notice(shop, body).status_code == 200
    db.session.rollback()
    assert ledger.balances(["bank:collecting", "order:escrow"]) == {"bank:collecting": 20_000, "order:escrow": 0}
    held = ledger.balances(["unapplied", "payment:funding"])
    assert sum(held.values()) == -20_000 and payment.state is not PaymentState.SETTLED


def test_case_22_a_lost_notice_is_found_in_the_statement(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    shop.sandbox.pay(qr.payload(payment))
    shop.fault("bank_notices", "drop")
    assert shop.deliver() == [None]
    for _ in range(2):
        flows.reconcile(older_than=timedelta(0))
    db.session.refresh(payment)
    assert payment.state is PaymentState.SETTLED and owner.verbs == ["settled"]
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


@pytest.mark.parametrize("forgery", ["bad_signature", "old_time", "future_time"])
def test_case_23_a_forged_or_stale_notice_has_no_effect(shop: Shop, owner: Taking, forgery: str) -> None:
    payment = make_payment()
    shop.sandbox.pay(qr.payload(payment))
    shop.fault("bank_notices", forgery, seconds=301)
    assert shop.deliver() == [400]
    db.session.refresh(payment)
    assert payment.state is PaymentState.PENDING and books() == {} and receipts() == []
    assert set(db.session.scalars(select(GatewayEvent.ignored_reason))) == {"bad_signature"}


def test_case_23_a_notice_played_again_later_has_no_effect(shop: Shop, owner: Taking) -> None:
    pay(shop, make_payment())
    assert notice(shop, last_notice(shop), age=301).status_code == 400
    assert notice(shop, last_notice(shop), secret="guessed").status_code == 400
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


def test_case_24_an_error_of_ours_keeps_nothing_and_the_next_try_has_one_effect(
    shop: Shop, owner: Taking, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make_payment()
    shop.sandbox.pay(qr.payload(payment))
    settle = owner.on_settled
    monkeypatch.setattr(owner, "on_settled", lambda *_: 1 / 0)
    shop.served.server.app.config["PROPAGATE_EXCEPTIONS"] = False
    assert shop.deliver() == [500]
    assert books() == {} and receipts() == [] and db.session.scalars(select(GatewayEvent)).all() == []
    monkeypatch.setattr(owner, "on_settled", settle)
    assert shop.deliver() == [200]
    assert owner.verbs == ["settled"] and books() == {"bank:collecting": 120_000, "order:escrow": -120_000}


def test_case_25_a_commit_without_an_answer_is_told_again_and_counts_once(shop: Shop, owner: Taking) -> None:
    """The process dies between commit and answer: to the bank the notice failed, and it sends it again.

    Killed processes: tests/faults.
    """
    pay(shop, make_payment())
    body = last_notice(shop)
    again = notice(shop, body)
    assert (again.status_code, again.json()["new"]) == (200, False) and owner.verbs == ["settled"]


def test_case_30_a_refund_is_a_transfer_of_its_own_and_never_above_what_was_received(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment, payer_account="0987654321")
    with transaction():
        refund = services.request_refund(payment, Dong(120_000), reason="vỡ", actor_id=None)
    assert refund.state is RefundState.PENDING
    with pytest.raises(Conflict, match="refund_above_captured"), transaction():
        services.request_refund(payment, Dong(1), reason="nữa", actor_id=None)
    outbox.work_once()
    transfer = db.session.scalars(select(OutgoingTransfer)).one()
    states = [db.session.scalars(select(Refund.state)).one()]
    reference = db.session.scalars(select(Refund.gateway_id)).one()
    assert reference == transfer.bank_reference and transfer.payee_account == "0987654321" and books() == {}
    shop.sandbox.bank("POST", f"/transfers/{reference}/give_back")
    assert set(shop.deliver()) == {200}
    states.append(db.session.scalars(select(Refund.state)).one())
    assert states == [RefundState.SUCCEEDED, RefundState.RETURNED]
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}
    assert items() == [("refund", "refund_came_back", "waiting")]


def test_case_30_a_refund_that_the_bank_refuses_has_failed_with_a_work_item(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment)
    shop.sandbox.bank("POST", "/outgoing", {"outcome": "fail"})
    with transaction():
        services.request_refund(payment, Dong(50_000), reason="vỡ", actor_id=None)
    outbox.work_once()
    assert db.session.scalars(select(Refund.state)).one() is RefundState.FAILED
    assert books() == {"bank:collecting": 120_000, "order:escrow": -120_000}
    assert items() == [("refund", "refund_failed", "waiting")]


def test_case_30_without_the_payers_account_a_refund_waits_for_a_person(shop: Shop, owner: Taking) -> None:
    payment = make_payment()
    pay(shop, payment, payer_account="")
    with transaction():
        refund = services.request_refund(payment, Dong(50_000), reason="vỡ", actor_id=None)
    outbox.work_once()
    refund = db.session.scalars(select(Refund)).one()
    assert services.is_by_hand(refund) and refund.state is RefundState.PENDING
    with transaction():
        services.pay_refund_to(refund, Payee("999999", "0912345678", "TRAN THI B"))
    outbox.work_once()
    assert db.session.scalars(select(Refund.state)).one() is RefundState.SUCCEEDED
    assert books() == {"bank:collecting": 70_000, "order:escrow": -70_000}


def test_case_31_a_refund_after_the_payout_is_not_held_up_by_the_books(shop: Shop, owner: Taking) -> None:
    """As payments see it: what a producer was paid out of what they earned is asked by checkout, never here."""
    payment = make_payment()
    pay(shop, payment)
    with transaction():
        services.request_refund(payment, Dong(120_000), reason="hỏng", actor_id=None)
    outbox.work_once()
    assert owner.verbs == ["settled", "refunded"] and books() == {}


@pytest.mark.parametrize(("amount", "is_taken"), [(499_999_999, True), (500_000_000, False), (999_999_999, False)])
def test_case_32_half_a_billion_is_refused_before_a_code_is_made(shop: Shop, amount: int, is_taken: bool) -> None:
    if is_taken:
        assert "5409499999999" in qr.payload(make_payment(amount=amount))
        return
    with pytest.raises(Invalid, match="transfer_amount_too_high"):
        make_payment(amount=amount)
    db.session.rollback()
    assert db.session.scalars(select(Payment)).all() == []


def test_case_34_each_line_of_the_statement_has_its_place_in_the_books(shop: Shop, owner: Taking) -> None:
    """As payments see it: matched, unapplied, reversed, sent out. The day's report: tests/settlement."""
    payment = make_payment()
    reversed_booking = pay(shop, payment)
    other = make_payment()
    pay(shop, other, amount=125_000)
    _reverse(shop, reversed_booking)
    with transaction():
        services.request_refund(other, Dong(50_000), reason="vỡ", actor_id=None)
    shop.deliver()
    outbox.work_once()
    shop.deliver()
    lines = shop.sandbox.bank("GET", "/statement", account="1900000001").json()["items"]
    total = sum(line["amount"] if line["direction"] == "in" else -line["amount"] for line in lines)
    assert total == ledger.balance("bank:collecting") == 75_000
    assert books() == {"bank:collecting": 75_000, "unapplied": -5_000, "order:escrow": -70_000}
