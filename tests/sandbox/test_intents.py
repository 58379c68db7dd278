"""PaymentIntents by Stripe's state table, over HTTP."""

from typing import Any

import pytest

from tests.sandbox.server import Sandbox

NEW = {"amount": 150_000, "currency": "vnd"}


def make(sandbox: Sandbox, **given: Any) -> dict[str, Any]:
    answer = sandbox.stripe("POST", "/payment_intents", {**NEW, **given})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def act(sandbox: Sandbox, intent: dict[str, Any], verb: str, **given: Any) -> Any:
    return sandbox.stripe("POST", f"/payment_intents/{intent['id']}/{verb}", given)


def types(sandbox: Sandbox) -> list[str]:
    page = sandbox.stripe("GET", "/events", {"limit": 100}).json()
    return [event["type"] for event in reversed(page["data"])]


def in_state(sandbox: Sandbox, status: str) -> dict[str, Any]:
    """An intent that stands in ``status``."""
    if status == "requires_payment_method":
        return make(sandbox)
    if status == "requires_confirmation":
        return make(sandbox, payment_method="pm_card_visa")
    if status == "requires_action":
        return make(
            sandbox, payment_method="pm_card_threeDSecure2Required", confirm="true", return_url="http://127.0.0.1/back"
        )
    if status == "requires_capture":
        return make(sandbox, payment_method="pm_card_visa", confirm="true", capture_method="manual")
    if status == "succeeded":
        return make(sandbox, payment_method="pm_card_visa", confirm="true")
    intent = make(sandbox)
    return dict(act(sandbox, intent, "cancel").json())


STATES = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
    "succeeded",
    "canceled",
)
ALLOWED = {
    "confirm": {"requires_payment_method", "requires_confirmation", "requires_action"},
    "cancel": {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"},
    "capture": {"requires_capture"},
}
REACHED = {"confirm": "succeeded", "cancel": "canceled", "capture": "succeeded"}


@pytest.mark.parametrize("verb", ALLOWED)
@pytest.mark.parametrize("status", STATES)
def test_each_verb_moves_only_from_the_states_of_the_table(sandbox: Sandbox, status: str, verb: str) -> None:
    intent = in_state(sandbox, status)
    assert intent["status"] == status
    given = {"payment_method": "pm_card_visa"} if verb == "confirm" else {}
    answer = act(sandbox, intent, verb, **given)
    after = sandbox.stripe("GET", f"/payment_intents/{intent['id']}").json()
    if status in ALLOWED[verb]:
        assert (answer.status_code, after["status"]) == (200, REACHED[verb])
    else:
        error = answer.json()["error"]
        assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
        assert error["code"] == "payment_intent_unexpected_state"
        assert error["payment_intent"]["id"] == intent["id"]
        assert after == intent


def test_paid_at_once_leaves_charge_balance_and_events(sandbox: Sandbox) -> None:
    intent = make(sandbox, payment_method="pm_card_visa", confirm="true", **{"metadata[order]": "DH1"})
    assert (intent["status"], intent["amount_received"], intent["livemode"]) == ("succeeded", 150_000, False)
    charge = sandbox.stripe("GET", f"/charges/{intent['latest_charge']}", {"expand[]": "balance_transaction"}).json()
    assert (charge["amount_captured"], charge["captured"], charge["metadata"]) == (150_000, True, {"order": "DH1"})
    assert charge["balance_transaction"]["net"] == 150_000
    assert types(sandbox) == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
    ],
)
def test_declined_card_leads_back_and_the_intent_can_be_paid_again(
    sandbox: Sandbox, method: str, code: str, decline_code: str
) -> None:
    intent = make(sandbox)
    answer = act(sandbox, intent, "confirm", payment_method=method)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (402, "card_error", code)
    assert error["decline_code"] == decline_code
    assert error["payment_intent"]["status"] == "requires_payment_method"
    after = sandbox.stripe("GET", f"/payment_intents/{intent['id']}").json()
    assert (after["status"], after["last_payment_error"]["code"]) == ("requires_payment_method", code)
    assert sandbox.stripe("GET", f"/charges/{error['charge']}").json()["status"] == "failed"
    assert types(sandbox)[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    again = act(sandbox, intent, "confirm", payment_method="pm_card_visa").json()
    assert (again["status"], again["last_payment_error"]) == ("succeeded", None)


def test_manual_capture_takes_a_part_and_releases_the_rest(sandbox: Sandbox) -> None:
    intent = in_state(sandbox, "requires_capture")
    assert (intent["amount_capturable"], intent["amount_received"]) == (150_000, 0)
    too_much = act(sandbox, intent, "capture", amount_to_capture=150_001)
    assert (too_much.status_code, too_much.json()["error"]["param"]) == (400, "amount_to_capture")
    done = act(sandbox, intent, "capture", amount_to_capture=100_000).json()
    assert (done["status"], done["amount_received"], done["amount_capturable"]) == ("succeeded", 100_000, 0)
    charge = sandbox.stripe("GET", f"/charges/{done['latest_charge']}").json()
    assert (charge["amount"], charge["amount_captured"], charge["captured"]) == (150_000, 100_000, True)
    assert types(sandbox)[-3:] == [
        "payment_intent.amount_capturable_updated", "charge.captured", "payment_intent.succeeded",
    ]  # fmt: skip


def test_cancel_keeps_its_reason_and_releases_held_money(sandbox: Sandbox) -> None:
    intent = in_state(sandbox, "requires_capture")
    done = act(sandbox, intent, "cancel", cancellation_reason="abandoned").json()
    assert (done["status"], done["cancellation_reason"], done["amount_capturable"]) == ("canceled", "abandoned", 0)
    assert sandbox.stripe("GET", f"/charges/{done['latest_charge']}").json()["refunded"] is False
    refused = act(sandbox, in_state(sandbox, "requires_payment_method"), "cancel", cancellation_reason="bored")
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "cancellation_reason")


