"""Customers and the cards they keep: what is told of them before, during and after."""

from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.server import Sandbox
from tests.sandbox.test_sdk import PAID, connect


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """The official SDK against the sandbox."""
    return connect(sandbox)


def test_the_languages_of_a_customer_are_kept(client: Any) -> None:
    ref = client.customers.create({"preferred_locales": ["vi", "en"]}).id
    assert client.customers.retrieve(ref).preferred_locales == ["vi", "en"]
    assert client.customers.update(ref, {"preferred_locales": ["en"]}).preferred_locales == ["en"]
    assert client.customers.update(ref, {"name": "Mây"}).preferred_locales == ["en"]


def test_a_changed_card_is_told_and_a_detached_one_still_shown(client: Any) -> None:
    customer = client.customers.create({}).id
    method = client.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    client.payment_methods.update(method, {"card": {"exp_year": 2035}})
    told = client.events.list({"type": "payment_method.updated"}).data[0].data
    assert (told.object.card.exp_year, told.previous_attributes.to_dict()) == (2035, {"card": {"exp_year": 2034}})
    client.payment_methods.detach(method)
    assert client.payment_methods.retrieve(method).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.payment_methods.attach(method, {"customer": customer})


def test_a_page_that_keeps_a_card_has_no_currency_and_knows_whose_it_is(client: Any) -> None:
    customer = client.customers.create({"email": "may@example.com"}).id
    given = {"mode": "setup", "success_url": "http://127.0.0.1/", "customer": customer}
    session = client.checkout.sessions.create(given)
    assert (session.currency, client.checkout.sessions.create({**given, "currency": "VND"}).currency) == (None, "vnd")
    requests.post(session.url, {"number": "4242424242424242"}, timeout=10, allow_redirects=False)
    after = client.checkout.sessions.retrieve(session.id)
    assert (after.status, after.customer_details.email) == ("complete", "may@example.com")


def test_an_update_can_empty_what_was_given(client: Any) -> None:
    product = client.products.create({"name": "Măng", "images": ["https://a.vn/mang.png"]})
    assert client.products.update(product.id, {"images": ""}).images == []
    account = client.accounts.create({"type": "custom"}).id
    given = {"amount": 90_000, "currency": "vnd", "transfer_data": {"destination": account}}
    intent = client.payment_intents.create({**given, "application_fee_amount": 5_000})
    assert client.payment_intents.update(intent.id, {"application_fee_amount": ""}).application_fee_amount is None


def test_cards_are_listed_by_any_kind_that_there_is(client: Any) -> None:
    customer = client.customers.create({"payment_method": "pm_card_visa"}).id
    found = [len(client.customers.payment_methods.list(customer, {"type": kind}).data) for kind in ("card", "link")]
    assert found == [1, 0]
    with pytest.raises(stripe.InvalidRequestError, match="must be one of"):
        client.customers.payment_methods.list(customer, {"type": "gold"})


def test_what_is_empty_or_absent_can_be_asked_for(client: Any) -> None:
    customer = client.customers.create({"expand": ["sources", "tax_ids", "subscriptions", "test_clock"]})
    assert [customer.sources.data, customer.tax_ids.data, customer.subscriptions.data] == [[], [], []]
    assert "sources" not in client.customers.retrieve(customer.id)
    intent = client.payment_intents.create(PAID)
    charge = client.charges.retrieve(intent.latest_charge, {"expand": ["transfer", "customer"]})
    assert "transfer" not in charge
    refund = client.refunds.create({"charge": charge.id, "expand": ["failure_balance_transaction"]})
    assert refund.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.charges.retrieve(charge.id, {"expand": ["outcome"]})
