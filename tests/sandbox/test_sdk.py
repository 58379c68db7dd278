"""The official ``stripe`` SDK, pointed at the sandbox, finds what it knows: objects, errors, pages, signatures."""

from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.server import STRIPE_KEY, WEBHOOK_SECRET, Inbox, Sandbox

NEW: dict[str, Any] = {"amount": 150_000, "currency": "vnd"}
PAID: dict[str, Any] = {**NEW, "payment_method": "pm_card_visa", "confirm": True}


def connect(sandbox: Sandbox, key: str = STRIPE_KEY, retries: int = 0) -> Any:
    """The SDK's services of ``/v1``; untyped, because it is the wire that is tried and not the types."""
    http_client = stripe.RequestsClient(timeout=20)
    made = stripe.StripeClient(
        key, base_addresses={"api": sandbox.base_url}, max_network_retries=retries, http_client=http_client
    )
    return made.v1


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """The SDK against the sandbox, without retries of its own."""
    return connect(sandbox)


def order(sandbox: Sandbox, kind: str, count: int = 1, **more: Any) -> None:
    fault = {"channel": "stripe", "kind": kind, "count": count, **more}
    assert requests.post(f"{sandbox.base_url}/sandbox/faults", json=fault, timeout=10).status_code == 200


def test_create_then_confirm(client: Any) -> None:
    intent = client.payment_intents.create({**NEW, "metadata": {"order": "DH1"}})
    assert isinstance(intent, stripe.PaymentIntent)
    assert (intent.status, intent.metadata["order"]) == ("requires_payment_method", "DH1")
    asked = {"payment_method": "pm_card_visa", "expand": ["latest_charge.balance_transaction", "payment_method"]}
    paid = client.payment_intents.confirm(intent.id, asked)
    assert (paid.status, paid.latest_charge.balance_transaction.net) == ("succeeded", 150_000)
    assert isinstance(paid.latest_charge, stripe.Charge) and isinstance(paid.payment_method, stripe.PaymentMethod)
    assert paid.last_response.request_id.startswith("req_")


def test_hold_capture_and_cancel(client: Any) -> None:
    held = client.payment_intents.create({**PAID, "capture_method": "manual"})
    assert (held.status, held.amount_capturable) == ("requires_capture", 150_000)
    assert client.payment_intents.capture(held.id, {"amount_to_capture": 100_000}).amount_received == 100_000
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.payment_intents.cancel(held.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.error.payment_intent.status == "succeeded"


def test_an_update_before_confirming_changes_the_amount(client: Any) -> None:
    intent = client.payment_intents.create(NEW)
    assert client.payment_intents.update(intent.id, {"amount": 90_000, "metadata": {"a": "1"}}).amount == 90_000
    assert client.payment_intents.update(intent.id, {"metadata": {"a": ""}}).metadata.to_dict() == {}


def test_authentication_is_a_next_action(client: Any) -> None:
    given = {**PAID, "payment_method": "pm_card_threeDSecure2Required", "return_url": "http://127.0.0.1/back"}
    intent = client.payment_intents.create(given)
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")
    requests.post(intent.next_action.redirect_to_url.url, {"how": "complete"}, timeout=10, allow_redirects=False)
    assert client.payment_intents.retrieve(intent.id).status == "succeeded"


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
    ],
)
def test_decline_is_a_card_error_with_its_codes(client: Any, method: str, code: str, decline_code: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        client.payment_intents.create({**PAID, "payment_method": method})
    error = refused.value
    assert (error.http_status, error.code, error.error.decline_code) == (402, code, decline_code)
    assert error.error.payment_intent.status == "requires_payment_method"
    assert error.error.payment_intent.last_payment_error.code == code
    assert error.error.doc_url.endswith(code.replace("_", "-"))
    assert error.user_message and error.request_id.startswith("req_")
    assert client.charges.retrieve(error.error.charge).status == "failed"


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"amount": 12_499}, "amount_too_small", "amount"),
        ({"currency": "zzz"}, None, "currency"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"shipping": {"name": "Hoa"}}, "parameter_missing", "shipping[address]"),
        ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
        ({"expand": ["amount"]}, None, None),
    ],
)
def test_wrong_words_are_invalid_request_errors_with_param(
    client: Any, given: dict[str, Any], code: str | None, param: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.payment_intents.create({**NEW, **given})
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)