def test_authentication_is_asked_for_on_a_page_of_the_sandbox(sandbox: Sandbox) -> None:
    intent = in_state(sandbox, "requires_action")
    action = intent["next_action"]
    assert action["type"] == "redirect_to_url"
    assert action["redirect_to_url"]["return_url"] == "http://127.0.0.1/back"
    assert action["redirect_to_url"]["url"].startswith(sandbox.base_url)
    assert types(sandbox)[-1] == "payment_intent.requires_action"


def test_nobody_there_to_authenticate_is_a_refusal(sandbox: Sandbox) -> None:
    intent = make(sandbox)
    answer = act(sandbox, intent, "confirm", payment_method="pm_card_authenticationRequired", off_session="true")
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "authentication_required")


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"amount": "0"}, "parameter_invalid_integer", "amount"),
        ({"amount": "-5"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1e3"}, "parameter_invalid_integer", "amount"),
        ({"amount": "١٠"}, "parameter_invalid_integer", "amount"),
        ({"amount": ""}, "parameter_invalid_empty", "amount"),
        ({"amount": "100000000"}, "amount_too_large", "amount"),
        ({"amount": "12499"}, "amount_too_small", "amount"),
        ({"amount": "49", "currency": "usd"}, "amount_too_small", "amount"),
        ({"transfer_data[destination]": "acct_1"}, "resource_missing", "transfer_data[destination]"),
        ({"transfer_data[amount]": "100"}, "parameter_missing", "transfer_data[destination]"),
        ({"on_behalf_of": "acct_1"}, "resource_missing", "on_behalf_of"),
        ({"application_fee_amount": "100"}, None, "application_fee_amount"),
        ({"payment_method_data[type]": "pix"}, None, "payment_method_data[type]"),
        ({"payment_method_data[type]": "card", "payment_method_data[pix]": ""}, None, "payment_method_data[pix]"),
        ({f"metadata[{'k' * 41}]": "1"}, None, "metadata"),
        ({"metadata[k]": "v" * 501}, None, "metadata"),
        ({"amount": None}, "parameter_missing", "amount"),
        ({"currency": None}, "parameter_missing", "currency"),
        ({"currency": "zzz"}, None, "currency"),
        ({"currency": ""}, "parameter_invalid_empty", "currency"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"shipping[colour]": "red"}, "parameter_unknown", "shipping[colour]"),
        ({"confirm": "yes"}, None, "confirm"),
        ({"capture_method": "never"}, None, "capture_method"),
        ({"payment_method_types[]": "giropay"}, None, "payment_method_types[0]"),
        ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"expand[]": "amount"}, None, None),
        ({"confirm": "true", "return_url": "javascript:alert(1)"}, "url_invalid", "return_url"),
    ],
)  # fmt: skip
def test_wrong_words_are_refused_with_their_parameter(
    sandbox: Sandbox, given: dict[str, Any], code: str | None, param: str | None
) -> None:
    sent = {name: value for name, value in {**NEW, **given}.items() if value is not None}
    answer = sandbox.stripe("POST", "/payment_intents", sent)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert (error.get("code"), error.get("param")) == (code, param)
    assert sandbox.stripe("GET", "/payment_intents").json()["data"] == []


