"""Refusals in Stripe's own words: status, type, code, param and how the message begins."""

from typing import Any

import pytest

from tests.sandbox.server import STRIPE_KEY, Sandbox

NEW = {"amount": "50000", "currency": "vnd"}
PAID = {**NEW, "payment_method": "pm_card_visa", "confirm": "true"}
HOOK = {"url": "http://127.0.0.1/hook", "enabled_events[]": "*"}
ON_CARD = "payment_method_options[card]"


def refused(
    sandbox: Sandbox, method: str, path: str, given: Any = None, **rest: Any
) -> tuple[int, str | None, str | None, str]:
    """Status, code, param and message of a call that Stripe would refuse."""
    answer = sandbox.stripe(method, path, given, **rest)
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    return answer.status_code, error.get("code"), error.get("param"), error["message"]


@pytest.mark.parametrize(
    ("given", "code", "param", "words"),
    [
        ({"amount": ""}, "parameter_invalid_empty", "amount", "You passed an empty string for 'amount'. We assume"),
        ({"confirm": ""}, "parameter_invalid_empty", "confirm", "You passed an empty string for 'confirm'."),
        ({"amount": "100000000"}, "amount_too_large", "amount", "Amount must be no more than ₫99,999,999"),
        ({"amount": "100000000", "currency": "usd"}, "amount_too_large", "amount",
         "Amount must be no more than $999,999.99"),
        ({"amount": "49", "currency": "usd"}, "amount_too_small", "amount", "Amount must be at least $0.50 usd"),
        ({"amount": "249", "currency": "dkk"}, "amount_too_small", "amount", "Amount must be at least 2.50 dkk dkk"),
        ({"currency": "zzz"}, None, "currency", "Invalid currency: zzz. Stripe currently supports these currencies: "),
        ({"payment_method_type": "card"}, "parameter_unknown", "payment_method_type",
         "Received unknown parameter: payment_method_type. Did you mean payment_method_types?"),
        ({"colour": "1", "shape": "2"}, "parameter_unknown", "colour", "Received unknown parameters: colour, shape"),
        ({f"{ON_CARD}[colour]": "red"}, "parameter_unknown", f"{ON_CARD}[colour]", "Received unknown parameter: "),
        ({f"{ON_CARD}[request_three_d_secure]": "x"}, None, f"{ON_CARD}[request_three_d_secure]",
         f"Invalid {ON_CARD}[request_three_d_secure]: must be one of any, automatic, or challenge"),
        ({f"{ON_CARD}[moto]": "maybe"}, None, f"{ON_CARD}[moto]", "Invalid boolean: maybe"),
        ({f"{ON_CARD}[network]": "gold"}, None, f"{ON_CARD}[network]", f"Invalid {ON_CARD}[network]: must be one of "),
        ({f"{ON_CARD}[network][x]": "1"}, None, f"{ON_CARD}[network]", "Invalid string: "),
        ({f"{ON_CARD}[mandate_options][amount]": "x"}, "parameter_invalid_integer",
         f"{ON_CARD}[mandate_options][amount]", "Invalid integer: x"),
        ({f"{ON_CARD}[setup_future_usage]": "soon"}, None, f"{ON_CARD}[setup_future_usage]", "Invalid "),
        ({"payment_method_options[cash][x]": "1"}, "parameter_unknown", "payment_method_options[cash]", "Received"),
        ({"radar_options[x]": "1"}, "parameter_unknown", "radar_options[x]", "Received unknown parameter"),
        ({"confirm": "true", "mandate_data[x]": "1"}, "parameter_unknown", "mandate_data[x]", "Received"),
        ({"metadata[k]": "v" * 501}, None, "metadata",
         "Metadata values can have up to 500 characters, but you passed in a value that is 501 characters. Invalid"),
        ({"description": "x" * 1001}, None, "description", "Invalid string: xxxx...xxxx; must be at most 1000"),
        ({"payment_method": "pm_card_visa", "payment_method_data[type]": "card"}, "parameters_exclusive",
         "payment_method", "You may only specify one of these parameters: payment_method, payment_method_data."),
        ({"payment_method_types[]": "card", "automatic_payment_methods[enabled]": "true"}, "parameters_exclusive",
         "payment_method_types", "You may only specify one of these parameters:"),
        ({"statement_descriptor": "CHO PHIEN"}, None, "statement_descriptor",
         "The statement_descriptor parameter is not supported for the payment_method_type `card`."),
        ({"on_behalf_of": "acct_no"}, "resource_missing", "on_behalf_of", "No such on_behalf_of: 'acct_no'"),
        ({"confirm": "true", "payment_method_data[type]": "card"}, "parameter_missing", "payment_method_data[card]",
         "Missing required param: payment_method_data[card]."),
    ],
)  # fmt: skip
def test_of_a_new_payment(sandbox: Sandbox, given: Any, code: str | None, param: str, words: str) -> None:
    status, *told, message = refused(sandbox, "POST", "/payment_intents", {**NEW, **given})
    assert (status, *told) == (400, code, param)
    assert message.startswith(words)


