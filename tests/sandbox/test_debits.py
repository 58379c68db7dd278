"""Bank debits: a payment is ``processing`` until its bank has answered."""

from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.server import Sandbox
from tests.sandbox.test_sdk import connect

DEBIT: dict[str, Any] = {
    "amount": 2_000, "currency": "usd", "payment_method_types": ["us_bank_account"],
    "payment_method": "pm_usBankAccount_success", "confirm": True,
}  # fmt: skip


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """The official SDK against the sandbox."""
    return connect(sandbox)


def types(client: Any) -> list[str]:
    return [event.type for event in client.events.list({"limit": 100}).data][::-1]


def test_a_debit_is_processing_and_paid_later(sandbox: Sandbox, client: Any) -> None:
    intent = client.payment_intents.create({**DEBIT, "expand": ["latest_charge", "payment_method"]})
    assert (intent.status, intent.amount_received, intent.latest_charge.status) == ("processing", 0, "pending")
    assert (intent.payment_method.us_bank_account.last4, intent.latest_charge.paid) == ("6789", False)
    assert client.balance_transactions.list().data == []
    for refused in (client.payment_intents.confirm, client.payment_intents.capture):
        with pytest.raises(stripe.InvalidRequestError) as error:
            refused(intent.id)
        assert error.value.code == "payment_intent_unexpected_state"
    sandbox.pass_time(10)
    paid = client.payment_intents.retrieve(intent.id, {"expand": ["latest_charge.balance_transaction"]})
    assert (paid.status, paid.amount_received, paid.latest_charge.balance_transaction.net) == (
        "succeeded",
        2_000,
        2_000,
    )
    assert types(client) == [
        "payment_intent.created", "charge.pending", "payment_intent.processing", "charge.succeeded",
        "payment_intent.succeeded",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("account", "code"),
    [("accountClosed", "account_closed"), ("insufficientFunds", "insufficient_funds"), ("noAccount", "no_account")],
)
def test_a_refused_debit_leads_back_and_another_method_pays(
    sandbox: Sandbox, client: Any, account: str, code: str
) -> None:
    given = {**DEBIT, "payment_method_types": ["us_bank_account", "card"]}
    intent = client.payment_intents.create({**given, "payment_method": f"pm_usBankAccount_{account}"})
    sandbox.pass_time(10)
    back = client.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (back.status, back.last_payment_error.code, back.payment_method) == ("requires_payment_method", code, None)
    assert (back.latest_charge.status, back.latest_charge.failure_code) == ("failed", code)
    assert types(client)[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    paid = client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


def test_somebody_decides_what_the_bank_answers(sandbox: Sandbox, client: Any) -> None:
    given = {**DEBIT, "payment_method": "pm_usBankAccount_processing"}
    first, second = (client.payment_intents.create(given).id for _ in range(2))
    sandbox.pass_time(10 * 24 * 3600)
    assert client.payment_intents.retrieve(first).status == "processing"
    page = requests.get(f"{sandbox.base_url}/stripe/intents/{first}", timeout=10).text
    assert 'value="succeed"' in page and 'value="fail"' in page
    for ref, how, status in ((first, "succeed", "succeeded"), (second, "fail", "requires_payment_method")):
        address = f"{sandbox.base_url}/stripe/intents/{ref}"
        assert requests.post(address, {"how": how}, timeout=10).status_code == 200
        assert client.payment_intents.retrieve(ref).status == status
        again = requests.post(address, json={"how": how}, timeout=10)
        assert (again.status_code, again.json()["error"]["code"]) == (400, "payment_intent_unexpected_state")
    assert requests.post(f"{sandbox.base_url}/stripe/intents/pi_no", {"how": "fail"}, timeout=10).status_code == 404


def test_a_processing_debit_can_be_cancelled(sandbox: Sandbox, client: Any) -> None:
    intent = client.payment_intents.create(DEBIT)
    assert client.payment_intents.cancel(intent.id).status == "canceled"
    sandbox.pass_time(10)
    assert client.payment_intents.retrieve(intent.id).status == "canceled"
    assert client.charges.retrieve(intent.latest_charge).status == "failed"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"currency": "vnd", "amount": 50_000}, "currency"),
        ({"payment_method_types": ["card"]}, "payment_method"),
        ({"capture_method": "manual"}, "capture_method"),
        ({"payment_method": None, "payment_method_data": {"type": "us_bank_account", "us_bank_account": {
            "account_number": "000123456789", "routing_number": "110000000"}}},
         "payment_method_data[billing_details][name]"),
        ({"payment_method": None, "payment_method_data": {"type": "us_bank_account", "us_bank_account": {
            "account_number": "123", "routing_number": "110000000"}, "billing_details": {"name": "Hoa"}}},
         "payment_method_data[us_bank_account][account_number]"),
    ],
)  # fmt: skip
def test_what_a_debit_cannot_do_is_refused(client: Any, given: dict[str, Any], param: str) -> None:
    sent = {name: value for name, value in {**DEBIT, **given}.items() if value is not None}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.payment_intents.create(sent)
    assert refused.value.param == param


def test_an_account_number_makes_a_method(sandbox: Sandbox, client: Any) -> None:
    account = {"account_number": "000123456789", "routing_number": "110000000", "account_holder_type": "company"}
    method = client.payment_methods.create(
        {"type": "us_bank_account", "us_bank_account": account, "billing_details": {"name": "HTX"}}
    )
    intent = client.payment_intents.create({**DEBIT, "payment_method": method.id})
    sandbox.pass_time(10)
    assert client.payment_intents.retrieve(intent.id).status == "succeeded"
