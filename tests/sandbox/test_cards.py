"""Cards as numbers, tokens and names: what a bank sees at once, and what only shows later."""

from typing import Any

import pytest

from marketplace.sandbox.stripe import cards
from tests.sandbox.server import Sandbox
from tests.sandbox.test_intents import make

CARD = {"card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2034", "card[cvc]": "123"}


def create(sandbox: Sandbox, **changes: Any) -> Any:
    given = {"type": "card", **CARD, **{f"card[{name}]": value for name, value in changes.items()}}
    return sandbox.stripe("POST", "/payment_methods", given)


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
        ({"number": "42"}, "incorrect_number", "number"),
        ({"exp_month": "13"}, "invalid_expiry_month", "exp_month"),
        ({"exp_year": "2020"}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": "2099"}, "invalid_expiry_year", "exp_year"),
        ({"cvc": "12"}, "invalid_cvc", "cvc"),
        ({"number": "4111111111111111"}, "card_declined", None),
    ],
)
def test_a_card_that_cannot_be_is_a_card_error(
    sandbox: Sandbox, changes: dict[str, str], code: str, param: str | None
) -> None:
    answer = create(sandbox, **changes)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"], error.get("param")) == (402, "card_error", code, param)


def test_a_short_year_and_spaces_are_read(sandbox: Sandbox) -> None:
    made = create(sandbox, number="4242 4242 4242 4242", exp_year="34").json()
    assert (made["card"]["last4"], made["card"]["exp_year"]) == ("4242", 2034)


@pytest.mark.parametrize("card", cards.CARDS, ids=lambda card: card.number)
def test_name_number_and_token_are_the_same_card(sandbox: Sandbox, card: cards.TestCard) -> None:
    by_token = sandbox.stripe(
        "POST", "/payment_methods", {"type": "card", "card[token]": card.names[0].replace("pm_card_", "tok_")}
    ).json()
    by_number = create(sandbox, number=card.number).json()
    assert by_token["card"] == by_number["card"] and by_number["card"]["last4"] == card.number[-4:]
    given = {"payment_method": card.names[0], "confirm": "true", "return_url": "http://127.0.0.1/"}
    answer = sandbox.stripe("POST", "/payment_intents", {"amount": 90_000, "currency": "vnd", **given})
    asks = card.act in (cards.Act.ASK, cards.Act.ASK_OFF_SESSION)
    expected = 200 if asks or card.code is None else 402
    assert answer.status_code == expected
    if expected == 200:
        assert answer.json()["status"] == ("requires_action" if asks else "succeeded")
    else:
        assert answer.json()["error"]["decline_code"] == card.decline_code


def test_a_deleted_customer_says_only_that_it_is_gone(sandbox: Sandbox) -> None:
    customer = sandbox.stripe("POST", "/customers").json()["id"]
    method = sandbox.stripe("POST", "/payment_methods/pm_card_visa/attach", {"customer": customer}).json()["id"]
    listed = sandbox.stripe("GET", f"/customers/{customer}/payment_methods").json()["data"]
    assert [entry["id"] for entry in listed] == [method]
    gone = {"id": customer, "object": "customer", "deleted": True}
    assert sandbox.stripe("DELETE", f"/customers/{customer}").json() == gone
    assert sandbox.stripe("GET", f"/customers/{customer}").json() == gone
    assert sandbox.stripe("GET", "/customers").json()["data"] == []
    for path in (f"/customers/{customer}", "/customers/cus_nobody"):
        assert sandbox.stripe("POST", path, {"name": "x"}).json()["error"]["code"] == "resource_missing"
    given = {"amount": 90_000, "currency": "vnd", "payment_method": method}
    assert sandbox.stripe("POST", "/payment_intents", given).status_code == 400
    assert make(sandbox)["customer"] is None
