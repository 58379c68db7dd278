"""The operator sees what waits and decides; every decision is written down."""

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.audit.models import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.ledger import queries as ledger
from marketplace.payments import purposes, services
from marketplace.payments.models import BankReceipt, Payment, PaymentState, Purpose, Rail, ReceiptState, WorkItem
from marketplace.settlement.queries import money as queries
from tests.payments.conftest import Owner, movement
from tests.signing_in import csrf_token, post_form, signed_in


@pytest.fixture
def waiting(context: Flask, monkeypatch: pytest.MonkeyPatch) -> tuple[Payment, BankReceipt]:
    """A payment, and its money without a code in the memo."""
    monkeypatch.setitem(purposes._handlers, Purpose.ORDER, Owner())
    with transaction():
        payment = services.open_payment(Purpose.ORDER, Rail.VIETQR, Dong(120_000))
    told = movement(payment, memo="tra tien")
    with transaction():
        receipt = services.record_receipt(told).receipt
    return payment, receipt


def test_the_page_shows_the_transfer_with_its_candidate(app: Flask, waiting: tuple[Payment, BankReceipt]) -> None:
    payment, _ = waiting
    assert [[found.payment for found in entry.proposals] for entry in queries.waiting_items()] == [[payment]]
    page = signed_in(app, Role.OPERATOR).get("/operator/money")
    assert page.status_code == 200
    assert str(payment.transfer_code) in page.text and "120.000" in page.text


def test_the_operator_uses_a_transfer_for_a_payment(app: Flask, waiting: tuple[Payment, BankReceipt]) -> None:
    payment, receipt = waiting
    client = signed_in(app, Role.OPERATOR)
    form = {"payment": payment.public_id, "note": "Khách gọi xác nhận", "csrf_token": csrf_token(client)}
    answer = client.post(f"/operator/money/receipts/{receipt.id}/apply", data=form)
    assert answer.status_code == 303
    db.session.rollback()
    db.session.refresh(receipt)
    assert receipt.state is ReceiptState.APPLIED
    assert "receipt.applied" in db.session.scalars(select(AuditEvent.action)).all()


def test_money_is_marked_as_returned_only_with_a_reason(app: Flask, waiting: tuple[Payment, BankReceipt]) -> None:
    _, receipt = waiting
    client = signed_in(app, Role.OPERATOR)
    form = {"note": "", "csrf_token": csrf_token(client)}
    address = f"/operator/money/receipts/{receipt.id}/return"
    assert client.post(address, data=form).status_code == 422
    assert client.post(address, data={**form, "note": "Khách chuyển nhầm, đã trả"}).status_code == 303
    db.session.rollback()
    db.session.refresh(receipt)
    assert (receipt.state, receipt.note) == (ReceiptState.RETURNED, "Khách chuyển nhầm, đã trả")
    assert "receipt.returned" in db.session.scalars(select(AuditEvent.action)).all()


def test_a_refund_of_a_transfer_is_paid_by_hand(app: Flask, waiting: tuple[Payment, BankReceipt]) -> None:
    payment, receipt = waiting
    with transaction():
        services.apply_receipt(receipt.id, payment)
        refund = services.request_refund(payment, Dong(5_000), reason="vỡ", actor_id=None)
    assert list(queries.refunds_by_hand()) == [refund]
    client = signed_in(app, Role.OPERATOR)
    form = {"reference": "FT99", "csrf_token": csrf_token(client)}
    assert client.post(f"/operator/money/refunds/{refund.id}/paid", data=form).status_code == 303
    db.session.rollback()
    assert list(queries.refunds_by_hand()) == []


@pytest.fixture
def two_and_their_money(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> tuple[tuple[Payment, Payment], BankReceipt, Owner]:
    """Two payments of 80,000 and 40,000, and one transfer of 120,000 without a code."""
    monkeypatch.setitem(purposes._handlers, Purpose.ORDER, owner := Owner())
    with transaction():
        first, second = (services.open_payment(Purpose.ORDER, Rail.VIETQR, Dong(sum_)) for sum_ in (80_000, 40_000))
    told = movement(first, 120_000, memo="tra hai don")
    with transaction():
        receipt = services.record_receipt(told).receipt
    return (first, second), receipt, owner


def _division(payments: tuple[Payment, Payment], *amounts: str) -> dict[str, str]:
    parts = {f"payment_{place}": payment.public_id for place, payment in enumerate(payments, 1)}
    return {**parts, **{f"amount_{place}": amount for place, amount in enumerate(amounts, 1)}, "note": "Trả hai đơn"}


def test_one_transfer_pays_two_payments_when_the_parts_add_up(
    app: Flask, two_and_their_money: tuple[tuple[Payment, Payment], BankReceipt, Owner]
) -> None:
    payments, receipt, owner = two_and_their_money
    client = signed_in(app, Role.OPERATOR)
    form = _division(payments, "80.000", "40.000")
    assert post_form(client, f"/operator/money/receipts/{receipt.id}/divide", form).status_code == 303
    db.session.rollback()
    states = [(payment.state, payment.received) for payment in payments]
    assert states == [(PaymentState.SETTLED, 80_000), (PaymentState.SETTLED, 40_000)]
    assert (receipt.state, receipt.applied, owner.verbs) == (ReceiptState.APPLIED, 120_000, ["settled", "settled"])
    assert (ledger.balance("unapplied"), ledger.balance("bank:collecting")) == (0, 120_000)
    assert list(queries.waiting_items()) == []
    assert post_form(client, f"/operator/money/receipts/{receipt.id}/divide", form).status_code == 409


@pytest.mark.parametrize(
    "amounts", [("80.000", "39.999"), ("80.000", "40.001"), ("81.000", "39.000"), ("120.000", "0"), ("80.000", "abc")]
)
def test_parts_that_do_not_add_up_or_fit_change_nothing_and_stay_typed(
    app: Flask, two_and_their_money: tuple[tuple[Payment, Payment], BankReceipt, Owner], amounts: tuple[str, str]
) -> None:
    payments, receipt, _owner = two_and_their_money
    client = signed_in(app, Role.OPERATOR)
    answer = post_form(client, f"/operator/money/receipts/{receipt.id}/divide", _division(payments, *amounts))
    assert answer.status_code == 422
    assert all(f'value="{amount}"' in answer.text for amount in amounts) and "Trả hai đơn" in answer.text
    db.session.rollback()
    assert (receipt.state, receipt.applied) == (ReceiptState.UNAPPLIED, 0)
    assert {(payment.state, payment.received) for payment in payments} == {(PaymentState.PENDING, 0)}
    assert ledger.balance("unapplied") == -120_000
    assert len(queries.waiting_items()) == 1


@pytest.mark.parametrize("reason", ["already_paid", "over", "payment_closed"])
def test_money_that_is_too_much_is_to_go_back_and_proposed_for_nothing(
    app: Flask, waiting: tuple[Payment, BankReceipt], reason: str
) -> None:
    """Its amount fits another open payment: a button would make somebody else's order paid by mistake."""
    payment, receipt = waiting
    assert [entry.goes_back for entry in queries.waiting_items()] == [False]
    with transaction():
        receipt.reason = reason
        receipt.payer_account, receipt.payer_bin = "0123456789", "999999"
        db.session.query(WorkItem).one().reason = reason
    (found,) = queries.waiting_items()
    assert (found.goes_back, list(found.proposals)) == (True, [])
    page = signed_in(app, Role.OPERATOR).get("/operator/money").text
    assert str(payment.transfer_code) not in page
    assert "<details open>\n  <summary>Trả lại người chuyển" in page
