"""``request_three_d_secure``: a card that can authenticate does so when it is asked to; one that cannot pays on."""

from typing import Any

import pytest
import requests

from tests.sandbox.server import Sandbox
from tests.sandbox.test_checkout import make as make_session
from tests.sandbox.test_checkout import now_of, type_card
from tests.sandbox.test_intents import act, make

ON_CARD = "payment_method_options[card][request_three_d_secure]"
OPTIONAL = "pm_card_threeDSecureOptional"
PAYING = {"confirm": "true", "return_url": "http://127.0.0.1/back"}


@pytest.mark.parametrize(
    ("card", "request_", "status"),
    [
        (OPTIONAL, "any", "requires_action"),
        (OPTIONAL, "challenge", "requires_action"),
        (OPTIONAL, "automatic", "succeeded"),
        ("pm_card_visa", "any", "succeeded"),
        ("pm_card_amex_threeDSecureNotSupported", "challenge", "succeeded"),
        ("pm_card_threeDSecureRequired", "automatic", "requires_action"),
    ],
)
def test_only_an_enrolled_card_is_asked(sandbox: Sandbox, card: str, request_: str, status: str) -> None:
    intent = make(sandbox, payment_method=card, **PAYING, **{ON_CARD: request_})
    assert intent["status"] == status
    assert intent["payment_method_options"]["card"]["request_three_d_secure"] == request_


@pytest.mark.parametrize("path", ["", "/confirm"])
def test_it_may_be_requested_later(sandbox: Sandbox, path: str) -> None:
    intent = make(sandbox, payment_method=OPTIONAL)
    changed = sandbox.stripe("POST", f"/payment_intents/{intent['id']}{path}", {ON_CARD: "any"}).json()
    assert set(changed["payment_method_options"]["card"]) == set(intent["payment_method_options"]["card"])
    if not path:
        changed = act(sandbox, intent, "confirm").json()
    assert changed["status"] == "requires_action"


def test_nobody_is_there_to_be_asked(sandbox: Sandbox) -> None:
    given = {"amount": 50_000, "currency": "vnd", "payment_method": OPTIONAL, ON_CARD: "any", "off_session": "true"}
    answer = sandbox.stripe("POST", "/payment_intents", {**given, "confirm": "true"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "authentication_required")


@pytest.mark.parametrize(("request_", "status"), [("any", "requires_action"), ("automatic", "succeeded")])
def test_it_is_requested_for_a_card_that_is_kept(sandbox: Sandbox, request_: str, status: str) -> None:
    given: dict[str, Any] = {"payment_method": OPTIONAL, "confirm": "true", ON_CARD: request_}
    assert sandbox.stripe("POST", "/setup_intents", given).json()["status"] == status


def test_a_session_requests_it_of_its_payment(sandbox: Sandbox) -> None:
    session = make_session(sandbox, **{ON_CARD: "any"})
    asked = type_card(session, "4000000000003055").headers["Location"]
    assert "/3ds/" in asked and now_of(sandbox, session)["status"] == "open"
    assert requests.get(asked, timeout=10).status_code == 200