@pytest.mark.parametrize(
    ("path", "param", "name"),
    [
        ("payment_intents", "intent", "payment_intent"), ("setup_intents", "intent", "setupintent"),
        ("charges", "id", "charge"), ("refunds", "refund", "refund"), ("customers", "id", "customer"),
        ("payment_methods", "payment_method", "PaymentMethod"), ("checkout/sessions", "session", "checkout.session"),
        ("events", "id", "event"), ("balance_transactions", "id", "balance transaction"),
        ("transfers", "transfer", "transfer"), ("payouts", "payout", "payout"), ("tokens", "token", "token"),
        ("webhook_endpoints", "id", "webhook endpoint"),
    ],
)  # fmt: skip
def test_of_what_is_not_there(sandbox: Sandbox, path: str, param: str, name: str) -> None:
    assert refused(sandbox, "GET", f"/{path}/no_1") == (404, "resource_missing", param, f"No such {name}: 'no_1'")
    *told, words = refused(sandbox, "GET", f"/{path}/")
    assert told == [404, None, None]
    assert words.startswith(f"Unrecognized request URL (GET: /v1/{path}/). If you are trying to list objects, remove")


@pytest.mark.parametrize("path", ["subscriptions", "invoices/in_1", "account_links", "payment_links"])
def test_of_what_stripe_has_and_the_sandbox_has_not(sandbox: Sandbox, path: str) -> None:
    *told, words = refused(sandbox, "POST", f"/{path}", {"a": "1"})
    assert told == [404, None, None]
    assert words.startswith(f"Unrecognized request URL (POST: /v1/{path}). Stripe has this call, the sandbox has not")


def test_of_an_account_that_is_not_the_keys(sandbox: Sandbox) -> None:
    asked = (refused(sandbox, "GET", "/accounts/acct_no"),
             refused(sandbox, "GET", "/charges", headers={"Stripe-Account": "acct_no"}))  # fmt: skip
    for *told, words in asked:
        assert told == [403, "account_invalid", None]
        assert "does not have access to account 'acct_no'" in words and STRIPE_KEY not in words


@pytest.mark.parametrize(
    ("path", "param", "ref"),
    [
        *((path, "customer", "cus_no") for path in ("payment_intents", "charges", "checkout/sessions",
                                                    "setup_intents", "payment_methods")),
        *((path, "payment_intent", "pi_no") for path in ("charges", "refunds", "disputes", "checkout/sessions")),
        *((path, "charge", "ch_no") for path in ("refunds", "disputes", "application_fees")),
    ],
)  # fmt: skip
def test_of_a_list_by_somebody_unknown(sandbox: Sandbox, path: str, param: str, ref: str) -> None:
    assert refused(sandbox, "GET", f"/{path}", {param: ref}) == (
        400, "resource_missing", param, f"No such {param}: '{ref}'",
    )  # fmt: skip


def test_of_a_list_by_somebody_gone_is_none(sandbox: Sandbox) -> None:
    customer = sandbox.stripe("POST", "/customers").json()["id"]
    sandbox.stripe("POST", "/payment_intents", {**NEW, "customer": customer})
    sandbox.stripe("DELETE", f"/customers/{customer}")
    assert len(sandbox.stripe("GET", "/payment_intents", {"customer": customer}).json()["data"]) == 1


@pytest.mark.parametrize(
    ("given", "code", "param", "words"),
    [
        ({"limit": ""}, "parameter_invalid_empty", "limit", "You passed an empty string for 'limit'."),
        ({"limit": "0"}, "parameter_invalid_integer", "limit", "This value must be greater than or equal to 1."),
        ({"limit": "101"}, "parameter_invalid_integer", "limit", "This value must be less than or equal to 100."),
        ({"starting_after": "a", "ending_before": "b"}, "parameters_exclusive", "ending_before", "You may only"),
        ({"expand[]": "customer"}, None, None, "This property cannot be expanded (customer). You may want to try "
         "expanding 'data.customer' instead."),
    ],
)  # fmt: skip
def test_of_a_list(sandbox: Sandbox, given: Any, code: str | None, param: str, words: str) -> None:
    sandbox.stripe("POST", "/payment_intents", NEW)
    status, *told, message = refused(sandbox, "GET", "/payment_intents", given)
    assert (status, *told) == (400, code, param) and message.startswith(words)


