"""Destination and direct charges: each side ends with the right sum (docs.stripe.com/connect/charges)."""

from typing import Any

import pytest
import stripe

from tests.sandbox.server import Sandbox
from tests.sandbox.test_connect import available
from tests.sandbox.test_sdk import PAID, connect


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """The official SDK against the sandbox."""
    return connect(sandbox)


def test_a_destination_charge_hands_on_its_money_less_the_fee(sandbox: Sandbox, client: Any) -> None:
    to = client.accounts.create({"type": "custom", "country": "VN"}).id
    given = {**PAID, "transfer_data": {"destination": to}, "application_fee_amount": 15_000, "on_behalf_of": to}
    intent = client.payment_intents.create({**given, "expand": ["latest_charge.transfer.destination_payment"]})
    charge = intent.latest_charge
    assert (charge.transfer.destination, charge.transfer.amount, charge.transfer.source_transaction) == (
        to,
        150_000,
        charge.id,
    )
    assert charge.transfer_group == f"group_{intent.id}" == charge.transfer.transfer_group
    assert charge.transfer.destination_payment.application_fee_amount == 15_000
    fee = client.application_fees.retrieve(charge.application_fee)
    assert (fee.amount, fee.account, fee.charge) == (15_000, to, charge.id)
    assert (available(sandbox), available(sandbox, to)) == (15_000, 135_000)
    types = [event.type for event in client.events.list({"limit": 100}).data]
    assert {"transfer.created", "application_fee.created"} <= set(types)


def test_a_part_of_a_destination_charge_can_be_handed_on(sandbox: Sandbox, client: Any) -> None:
    to = client.accounts.create({"type": "custom"}).id
    client.payment_intents.create({**PAID, "transfer_data": {"destination": to, "amount": 100_000}})
    assert (available(sandbox), available(sandbox, to)) == (50_000, 100_000)


def test_nothing_is_handed_on_before_the_capture_and_then_what_was_captured(sandbox: Sandbox, client: Any) -> None:
    to = client.accounts.create({"type": "custom"}).id
    held = client.payment_intents.create(
        {**PAID, "capture_method": "manual", "transfer_data": {"destination": to}, "application_fee_amount": 15_000}
    )
    assert client.transfers.list().data == []
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.payment_intents.capture(held.id, {"amount_to_capture": 10_000})
    assert refused.value.param == "application_fee_amount"
    client.payment_intents.capture(held.id, {"amount_to_capture": 100_000, "application_fee_amount": 10_000})
    assert (available(sandbox), available(sandbox, to)) == (10_000, 90_000)


def test_a_capture_hands_nothing_on_without_a_destination(client: Any) -> None:
    held = client.payment_intents.create({**PAID, "capture_method": "manual"})
    charge = client.charges.create({"amount": 150_000, "currency": "vnd", "source": "tok_visa", "capture": False})
    given = {"transfer_data": {"amount": 5}}
    for refuse in (
        lambda: client.payment_intents.capture(held.id, given),
        lambda: client.charges.capture(charge.id, given),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            refuse()
        assert refused.value.param == "transfer_data[amount]"


def test_a_refund_takes_its_part_of_transfer_and_fee_when_asked_to(sandbox: Sandbox, client: Any) -> None:
    to = client.accounts.create({"type": "custom"}).id
    given = {**PAID, "transfer_data": {"destination": to}, "application_fee_amount": 15_000}
    intent = client.payment_intents.create(given)
    asked = {"payment_intent": intent.id, "reverse_transfer": True, "refund_application_fee": True}
    refund = client.refunds.create({**asked, "amount": 50_000, "expand": ["transfer_reversal"]})
    assert (refund.transfer_reversal.amount, refund.transfer_reversal.source_refund) == (50_000, refund.id)
    assert (available(sandbox), available(sandbox, to)) == (10_000, 90_000)
    client.refunds.create(asked)
    assert (available(sandbox), available(sandbox, to)) == (0, 0)
    assert client.application_fees.list({"charge": intent.latest_charge}).data[0].refunded is True
    assert client.transfers.list().data[0].reversed is True


def test_a_refund_without_them_is_paid_by_the_platform(sandbox: Sandbox, client: Any) -> None:
    to = client.accounts.create({"type": "custom"}).id
    intent = client.payment_intents.create({**PAID, "transfer_data": {"destination": to}})
    client.refunds.create({"payment_intent": intent.id})
    assert (available(sandbox), available(sandbox, to)) == (-150_000, 150_000)
    plain = client.payment_intents.create(PAID)
    for name in ("reverse_transfer", "refund_application_fee"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.refunds.create({"payment_intent": plain.id, name: True})
        assert refused.value.param == name
    assert client.charges.retrieve(plain.latest_charge).amount_refunded == 0


def test_a_direct_charge_belongs_to_the_account(sandbox: Sandbox, client: Any) -> None:
    to = client.accounts.create({"type": "custom"}).id
    own = {"stripe_account": to}
    intent = client.payment_intents.create({**PAID, "application_fee_amount": 15_000}, own)
    assert (available(sandbox), available(sandbox, to)) == (15_000, 135_000)
    with pytest.raises(stripe.InvalidRequestError) as unseen:
        client.payment_intents.retrieve(intent.id)
    assert (unseen.value.http_status, unseen.value.code) == (404, "resource_missing")
    assert client.payment_intents.list().data == []
    charge = client.charges.retrieve(intent.latest_charge, {"expand": ["balance_transaction"]}, own)
    entry = charge.balance_transaction
    assert (entry.amount, entry.fee, entry.net, entry.fee_details[0].type) == (
        150_000, 15_000, 135_000, "application_fee",
    )  # fmt: skip
    client.refunds.create({"charge": charge.id, "refund_application_fee": True}, own)
    assert (available(sandbox), available(sandbox, to)) == (0, 0)
    told = client.events.list({}, own).data
    assert {event.account for event in told} == {to} and told[-1].type == "payment_intent.created"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"application_fee_amount": 100}, "application_fee_amount"),
        ({"transfer_data": {"destination": "acct_x"}, "application_fee_amount": 150_001}, "application_fee_amount"),
        ({"transfer_data": {"destination": "acct_x", "amount": 150_001}}, "transfer_data[amount]"),
        ({"transfer_data": {"destination": "acct_x", "amount": 1}, "application_fee_amount": 1},
         "application_fee_amount"),
    ],
)  # fmt: skip
def test_shares_that_do_not_fit_are_refused(client: Any, given: dict[str, Any], param: str) -> None:
    to = client.accounts.create({"type": "custom"}).id
    if "transfer_data" in given:
        given = {**given, "transfer_data": {**given["transfer_data"], "destination": to}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.payment_intents.create({**PAID, **given})
    assert refused.value.param == param
    assert client.payment_intents.list().data == []


def test_a_fee_is_given_back_once(client: Any) -> None:
    to = client.accounts.create({"type": "custom"}).id
    given = {**PAID, "transfer_data": {"destination": to}, "application_fee_amount": 15_000}
    intent = client.payment_intents.create({**given, "expand": ["latest_charge"]})
    fee = intent.latest_charge.application_fee
    assert client.application_fees.refunds.create(fee, {"amount": 5_000}).amount == 5_000
    with pytest.raises(stripe.InvalidRequestError):
        client.application_fees.refunds.create(fee, {"amount": 10_001})
    assert client.application_fees.refunds.create(fee).amount == 10_000
    with pytest.raises(stripe.InvalidRequestError):
        client.application_fees.refunds.create(fee)
    assert client.application_fees.retrieve(fee).amount_refunded == 15_000
