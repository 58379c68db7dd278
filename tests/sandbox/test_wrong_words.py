"""Calls that Stripe refuses beside those of payments: who is named must exist, and what is written must be readable."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.sandbox.server import Sandbox
from tests.sandbox.test_sdk import NEW, PAID, connect


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """The official SDK against the sandbox."""
    return connect(sandbox)


@pytest.mark.parametrize(
    ("call", "code", "param"),
    [
        (lambda c: c.payment_intents.create({**NEW, "receipt_email": "nope"}), "email_invalid", "receipt_email"),
        (lambda c: c.customers.create({"email": "a@b"}), "email_invalid", "email"),
        (lambda c: c.payouts.create({"amount": 10, "currency": "zzz"}), None, "currency"),
        (lambda c: c.transfers.create({"amount": 10, "currency": "zzz", "destination": "acct_1"}), None, "currency"),
        (lambda c: c.webhook_endpoints.create(
            {"url": "http://x/", "enabled_events": ["charge.failed", "payment_intent.exploded"]}
        ), None, "enabled_events[1]"),
        (lambda c: c.payment_intents.search({"query": "amount:" + "9" * 4_400}), None, "query"),
        (lambda c: c.charges.list({"created": "x"}), "parameter_invalid_integer", "created"),
        (lambda c: c.charges.list({"created": {"ge": 1}}), "parameter_unknown", "created[ge]"),
        (lambda c: c.customers.create({"invoice_settings": {"default_payment_method": "pm_x"}}), "resource_missing",
         "invoice_settings[default_payment_method]"),
        (lambda c: c.checkout.sessions.create(
            {"mode": "payment", "success_url": "http://x/", "line_items": [{"price": "price_1", "quantity": 1}]}
        ), "resource_missing", "line_items[0][price]"),
        (lambda c: c.accounts.create({"type": "custom", "email": "nope"}), "email_invalid", "email"),
        (lambda c: c.accounts.create({"type": "custom", "country": "Vietnam"}), None, "country"),
        (lambda c: c.accounts.create({"type": "custom", "default_currency": "zzz"}), None, "default_currency"),
        (lambda c: c.accounts.create({"type": "custom", "business_profile": {"url": "htx"}}), "url_invalid",
         "business_profile[url]"),
        (lambda c: c.payouts.create({"amount": 10, "currency": "vnd", "destination": "ba_x"}), "resource_missing",
         "destination"),
        (lambda c: c.balance_transactions.list({"payout": "po_x"}), "resource_missing", "payout"),
        (lambda c: c.payment_methods.create({"type": "card", "billing_details": {"email": "x"}}), "email_invalid",
         "billing_details[email]"),
        (lambda c: c.payment_methods.create({"type": "card", "billing_details": {"address": {"country": "XX"}}}), None,
         "billing_details[address][country]"),
        (lambda c: c.checkout.sessions.create({"mode": "setup", "success_url": "http://x/", "currency": "abc"}), None,
         "currency"),
        (lambda c: c.customers.create({"metadata": {f"k{at}": "1" for at in range(51)}}), None, "metadata"),
        (lambda c: c.payment_intents.list({"expand": ["data"]}), None, None),
        (lambda c: c.payment_intents.list({"expand": ["data.a.b.c.d"]}), "property_expansion_max_depth", None),
    ],
)  # fmt: skip
def test_it_is_refused_with_its_parameter(
    client: Any, call: Callable[[Any], Any], code: str | None, param: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        call(client)
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)


def test_an_endpoint_may_ask_for_what_the_sandbox_never_tells(client: Any) -> None:
    asked = ["invoice.paid", "customer.subscription.created", "payment_intent.processing"]
    made = client.webhook_endpoints.create({"url": "http://127.0.0.1:1/", "enabled_events": asked})
    assert made.enabled_events == asked


def test_a_charge_is_given_to_customers_that_exist(client: Any) -> None:
    charge = client.payment_intents.create(PAID).latest_charge
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.charges.update(charge, {"customer": "cus_nobody"})
    assert (refused.value.code, refused.value.param) == ("resource_missing", "customer")
    customer = client.customers.create().id
    assert client.charges.update(charge, {"customer": customer}).customer == customer


def test_a_card_that_declines_is_not_kept_but_one_that_declines_charges_is(client: Any) -> None:
    customer = client.customers.create().id
    with pytest.raises(stripe.CardError) as refused:
        client.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer})
    assert refused.value.code == "card_declined"
    kept = client.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer}).id
    with pytest.raises(stripe.CardError):
        client.payment_intents.create({**PAID, "customer": customer, "payment_method": kept})
    assert client.setup_intents.create({"payment_method": kept, "customer": customer, "confirm": True}).status == (
        "succeeded"
    )


def test_a_customer_chooses_among_its_own_methods(client: Any) -> None:
    mine, other = (client.customers.create({"payment_method": "pm_card_visa"}).id for _ in range(2))
    method, foreign = (client.customers.payment_methods.list(ref).data[0].id for ref in (mine, other))
    assert client.customers.payment_methods.retrieve(mine, method).id == method
    for refused in (
        lambda: client.customers.payment_methods.retrieve(mine, foreign),
        lambda: client.customers.update(mine, {"invoice_settings": {"default_payment_method": foreign}}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as error:
            refused()
        assert error.value.code == "resource_missing"
    chosen = client.customers.update(mine, {"invoice_settings": {"default_payment_method": method}})
    assert chosen.invoice_settings.default_payment_method == method


def test_automatic_methods_are_answered_as_they_were_asked_for(client: Any) -> None:
    for asked in ({"enabled": True}, {"enabled": False}):
        intent = client.payment_intents.create({**NEW, "automatic_payment_methods": asked})
        assert intent.automatic_payment_methods.to_dict() == asked


def test_an_address_is_answered_whole(client: Any) -> None:
    place = {"line1": "1 Trần Hưng Đạo", "country": "VN"}
    whole = {**dict.fromkeys(("city", "line2", "postal_code", "state")), **place}
    customer = client.customers.create({"address": place, "shipping": {"name": "Lan", "address": place}})
    assert customer.address.to_dict() == whole
    assert customer.shipping.to_dict() == {"name": "Lan", "phone": None, "address": whole}
    intent = client.payment_intents.create({**NEW, "shipping": {"name": "Lan", "address": place}})
    assert (intent.shipping.address.to_dict(), intent.shipping.carrier) == (whole, None)


def test_a_kept_card_is_renewed(client: Any) -> None:
    customer = client.customers.create().id
    method = client.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    client.payment_methods.update(method, {"card": {"exp_month": 5, "exp_year": 2040}})
    card = client.payment_methods.retrieve(method).card
    assert (card.exp_month, card.exp_year, card.last4) == (5, 2040, "4242")


@pytest.mark.parametrize(
    ("given", "param", "words"),
    [
        ({"expires_at": 60}, "expires_at", "The `expires_at` timestamp must be at least 30 minutes from Checkout"),
        ({"expires_at": 90_000}, "expires_at", "The `expires_at` timestamp must be less than 24 hours from Checkout"),
        ({"locale": "tlh"}, "locale", "Invalid locale: must be one of auto, bg, "),
        ({"payment_intent_data": {"statement_descriptor": "CHO"}}, "payment_intent_data[statement_descriptor]",
         "The statement_descriptor parameter is not supported"),
    ],
)  # fmt: skip
def test_a_session_is_refused(client: Any, given: dict[str, Any], param: str, words: str) -> None:
    line = {"quantity": 1, "price_data": {"currency": "vnd", "unit_amount": 60_000, "product_data": {"name": "Trà"}}}
    new = {"mode": "payment", "success_url": "http://127.0.0.1/", "line_items": [line]}
    if "expires_at" in given:
        given = {"expires_at": int(time.time()) + given["expires_at"]}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.checkout.sessions.create({**new, **given})
    assert (refused.value.http_status, refused.value.param) == (400, param)
    assert str(refused.value.user_message).startswith(words)