def test_metadata_never_grows_beyond_fifty_keys(sandbox: Sandbox) -> None:
    intent = make(sandbox, **{f"metadata[k{n}]": "1" for n in range(50)})
    path = f"/payment_intents/{intent['id']}"
    answer = sandbox.stripe("POST", path, {"metadata[more]": "1"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "metadata")
    assert sandbox.stripe("GET", path).json()["metadata"] == intent["metadata"]
    swapped = sandbox.stripe("POST", path, {"metadata[more]": "1", "metadata[k0]": ""}).json()["metadata"]
    assert len(swapped) == 50 and "k0" not in swapped


def test_a_client_secret_must_be_the_intents_own(sandbox: Sandbox) -> None:
    intent, other = make(sandbox), make(sandbox)
    path = f"/payment_intents/{intent['id']}"
    assert sandbox.stripe("GET", path, {"client_secret": intent["client_secret"]}).status_code == 200
    answer = sandbox.stripe("GET", path, {"client_secret": other["client_secret"]})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "client_secret")


def test_a_card_is_saved_for_the_customer_when_it_was_asked_for(sandbox: Sandbox) -> None:
    customer = sandbox.stripe("POST", "/customers").json()["id"]
    given = {"payment_method": "pm_card_visa", "confirm": "true", "customer": customer}
    kept = make(sandbox, setup_future_usage="off_session", **given)["payment_method"]
    once = make(sandbox, **given)["payment_method"]
    assert make(sandbox, **{**given, "payment_method": kept})["status"] == "succeeded"
    assert sandbox.stripe("POST", "/payment_intents", {**NEW, **given, "payment_method": once}).status_code == 400


def test_smallest_amount_is_taken_and_an_update_is_held_to_it(sandbox: Sandbox) -> None:
    intent = make(sandbox, amount=12_500)
    answer = sandbox.stripe("POST", f"/payment_intents/{intent['id']}", {"amount": 12_499})
    assert answer.json()["error"]["code"] == "amount_too_small"


def test_lists_without_places_join_what_belongs_together(sandbox: Sandbox) -> None:
    pairs = "&".join(
        f"line_items[][{name}]={value}"
        for name, value in [
            ("price_data][currency", "vnd"), ("quantity", "2"), ("price_data][unit_amount", "30000"),
            ("price_data][product_data][name", "Tra"),
        ]
    )  # fmt: skip
    body = f"{pairs}&mode=payment&success_url=http://127.0.0.1/"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = sandbox.stripe("POST", "/checkout/sessions", body, headers=headers)
    assert answer.json()["amount_total"] == 60_000, "a second `price_data` goes on with the item"
    joined = (
        "line_items[][price_data][currency]=vnd&line_items[][quantity]=2&mode=payment&success_url=http://127.0.0.1/"
    )
    error = sandbox.stripe("POST", "/checkout/sessions", joined, headers=headers).json()["error"]
    assert error["param"] == "line_items[0][price_data][unit_amount]", "one item, not two"


def test_largest_amount_and_upper_case_currency_are_right(sandbox: Sandbox) -> None:
    intent = make(sandbox, amount=99_999_999, currency="VND")
    assert (intent["amount"], intent["currency"]) == (99_999_999, "vnd")


def test_metadata_is_merged_and_emptied_by_key(sandbox: Sandbox) -> None:
    intent = make(sandbox, **{"metadata[a]": "1", "metadata[b]": "2"})
    path = f"/payment_intents/{intent['id']}"
    assert sandbox.stripe("POST", path, {"metadata[a]": "", "metadata[c]": "3"}).json()["metadata"] == {
        "b": "2",
        "c": "3",
    }
    assert sandbox.stripe("POST", path, {"metadata": ""}).json()["metadata"] == {}


def test_amount_can_change_until_it_is_paid(sandbox: Sandbox) -> None:
    intent = make(sandbox)
    assert sandbox.stripe("POST", f"/payment_intents/{intent['id']}", {"amount": 90_000}).json()["amount"] == 90_000
    paid = in_state(sandbox, "succeeded")
    answer = sandbox.stripe("POST", f"/payment_intents/{paid['id']}", {"amount": 1})
    assert answer.json()["error"]["code"] == "payment_intent_unexpected_state"
    words = sandbox.stripe("POST", f"/payment_intents/{paid['id']}", {"description": "later"})
    assert words.json()["description"] == "later"