def test_what_is_not_there_is_404(client: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.payment_intents.retrieve("pi_nobody")
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (404, "resource_missing", "intent")


def test_key_reused_for_something_else_is_an_idempotency_error(client: Any) -> None:
    options = {"idempotency_key": "k1"}
    first = client.payment_intents.create(NEW, options)
    again = client.payment_intents.create(NEW, options)
    assert again.id == first.id and again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as refused:
        client.payment_intents.create({**NEW, "amount": 90_000}, options)
    assert refused.value.http_status == 400


def test_wrong_key_is_an_authentication_error(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        connect(sandbox, "sk_test_stranger").balance.retrieve()
    assert refused.value.http_status == 401


def test_a_stranger_account_is_a_permission_error(client: Any) -> None:
    with pytest.raises(stripe.PermissionError):
        client.balance.retrieve(None, {"stripe_account": "acct_nobody"})


def test_too_many_requests_a_cut_line_and_a_fault_of_theirs_have_their_classes(sandbox: Sandbox, client: Any) -> None:
    for kind, error in (("429", stripe.RateLimitError), ("reset", stripe.APIConnectionError), ("500", stripe.APIError)):
        order(sandbox, kind)
        with pytest.raises(error):
            client.balance.retrieve()
    order(sandbox, "409")
    with pytest.raises(stripe.APIError) as refused:  # the SDK's class for every 409
        client.payment_intents.create(NEW)
    assert (refused.value.http_status, refused.value.json_body["error"]["code"]) == (409, "idempotency_key_in_use")


def test_the_sdks_own_retries_find_the_first_effect_again(sandbox: Sandbox) -> None:
    order(sandbox, "reset", moment="after", path="/v1/payment_intents")
    intent = connect(sandbox, retries=2).payment_intents.create(PAID)
    assert intent.status == "succeeded"
    assert [entry["id"] for entry in sandbox.stripe("GET", "/payment_intents").json()["data"]] == [intent.id]


def test_auto_paging_walks_through_everything_both_ways(client: Any) -> None:
    made = [client.payment_intents.create({**NEW, "amount": 20_000 + n}).id for n in range(7)]
    page = client.payment_intents.list({"limit": 3})
    assert page.has_more is True
    assert [intent.id for intent in page.auto_paging_iter()] == made[::-1]
    backwards = client.payment_intents.list({"limit": 3, "ending_before": made[0]})
    assert [intent.id for intent in backwards.auto_paging_iter()] == made[1:]
    assert [intent.id for intent in page.next_page()] == made[3:0:-1]


def test_refunds_in_parts_and_never_more_than_there_is(client: Any) -> None:
    intent = client.payment_intents.create(PAID)
    part = client.refunds.create({"payment_intent": intent.id, "amount": 50_000, "reason": "requested_by_customer"})
    assert (part.status, part.object) == ("succeeded", "refund")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.refunds.create({"payment_intent": intent.id, "amount": 100_001})
    assert refused.value.param == "amount"
    assert client.refunds.create({"charge": intent.latest_charge}).amount == 100_000
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"
    listed = client.refunds.list({"payment_intent": intent.id})
    assert [refund.amount for refund in listed] == [100_000, 50_000]
    assert client.charges.retrieve(intent.latest_charge, {"expand": ["refunds"]}).refunds.data[1].id == part.id


def test_customers_and_methods_as_a_checkout_uses_them(client: Any) -> None:
    customer = client.customers.create({"name": "Nguyễn Thị Hoa", "email": "hoa@example.vn"})
    method = client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    for _ in range(2):
        given = {**NEW, "customer": customer.id, "payment_method": method.id, "confirm": True, "off_session": True}
        assert client.payment_intents.create(given).status == "succeeded"
    assert [m.id for m in client.payment_methods.list({"customer": customer.id})] == [method.id]
    assert [m.id for m in client.customers.payment_methods.list(customer.id)] == [method.id]
    assert client.payment_methods.detach(method.id).customer is None
    assert client.customers.delete(customer.id).deleted is True
    assert client.customers.retrieve(customer.id).deleted is True


def test_a_method_without_customer_pays_once(client: Any) -> None:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    paid = {**PAID, "payment_method": client.payment_methods.create({"type": "card", "card": card}).id}
    assert client.payment_intents.create(paid).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError):
        client.payment_intents.create(paid)


def test_a_session_is_paid_on_its_page(client: Any) -> None:
    price = {"currency": "vnd", "unit_amount": 60_000, "product_data": {"name": "Trà Shan tuyết"}}
    given = {
        "mode": "payment",
        "success_url": "http://127.0.0.1/paid",
        "line_items": [{"price_data": price, "quantity": 2}],
    }
    session = client.checkout.sessions.create(given)
    requests.post(session.url, {"number": "4242424242424242"}, timeout=10, allow_redirects=False)
    after = client.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent", "line_items"]})
    assert (after.status, after.payment_intent.amount_received) == ("complete", 120_000)
    assert [item.quantity for item in after.line_items.data] == [2]
    with pytest.raises(stripe.InvalidRequestError):
        client.checkout.sessions.expire(session.id)


def test_events_arrive_with_a_signature_that_the_sdk_verifies(sandbox: Sandbox, client: Any, events: Inbox) -> None:
    intent = client.payment_intents.create(PAID)
    sandbox.deliver_now()
    told = [
        stripe.Webhook.construct_event(message.body, message.headers["Stripe-Signature"], WEBHOOK_SECRET)
        for message in events.received
    ]
    assert {event.type for event in told} == {"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}
    assert {intent.id} == {
        told_of.payment_intent if told_of.object == "charge" else told_of.id
        for told_of in (event.data.object for event in told)
    }
    assert {event.id for event in told} == {event.id for event in client.events.list({"types": [e.type for e in told]})}
    body, header = events.received[0].body, events.received[0].headers["Stripe-Signature"]
    for spoiled, secret in ((body + b" ", WEBHOOK_SECRET), (body, "whsec_other")):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(spoiled, header, secret)


def test_webhook_endpoints_are_kept_by_the_sdk(client: Any, notices: Inbox) -> None:
    made = client.webhook_endpoints.create({"url": notices.url, "enabled_events": ["charge.refunded"]})
    assert made.secret.startswith("whsec_")
    assert "secret" not in client.webhook_endpoints.retrieve(made.id)
    assert client.webhook_endpoints.update(made.id, {"disabled": True}).status == "disabled"
    assert client.webhook_endpoints.delete(made.id).deleted is True


def test_money_moves_to_an_account_back_and_out(client: Any) -> None:
    account = client.accounts.create(
        {"type": "custom", "country": "VN", "capabilities": {"transfers": {"requested": True}}}
    )
    charge = client.payment_intents.create(PAID).latest_charge
    given = {"amount": 90_000, "currency": "vnd", "destination": account.id, "source_transaction": charge}
    transfer = client.transfers.create(given)
    assert client.transfers.reversals.create(transfer.id, {"amount": 10_000}).amount == 10_000
    own = {"stripe_account": account.id}
    assert client.balance.retrieve(None, own).available[0].amount == 80_000
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.payouts.create({"amount": 80_001, "currency": "vnd"}, own)
    assert refused.value.code == "balance_insufficient"
    payout = client.payouts.create({"amount": 80_000, "currency": "vnd"}, own)
    assert client.payouts.cancel(payout.id, None, own).status == "canceled"
    kinds = [entry.type for entry in client.balance_transactions.list(None, own)]
    assert kinds == ["payout_cancel", "payout", "payment_refund", "payment"]
