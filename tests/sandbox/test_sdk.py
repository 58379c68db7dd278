"""The official ``stripe`` SDK, pointed at the sandbox, finds what it knows."""

import pytest
import stripe

from tests.sandbox.server import STRIPE_KEY, Sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> stripe.StripeClient:
    """The SDK against the sandbox, without retries of its own."""
    return stripe.StripeClient(
        STRIPE_KEY, base_addresses={"api": sandbox.base_url}, max_network_retries=0, http_client=stripe.RequestsClient()
    )


NEW = {"amount": 150_000, "currency": "vnd"}


def test_create_and_confirm(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({**NEW, "metadata": {"order": "DH1"}})
    assert (intent.status, intent.metadata["order"]) == ("requires_payment_method", "DH1")
    paid = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "expand": ["latest_charge.balance_transaction"]}
    )
    assert (paid.status, paid.latest_charge.balance_transaction.net) == ("succeeded", 150_000)
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 50_000})
    assert refund.status == "succeeded"


def test_decline_is_a_card_error_with_its_codes(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.create(
            {**NEW, "payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds", "confirm": True}
        )
    assert (refused.value.http_status, refused.value.code) == (402, "card_declined")
    assert refused.value.error is not None and refused.value.error.decline_code == "insufficient_funds"
    assert refused.value.error.payment_intent.status == "requires_payment_method"
    assert refused.value.request_id


def test_wrong_words_are_invalid_request_errors_with_param(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create({**NEW, "amount": 0})
    assert refused.value.param == "amount"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create({**NEW, "colour": "red"})  # type: ignore[typeddict-unknown-key]
    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "colour")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.retrieve("pi_nobody")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_key_reused_for_something_else_is_an_idempotency_error(client: stripe.StripeClient) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "k1"}
    first = client.v1.payment_intents.create(NEW, options)
    assert client.v1.payment_intents.create(NEW, options).id == first.id
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create({**NEW, "amount": 1}, options)


def test_wrong_key_is_an_authentication_error(sandbox: Sandbox) -> None:
    stranger = stripe.StripeClient(
        "sk_test_stranger", base_addresses={"api": sandbox.base_url}, http_client=stripe.RequestsClient()
    )
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.balance.retrieve()


def test_auto_paging_walks_through_everything(client: stripe.StripeClient) -> None:
    made = [client.v1.payment_intents.create({**NEW, "amount": 20_000 + n}).id for n in range(7)]
    page = client.v1.payment_intents.list({"limit": 3})
    assert [intent.id for intent in page.auto_paging_iter()] == made[::-1]


def test_customers_and_methods_as_a_checkout_uses_them(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Nguyễn Thị Hoa", "email": "hoa@example.vn"})
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    for _ in range(2):
        intent = client.v1.payment_intents.create(
            {**NEW, "customer": customer.id, "payment_method": method.id, "confirm": True, "off_session": True}
        )
        assert intent.status == "succeeded"
    assert [m.id for m in client.v1.payment_methods.list({"customer": customer.id})] == [method.id]
    assert client.v1.customers.delete(customer.id).deleted is True
    assert client.v1.customers.retrieve(customer.id).deleted is True


def test_a_method_without_customer_pays_once(client: stripe.StripeClient) -> None:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    method = client.v1.payment_methods.create({"type": "card", "card": card})
    paid = {**NEW, "payment_method": method.id, "confirm": True}
    assert client.v1.payment_intents.create(paid).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create(paid)
