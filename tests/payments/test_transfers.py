"""Money that we order the bank to pay: ordered once, heard by notice, answer or statement, failed, returned."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.outbox import flows as outbox
from marketplace.payments import flows, purposes, qr, queries, services, settings, transfers
from marketplace.payments.errors import BankUnknown
from marketplace.payments.models import (
    BankReceipt,
    GatewayEvent,
    OutgoingTransfer,
    Payment,
    Purpose,
    ReceiptState,
    Refund,
    RefundState,
    TransferPurpose,
    TransferState,
)
from marketplace.payments.settings import Payee
from tests.payments.conftest import Owner, decision, make_payment
from tests.payments.shop import Shop, open_shop

T = TypeVar("T", BankReceipt, OutgoingTransfer, Payment, Refund)

FARMER = Payee("999999", "2200000007", "HTX CHE SHAN")
PRODUCER = "producer:7:transit"


class Payouts(transfers.TransferHandler):
    """An owner of payouts that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def account(self, transfer: OutgoingTransfer) -> str:
        return PRODUCER

    def on_succeeded(self, transfer: OutgoingTransfer, occurred_at: datetime) -> None:
        self.heard.append("succeeded")

    def on_failed(self, transfer: OutgoingTransfer) -> None:
        self.heard.append(f"failed {transfer.last_error}")

    def on_returned(self, transfer: OutgoingTransfer, occurred_at: datetime) -> None:
        self.heard.append("returned")