def test_of_what_was_captured_paid_out_and_never_paid(sandbox: Sandbox) -> None:
    paid, waiting, held = (
        sandbox.stripe("POST", "/payment_intents", given).json()
        for given in (PAID, NEW, {**PAID, "capture_method": "manual"})
    )
    *_, words = refused(sandbox, "POST", f"/payment_intents/{paid['id']}/capture")
    assert words == "This PaymentIntent could not be captured because it has already been captured."
    for intent in (waiting, held):
        assert refused(sandbox, "POST", "/refunds", {"payment_intent": intent["id"]}) == (
            400, None, None, f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
        )  # fmt: skip
    *told, words = refused(sandbox, "POST", "/refunds", {"charge": held["latest_charge"]})
    assert told == [400, None, None]
    assert words.startswith(f"This uncaptured Charge was created by a PaymentIntent ({held['id']}). You must cancel")
    status, code, param, words = refused(sandbox, "POST", "/payouts", {"amount": "50001", "currency": "vnd"})
    assert (status, code, param) == (400, "balance_insufficient", None)
    assert words.startswith("You have insufficient funds in your Stripe account for this transfer. Your card balance")


@pytest.mark.parametrize(
    ("path", "given", "param"),
    [
        ("webhook_endpoints", {**HOOK, "enabled_events[]": "colour.changed"}, "enabled_events[0]"),
        ("webhook_endpoints", {**HOOK, "api_version": "never"}, "api_version"),
        ("accounts", {"type": "custom", "company[colour]": "red"}, "company[colour]"),
        ("accounts", {"type": "custom", "capabilities[transfers][colour]": "red"}, "capabilities[transfers][colour]"),
        ("accounts", {"type": "custom", "capabilities[transfers][requested]": "maybe"},
         "capabilities[transfers][requested]"),
        ("accounts", {"type": "custom", "company[address][city][x]": "1"}, "company[address][city]"),
        ("payment_methods", {"type": "card", "card[networks][colour]": "red"}, "card[networks][colour]"),
    ],
)  # fmt: skip
def test_of_unknown_words_elsewhere(sandbox: Sandbox, path: str, given: Any, param: str) -> None:
    status, _, told, _ = refused(sandbox, "POST", f"/{path}", given)
    assert (status, told) == (400, param)


@pytest.mark.parametrize(
    ("name", "last4", "country"), [("gb", "0000", "GB"), ("jp", "0003", "JP"), ("avsZipFail", "0036", "US")]
)
def test_cards_of_other_countries_pay(sandbox: Sandbox, name: str, last4: str, country: str) -> None:
    given = {**PAID, "payment_method": f"pm_card_{name}", "expand[]": "latest_charge", "confirm": "True"}
    card = sandbox.stripe("POST", "/payment_intents", given).json()["latest_charge"]["payment_method_details"]["card"]
    assert (card["last4"], card["country"]) == (last4, country)


def test_options_of_a_card_are_kept(sandbox: Sandbox) -> None:
    given = {**NEW, "currency": "mxn", f"{ON_CARD}[request_three_d_secure]": "any"}
    intent = sandbox.stripe("POST", "/payment_intents", given).json()
    assert intent["payment_method_options"]["card"]["request_three_d_secure"] == "any"


def test_a_payout_is_called_back_once(sandbox: Sandbox) -> None:
    sandbox.stripe("POST", "/payment_intents", PAID)
    payout = sandbox.stripe("POST", "/payouts", {"amount": "20000", "currency": "vnd"}).json()["id"]
    assert refused(sandbox, "POST", f"/payouts/{payout}/reverse")[2] == "payout"
    sandbox.pass_time(60)
    back = sandbox.stripe("POST", f"/payouts/{payout}/reverse").json()
    assert (back["amount"], back["original_payout"]) == (-20_000, payout)
    assert sandbox.stripe("GET", f"/payouts/{payout}").json()["reversed_by"] == back["id"]
    assert refused(sandbox, "POST", f"/payouts/{payout}/reverse")[0] == 400
    assert sandbox.stripe("GET", "/balance").json()["available"][0]["amount"] == 50_000


PUBLISHABLE = {"Authorization": "Bearer pk_test_x"}


@pytest.mark.parametrize(
    ("headers", "status", "code", "words"),
    [
        (PUBLISHABLE, 403, "secret_key_required", "This API call cannot be made with a publishable API key. Please"),
        ({"Stripe-Version": "2024-99-20"}, 400, None, "Invalid Stripe API version: 2024-99-20"),
        ({"Stripe-Version": "2024-6-20"}, 400, None, "Invalid Stripe API version: 2024-6-20"),
    ],
)
def test_of_a_key_or_a_version(sandbox: Sandbox, headers: Any, status: int, code: str | None, words: str) -> None:
    told = refused(sandbox, "GET", "/balance", headers=headers)
    assert told[:3] == (status, code, None)
    assert told[3].startswith(words)


