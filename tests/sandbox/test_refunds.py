"""Refunds: never more than was captured, whatever order they come in."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from tests.sandbox.server import Sandbox


def paid(sandbox: Sandbox, method: str = "pm_card_visa") -> dict[str, Any]:
    given = {"amount": 150_000, "currency": "vnd", "payment_method": method, "confirm": "true"}
    return dict(sandbox.stripe("POST", "/payment_intents", given).json())


def refund(sandbox: Sandbox, intent: dict[str, Any], **given: Any) -> requests.Response:
    return sandbox.stripe("POST", "/refunds", {"payment_intent": intent["id"], **given})


def charge_of(sandbox: Sandbox, intent: dict[str, Any]) -> dict[str, Any]:
    return dict(sandbox.stripe("GET", f"/charges/{intent['latest_charge']}").json())


def test_parts_add_up_and_the_last_one_defaults_to_the_rest(sandbox: Sandbox) -> None:
    intent = paid(sandbox)
    first = refund(sandbox, intent, amount=50_000, reason="requested_by_customer").json()
    assert (first["status"], first["amount"], first["charge"]) == ("succeeded", 50_000, intent["latest_charge"])
    assert charge_of(sandbox, intent)["refunded"] is False
    assert refund(sandbox, intent).json()["amount"] == 100_000
    charge = charge_of(sandbox, intent)
    assert (charge["amount_refunded"], charge["refunded"]) == (150_000, True)
    assert sandbox.stripe("GET", f"/payment_intents/{intent['id']}").json()["status"] == "succeeded"
    listed = sandbox.stripe("GET", "/refunds", {"payment_intent": intent["id"]}).json()["data"]
    assert [entry["amount"] for entry in listed] == [100_000, 50_000]


def test_more_than_is_left_is_refused_on_amount(sandbox: Sandbox) -> None:
    intent = paid(sandbox)
    refund(sandbox, intent, amount=50_000)
    answer = refund(sandbox, intent, amount=100_001)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (400, "invalid_request_error", "amount")
    assert charge_of(sandbox, intent)["amount_refunded"] == 50_000


def test_a_second_full_refund_has_its_own_code(sandbox: Sandbox) -> None:
    intent = paid(sandbox)
    refund(sandbox, intent)
    assert refund(sandbox, intent).json()["error"]["code"] == "charge_already_refunded"


def test_eight_refunds_at_once_never_exceed_the_charge(sandbox: Sandbox) -> None:
    intent = paid(sandbox)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refund(sandbox, intent, amount=40_000), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [400] * 5
    assert charge_of(sandbox, intent)["amount_refunded"] == 120_000


def test_what_was_never_captured_is_cancelled_not_refunded(sandbox: Sandbox) -> None:
    given = {"amount": 100_000, "currency": "vnd", "payment_method": "pm_card_visa", "confirm": "true"}
    held = sandbox.stripe("POST", "/payment_intents", {**given, "capture_method": "manual"}).json()
    assert refund(sandbox, held).status_code == 400
    assert sandbox.stripe("POST", "/refunds", {"charge": held["latest_charge"]}).status_code == 400
    assert sandbox.stripe("POST", "/refunds", {}).json()["error"].get("param") is None
    assert sandbox.stripe("POST", "/refunds", {"charge": "ch_x"}).json()["error"]["code"] == "resource_missing"


def test_partly_captured_charge_gives_back_only_what_was_taken(sandbox: Sandbox) -> None:
    given = {"amount": 100_000, "currency": "vnd", "payment_method": "pm_card_visa", "confirm": "true"}
    held = sandbox.stripe("POST", "/payment_intents", {**given, "capture_method": "manual"}).json()
    taken = sandbox.stripe("POST", f"/payment_intents/{held['id']}/capture", {"amount_to_capture": 70_000}).json()
    assert (taken["amount"], taken["amount_received"], taken["amount_capturable"]) == (100_000, 70_000, 0)
    charge = sandbox.stripe("GET", f"/charges/{held['latest_charge']}", {"expand[]": "refunds"}).json()
    assert (charge["amount"], charge["amount_captured"]) == (100_000, 70_000)
    assert (charge["amount_refunded"], charge["refunded"], charge["refunds"]["data"]) == (0, False, [])
    assert refund(sandbox, held, amount=70_001).status_code == 400
    assert refund(sandbox, held).json()["amount"] == 70_000
    assert charge_of(sandbox, held)["refunded"] is True


def test_money_of_an_intent_that_was_only_held_makes_no_refund(sandbox: Sandbox) -> None:
    given = {"amount": 100_000, "currency": "vnd", "payment_method": "pm_card_visa", "confirm": "true"}
    held, late = (
        sandbox.stripe("POST", "/payment_intents", {**given, "capture_method": "manual"}).json() for _ in range(2)
    )
    sandbox.stripe("POST", f"/payment_intents/{held['id']}/cancel")
    sandbox.pass_time(8 * 24 * 3600)
    for intent in (held, late):
        charge = charge_of(sandbox, intent)
        assert [charge[name] for name in ("captured", "amount_captured", "amount_refunded", "refunded")] == [
            False, 0, 0, False,
        ]  # fmt: skip
        words = sandbox.stripe("POST", "/refunds", {"charge": charge["id"]}).json()["error"]["message"]
        assert words == f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
    told = [event["type"] for event in sandbox.stripe("GET", "/events", {"limit": "100"}).json()["data"]]
    assert told.count("charge.expired") == 1 and "charge.refunded" not in told


def test_a_pending_refund_succeeds_later(sandbox: Sandbox) -> None:
    intent = paid(sandbox, "pm_card_pendingRefund")
    made = refund(sandbox, intent).json()
    assert made["status"] == "pending"
    sandbox.pass_time(60)
    assert sandbox.stripe("GET", f"/refunds/{made['id']}").json()["status"] == "succeeded"


def test_a_refund_can_fail_after_it_looked_good(sandbox: Sandbox) -> None:
    intent = paid(sandbox, "pm_card_refundFail")
    made = refund(sandbox, intent, amount=50_000).json()
    assert (made["status"], charge_of(sandbox, intent)["amount_refunded"]) == ("succeeded", 50_000)
    sandbox.pass_time(60)
    failed = sandbox.stripe("GET", f"/refunds/{made['id']}").json()
    assert (failed["status"], charge_of(sandbox, intent)["amount_refunded"]) == ("failed", 0)
    assert sandbox.stripe("GET", "/balance").json()["available"][0]["amount"] == 150_000
    listed = sandbox.stripe("GET", "/events", {"type": "refund.failed"}).json()["data"]
    assert [event["data"]["object"]["id"] for event in listed] == [made["id"]]


def test_an_authorisation_runs_out_after_seven_days(sandbox: Sandbox) -> None:
    given = {"amount": 100_000, "currency": "vnd", "payment_method": "pm_card_visa", "confirm": "true"}
    held = sandbox.stripe("POST", "/payment_intents", {**given, "capture_method": "manual"}).json()
    sandbox.pass_time(6 * 24 * 3600)
    assert sandbox.stripe("GET", f"/payment_intents/{held['id']}").json()["status"] == "requires_capture"
    sandbox.pass_time(8 * 24 * 3600)
    after = sandbox.stripe("GET", f"/payment_intents/{held['id']}").json()
    assert (after["status"], after["cancellation_reason"]) == ("canceled", "automatic")


def test_a_disputed_charge_cannot_be_refunded(sandbox: Sandbox) -> None:
    intent = paid(sandbox, "pm_card_createDispute")
    sandbox.pass_time(60)
    assert refund(sandbox, intent).json()["error"]["code"] == "charge_disputed"
    assert sandbox.stripe("GET", "/disputes").json()["data"][0]["charge"] == intent["latest_charge"]