def test_lists_are_newest_first_and_paged_both_ways(sandbox: Sandbox) -> None:
    made = [make(sandbox, amount=20_000 + n)["id"] for n in range(5)][::-1]
    first = sandbox.stripe("GET", "/payment_intents", {"limit": 2}).json()
    assert ([i["id"] for i in first["data"]], first["has_more"], first["object"]) == (made[:2], True, "list")
    rest = sandbox.stripe("GET", "/payment_intents", {"limit": 3, "starting_after": made[1]}).json()
    assert ([i["id"] for i in rest["data"]], rest["has_more"]) == (made[2:], False)
    before = sandbox.stripe("GET", "/payment_intents", {"limit": 2, "ending_before": made[3]}).json()
    assert ([i["id"] for i in before["data"]], before["has_more"]) == (made[1:3], True)
    for limit in (0, 101, "x"):
        assert sandbox.stripe("GET", "/payment_intents", {"limit": limit}).json()["error"]["param"] == "limit"
    paid = in_state(sandbox, "succeeded")
    for foreign in ("pi_no", paid["latest_charge"]):
        error = sandbox.stripe("GET", "/payment_intents", {"starting_after": foreign}).json()["error"]
        assert (error["code"], error["param"]) == ("resource_missing", "starting_after")
    both = sandbox.stripe("GET", "/payment_intents", {"starting_after": made[0], "ending_before": made[4]})
    assert both.json()["error"]["message"].startswith("You may only specify one of these parameters")


@pytest.mark.parametrize("spelling", ["expand[]", "expand[0]"])
def test_expand_reaches_through_levels_and_lists(sandbox: Sandbox, spelling: str) -> None:
    intent = in_state(sandbox, "succeeded")
    path = f"/payment_intents/{intent['id']}"
    deep = sandbox.stripe("GET", path, {spelling: "latest_charge.balance_transaction"}).json()
    assert deep["latest_charge"]["balance_transaction"]["type"] == "charge"
    page = sandbox.stripe("GET", "/payment_intents", {spelling: "data.payment_method"}).json()
    assert page["data"][0]["payment_method"]["card"]["last4"] == "4242"


def test_expand_has_a_floor_and_forgives_what_is_empty(sandbox: Sandbox) -> None:
    path = f"/payment_intents/{in_state(sandbox, 'requires_payment_method')['id']}"
    for empty in ("customer", "latest_charge.balance_transaction", "transfer_data.destination", "on_behalf_of"):
        assert sandbox.stripe("GET", path, {"expand[]": empty}).status_code == 200
    for wrong in ("status", "colour", "metadata", "latest_charge.balance_transaction.source.customer.colour"):
        error = sandbox.stripe("GET", path, {"expand[]": wrong}).json()["error"]
        assert (error["type"], error.get("param")) == ("invalid_request_error", None)


def test_who_asks_and_how_is_checked_first(sandbox: Sandbox) -> None:
    nobody = sandbox.stripe("GET", "/payment_intents", headers={"Authorization": ""})
    stranger = sandbox.stripe("GET", "/payment_intents", headers={"Authorization": "Bearer sk_test_somebody_else"})
    assert (nobody.status_code, stranger.status_code) == (401, 401)
    assert "somebody" not in stranger.text and "Idempotent-Replayed" not in stranger.headers
    basic = sandbox.stripe(
        "GET", "/payment_intents", headers={"Authorization": ""}, auth=("sk_test_sandbox_0123456789", "")
    )
    assert basic.status_code == 200 and basic.headers["Request-Id"].startswith("req_")
    json_body = sandbox.stripe("POST", "/payment_intents", json=NEW)
    assert (json_body.status_code, json_body.json()["error"]["type"]) == (400, "invalid_request_error")
    for method, path in (("GET", "/unicorns"), ("DELETE", "/payment_intents"), ("POST", "/events")):
        unknown = sandbox.stripe(method, path)
        assert (unknown.status_code, unknown.json()["error"]["type"]) == (404, "invalid_request_error")
    missing = sandbox.stripe("GET", "/payment_intents/pi_x").json()["error"]
    assert (missing["code"], missing["param"], missing["message"]) == (
        "resource_missing", "intent", "No such payment_intent: 'pi_x'",
    )  # fmt: skip