@pytest.fixture
def owner(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Owner:
    """Hears of every payment of an order; the clock runs."""
    handler = Owner()
    monkeypatch.setitem(purposes._handlers, Purpose.ORDER, handler)
    return handler


@pytest.fixture
def payouts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Payouts:
    """Hears of every payout."""
    handler = Payouts()
    monkeypatch.setitem(transfers._handlers, TransferPurpose.PAYOUT, handler)
    return handler


@pytest.fixture
def shop(context: Flask, tmp_path: Path, owner: Owner, payouts: Payouts) -> Iterator[Shop]:
    """The shop and a sandbox, both over HTTP."""
    with open_shop(context, tmp_path) as running:
        yield running


def _pay_out(amount: int = 90_000, key: str = "payout-1", to: Payee = FARMER) -> OutgoingTransfer:
    with transaction():
        return services.open_transfer(TransferPurpose.PAYOUT, Dong(amount), to=to, memo="CHI TRA 1", key=key)


def _fresh(transfer: OutgoingTransfer) -> OutgoingTransfer:
    db.session.rollback()
    return queries.get_transfer(transfer.public_id)


def _choose(shop: Shop, outcome: str) -> None:
    assert shop.sandbox.bank("POST", "/outgoing", {"outcome": outcome}).status_code == 200


def _happen(shop: Shop, transfer: OutgoingTransfer, what: str) -> None:
    answer = shop.sandbox.bank("POST", f"/transfers/{transfer.idempotency_key}/{what}")
    assert answer.status_code == 201, answer.text


def _statement(shop: Shop) -> list[tuple[str, int]]:
    items = shop.sandbox.bank("GET", "/statement", account="1900000001").json()["items"]
    return [(item["direction"], item["amount"]) for item in items]


def test_a_transfer_is_paid_once_and_posted_once(shop: Shop, payouts: Payouts) -> None:
    transfer = _pay_out()
    for _ in range(2):
        assert flows.send_transfer(transfer.public_id) is TransferState.SUCCEEDED
    assert shop.deliver() == [200]
    flows.reconcile(older_than=timedelta(0))
    assert payouts.heard == ["succeeded"] and _statement(shop) == [("out", 90_000)]
    assert (ledger.balance("bank:collecting"), ledger.balance(PRODUCER)) == (-90_000, 90_000)
    assert {event.ignored_reason for event in db.session.scalars(select(GatewayEvent))} == {None}


def test_the_same_key_is_the_same_transfer_and_nothing_else(shop: Shop) -> None:
    assert _pay_out().id == _pay_out().id
    with pytest.raises(Conflict) as refused:
        _pay_out(amount=90_001)
    assert refused.value.code == "transfer_key_used"
    db.session.rollback()
    assert len(db.session.scalars(select(OutgoingTransfer)).all()) == 1


@pytest.mark.parametrize(
    ("amount", "to", "code"),
    [
        (500_000_000, FARMER, "transfer_amount_too_high"),
        (0, FARMER, "payment_amount_too_low"),
        (1_000, Payee("99999", "2200000007", ""), "payee_unusable"),
        (1_000, Payee("999999", "22****07", ""), "payee_unusable"),
        (1_000, Payee("999999", "1900000001", ""), "payee_unusable"),
    ],
)
def test_what_no_bank_would_pay_is_refused(shop: Shop, amount: int, to: Payee, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        _pay_out(amount, to=to)
    assert refused.value.code == code


def test_the_worker_sends_it(shop: Shop, payouts: Payouts) -> None:
    _pay_out()
    outbox.work_once()
    assert payouts.heard == ["succeeded"]


@pytest.mark.parametrize("kind", ["500", "409", "429", "reset", "garbage"])
def test_a_lost_answer_is_asked_again_with_the_same_key(shop: Shop, payouts: Payouts, kind: str) -> None:
    transfer = _pay_out()
    shop.fault("bank", kind, moment="after", count=3)
    with pytest.raises(BankUnknown):
        flows.send_transfer(transfer.public_id)
    assert _fresh(transfer).state is TransferState.CREATED and payouts.heard == []
    flows.reconcile(older_than=timedelta(0))
    assert payouts.heard == ["succeeded"] and _statement(shop) == [("out", 90_000)]


def test_a_notice_quicker_than_our_own_note_is_known_by_the_key(shop: Shop, payouts: Payouts) -> None:
    transfer = _pay_out()
    shop.fault("bank", "reset", moment="after", count=3)
    with pytest.raises(BankUnknown):
        flows.send_transfer(transfer.public_id)
    assert shop.deliver() == [200]
    assert _fresh(transfer).state is TransferState.SUCCEEDED and payouts.heard == ["succeeded"]
    assert ledger.balance("bank:collecting") == -90_000


def test_a_transfer_that_waits_at_the_bank_is_posted_when_it_is_carried_out(shop: Shop, payouts: Payouts) -> None:
    _choose(shop, "wait")
    transfer = _pay_out()
    assert flows.send_transfer(transfer.public_id) is TransferState.SENT
    assert ledger.trial_balance() == [] and payouts.heard == []
    _happen(shop, transfer, "carry_out")
    assert shop.deliver() == [200]
    assert payouts.heard == ["succeeded"] and ledger.balance(PRODUCER) == 90_000


def test_a_refusal_after_a_while_is_found_by_asking(shop: Shop, payouts: Payouts) -> None:
    _choose(shop, "wait")
    transfer = _pay_out()
    flows.send_transfer(transfer.public_id)
    _happen(shop, transfer, "refuse")
    flows.reconcile(older_than=timedelta(0))
    assert payouts.heard == ["failed account_closed"]
    assert _fresh(transfer).state is TransferState.FAILED and ledger.trial_balance() == []


def test_a_refused_transfer_fails_and_posts_nothing(shop: Shop, payouts: Payouts) -> None:
    _choose(shop, "fail")
    transfer = _pay_out()
    assert flows.send_transfer(transfer.public_id) is TransferState.FAILED
    assert payouts.heard == ["failed account_closed"] and ledger.trial_balance() == [] and _statement(shop) == []


def test_money_that_comes_back_reverses_the_posting_and_is_no_receipt(shop: Shop, payouts: Payouts) -> None:
    transfer = _pay_out()
    flows.send_transfer(transfer.public_id)
    _happen(shop, transfer, "give_back")
    shop.fault("bank_notices", "duplicate", copies=3, count=2)
    assert set(shop.deliver()) == {200}
    flows.reconcile(older_than=timedelta(0))
    assert payouts.heard == ["succeeded", "returned"] and _fresh(transfer).state is TransferState.RETURNED
    assert (ledger.balance("bank:collecting"), ledger.balance(PRODUCER)) == (0, 0)
    assert db.session.scalars(select(BankReceipt)).all() == []


def test_a_return_that_overtakes_its_payment_leads_to_the_same_end(shop: Shop, payouts: Payouts) -> None:
    _choose(shop, "wait")
    transfer = _pay_out()
    flows.send_transfer(transfer.public_id)
    _happen(shop, transfer, "carry_out")
    _happen(shop, transfer, "give_back")
    shop.fault("bank_notices", "drop")
    shop.deliver()
    assert payouts.heard == ["succeeded", "returned"] and ledger.balance("bank:collecting") == 0
    flows.reconcile(older_than=timedelta(0))
    assert payouts.heard == ["succeeded", "returned"] and ledger.balance("bank:collecting") == 0


def test_the_bank_refuses_a_key_that_ordered_something_else(shop: Shop) -> None:
    order = {"from_account": "1900000001", "bin": "999999", "account": "22", "name": "A", "amount": 5, "memo": "x"}
    client = settings.current().bank
    first = client.order_transfer("1900000001", Dong(5), payee=("999999", "22", "A"), memo="x", key="k")
    again = client.order_transfer("1900000001", Dong(5), payee=("999999", "22", "A"), memo="x", key="k")
    assert first == again and client.retrieve_transfer("k") == first == client.retrieve_transfer(first.bank_reference)
    assert shop.sandbox.bank("POST", "/transfers", order).json()["error"]["code"] == "key_missing"
    with pytest.raises(Exception, match="bank_refused") as refused:
        client.order_transfer("1900000001", Dong(6), payee=("999999", "22", "A"), memo="x", key="k")
    assert getattr(refused.value, "bank_code", "") == "key_reused"
    assert _statement(shop) == [("out", 5)]


def _paid(shop: Shop, **changes: str) -> Payment:
    payment = make_payment()
    shop.sandbox.pay(qr.payload(payment), **changes)
    assert shop.deliver() == [200]
    db.session.rollback()
    return payment


def _refund(payment: Payment, amount: int = 50_000) -> Refund:
    with transaction():
        return services.request_refund(payment, Dong(amount), reason="vỡ", actor_id=None)


def _only(kind: type[T]) -> T:
    db.session.rollback()
    return db.session.scalars(select(kind)).one()


def _only_id() -> int:
    return db.session.scalars(select(BankReceipt.id)).one()


def test_a_refund_of_a_transfer_goes_back_to_its_payer(shop: Shop, owner: Owner) -> None:
    payment = _paid(shop, payer_account="0987654321", payer_name="TRAN THI B")
    assert not services.is_by_hand(_refund(payment))
    outbox.work_once()
    transfer, refund = _only(OutgoingTransfer), _only(Refund)
    assert (transfer.payee_bin, transfer.payee_account) == ("999999", "0987654321")
    assert (refund.state, refund.gateway_id) == (RefundState.SUCCEEDED, transfer.bank_reference)
    assert owner.verbs == ["settled", "refunded"]
    balances = ledger.balances(["bank:collecting", "order:escrow", "refund:transit"])
    assert balances == {"bank:collecting": 70_000, "order:escrow": -70_000, "refund:transit": 0}


def test_a_refund_that_comes_back_stands_as_returned_and_may_be_asked_for_again(shop: Shop, owner: Owner) -> None:
    _refund(_paid(shop), 120_000)
    outbox.work_once()
    _happen(shop, _only(OutgoingTransfer), "give_back")
    assert set(shop.deliver()) == {200}
    assert _only(Refund).state is RefundState.RETURNED and _only(Payment).refunded == 0
    assert owner.verbs == ["settled", "refunded", "refund failed"]
    balances = ledger.balances(["bank:collecting", "order:escrow", "refund:transit"])
    assert balances == {"bank:collecting": 120_000, "order:escrow": -120_000, "refund:transit": 0}
    assert _refund(_only(Payment), 120_000).state is RefundState.PENDING


@pytest.mark.parametrize("known", [{"payer_account": ""}, {"payer_bin": ""}, {"payer_account": "01234xxx89."}])
def test_without_a_usable_payer_a_refund_waits_for_a_person_who_types_the_account(
    shop: Shop, owner: Owner, known: dict[str, str]
) -> None:
    refund = _refund(_paid(shop, **known))
    assert services.is_by_hand(refund) and db.session.scalars(select(OutgoingTransfer)).all() == []
    with transaction():
        services.pay_refund_to(refund, Payee("999999", "0911222333", "LE VAN C"))
    with pytest.raises(Conflict), transaction():
        services.pay_refund_to(refund, Payee("999999", "0911222333", "LE VAN C"))
    outbox.work_once()
    assert _only(Refund).state is RefundState.SUCCEEDED and owner.verbs == ["settled", "refunded"]


def test_unapplied_money_goes_back_by_transfer_and_stays_unapplied_until_then(shop: Shop) -> None:
    _paid(shop, memo="khong co ma")
    with transaction():
        services.send_receipt_back(_only_id(), None, decided=decision("Khách chuyển nhầm"))
    assert _only(BankReceipt).state is ReceiptState.RETURNING and ledger.balance("unapplied") == -120_000
    outbox.work_once()
    assert _only(BankReceipt).state is ReceiptState.RETURNED
    assert (ledger.balance("unapplied"), ledger.balance("bank:collecting")) == (0, 0)


def test_a_return_that_fails_or_comes_back_waits_again_and_can_be_sent_anew(shop: Shop) -> None:
    _paid(shop, memo="khong co ma")
    for outcome, reason in (("fail", "return_failed"), ("succeed", "return_came_back")):
        _choose(shop, outcome)
        with transaction():
            key = services.send_receipt_back(_only_id(), None, decided=decision("Trả lại")).idempotency_key
        outbox.work_once()
        if outcome == "succeed":
            assert shop.sandbox.bank("POST", f"/transfers/{key}/give_back").status_code == 201
            shop.deliver()
        receipt = _only(BankReceipt)
        assert (receipt.state, receipt.reason) == (ReceiptState.UNAPPLIED, reason)
    assert (ledger.balance("unapplied"), ledger.balance("bank:collecting")) == (-120_000, 120_000)
    with transaction():
        services.send_receipt_back(
            _only_id(), Payee("999999", "0911222333", "LE VAN C"), decided=decision("Tài khoản khác")
        )
    outbox.work_once()
    assert ledger.balance("unapplied") == 0


def test_money_that_only_looks_like_a_return_is_kept_as_a_receipt(shop: Shop, payouts: Payouts) -> None:
    transfer = _pay_out()
    flows.send_transfer(transfer.public_id)
    reference = str(_fresh(transfer).bank_reference)
    payment = make_payment()
    for changes in ({"amount": 80_000, "payer_account": FARMER.account}, {"amount": 90_000, "payer_account": "33"}):
        shop.sandbox.pay(qr.payload(payment), memo=f"HOAN TRA {reference}", **changes)
    shop.deliver()
    assert payouts.heard == ["succeeded"] and len(db.session.scalars(select(BankReceipt)).all()) == 2


def test_an_outgoing_booking_that_nobody_ordered_is_shown_to_the_operator(shop: Shop) -> None:
    client = settings.current().bank
    client.order_transfer("1900000001", Dong(5), payee=("999999", "22", "A"), memo="x", key="somebody-else")
    assert shop.deliver() == [200]
    assert [event.ignored_reason for event in db.session.scalars(select(GatewayEvent))] == ["outgoing"]
    assert ledger.trial_balance() == []