def test_a_method_of_the_dashboard_needs_a_way_back(sandbox: Sandbox) -> None:
    given = {**PAID, "automatic_payment_methods[enabled]": "true"}
    status, code, param, words = refused(sandbox, "POST", "/payment_intents", given)
    assert (status, code, param) == (400, None, None)
    assert "you must provide a `return_url`" in words
    never = {"automatic_payment_methods[allow_redirects]": "never"}
    back = {"return_url": "http://127.0.0.1/back"}
    for enough in (never, back):
        assert sandbox.stripe("POST", "/payment_intents", {**given, **enough}).json()["status"] == "succeeded"
    setup = {"payment_method": "pm_card_visa", "confirm": "true", "automatic_payment_methods[enabled]": "true"}
    assert refused(sandbox, "POST", "/setup_intents", setup)[3].startswith("This SetupIntent is configured to accept")


def test_a_hold_is_taken_once(sandbox: Sandbox) -> None:
    held = sandbox.stripe("POST", "/payment_intents", {**PAID, "capture_method": "manual"}).json()["id"]
    part = {"amount_to_capture": "20000", "final_capture": "false"}
    assert refused(sandbox, "POST", f"/payment_intents/{held}/capture", part)[:3:2] == (400, "final_capture")
    taken = sandbox.stripe("POST", f"/payment_intents/{held}/capture", {**part, "final_capture": "true"}).json()
    assert (taken["status"], taken["amount_received"]) == ("succeeded", 20_000)


@pytest.mark.parametrize(
    ("method", "path", "given", "status", "param"),
    [
        ("POST", "/refunds", {"charge": "ch_no"}, 404, "id"),
        ("POST", "/refunds", {"payment_intent": "pi_no"}, 400, "payment_intent"),
        ("GET", "/refunds/re_no", {}, 404, "refund"),
        ("POST", "/refunds/re_no/cancel", {}, 404, "refund"),
    ],
)
def test_of_a_refund_of_nothing(sandbox: Sandbox, method: str, path: str, given: Any, status: int, param: str) -> None:
    assert refused(sandbox, method, path, given)[:3] == (status, "resource_missing", param)


@pytest.mark.parametrize(
    "path",
    ["payment_intents/pi_x/increment_authorization", "setup_intents/seti_x/verify_microdeposits",
     "customers/cus_x/sources", "accounts/acct_x/login_links", "charges/ch_x/dispute"],
)  # fmt: skip
def test_of_a_call_of_one_object_that_the_sandbox_has_not(sandbox: Sandbox, path: str) -> None:
    *told, words = refused(sandbox, "POST", f"/{path}")
    assert told == [404, None, None] and "Stripe has this call, the sandbox has not" in words
    assert "Stripe has this call" not in refused(sandbox, "POST", "/payment_intents/pi_x/colour")[3]


@pytest.mark.parametrize("words", ["A<B", "A>B", "A*B", "A'B", 'A"B', "A\\B", "Chè", "123456"])
def test_of_words_that_no_statement_shows(sandbox: Sandbox, words: str) -> None:
    told = refused(sandbox, "POST", "/payment_intents", {**NEW, "statement_descriptor_suffix": words})
    assert (told[0], told[2]) == (400, "statement_descriptor_suffix")
    good = {**NEW, "statement_descriptor_suffix": "HTX BAN LIEN 12"}
    assert sandbox.stripe("POST", "/payment_intents", good).status_code == 200


@pytest.mark.parametrize(
    "back", ["nonsense", "javascript://x/%0aalert(1)", "data://x", "ftp://x.example", "//x", "app://a b"]
)
def test_of_a_way_back_that_is_none(sandbox: Sandbox, back: str) -> None:
    assert refused(sandbox, "POST", "/payment_intents", {**PAID, "return_url": back})[:3] == (
        400, "url_invalid", "return_url",
    )  # fmt: skip


def test_the_way_back_may_be_an_app_on_a_phone(sandbox: Sandbox) -> None:
    given = {**PAID, "payment_method": "pm_card_threeDSecure2Required", "return_url": "shop.app://paid?order=1"}
    told = sandbox.stripe("POST", "/payment_intents", given).json()
    assert told["next_action"]["redirect_to_url"]["return_url"] == "shop.app://paid?order=1"


@pytest.mark.parametrize("address", ["abc", "a@", "@b.c", "a@b", "a@b..c", "a@.b.c", "a b@c.d"])
def test_of_an_address_for_receipts(sandbox: Sandbox, address: str) -> None:
    told = refused(sandbox, "POST", "/payment_intents", {**NEW, "receipt_email": address})
    assert told[:3] == (400, "email_invalid", "receipt_email")
