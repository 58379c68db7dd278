"""Idempotency keys: one effect, the first answer again; what never ran leaves no trace."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from tests.sandbox.server import Sandbox

NEW = {"amount": 150_000, "currency": "vnd", "payment_method": "pm_card_visa", "confirm": "true"}


def post(sandbox: Sandbox, key: str, **given: Any) -> requests.Response:
    return sandbox.stripe("POST", "/payment_intents", {**NEW, **given}, key=key)


def count(sandbox: Sandbox) -> int:
    return len(sandbox.stripe("GET", "/payment_intents", {"limit": 100}).json()["data"])


def test_same_key_and_parameters_get_the_first_answer_again(sandbox: Sandbox) -> None:
    first, second = post(sandbox, "k1"), post(sandbox, "k1")
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert first.headers["Idempotency-Key"] == "k1"
    assert count(sandbox) == 1


def test_without_a_key_each_request_counts(sandbox: Sandbox) -> None:
    """The control: it is the key, and nothing else, that makes one of two."""
    for _ in range(2):
        sandbox.stripe("POST", "/payment_intents", NEW)
    assert count(sandbox) == 2


def test_same_key_with_other_parameters_or_path_is_refused(sandbox: Sandbox) -> None:
    intent = post(sandbox, "k1").json()
    path = f"/payment_intents/{intent['id']}"
    for answer, words in (
        (post(sandbox, "k1", amount=1), "with the same parameters they were first used with."),
        (
            sandbox.stripe("POST", path, NEW, key="k1"),
            f"for the same endpoint they were first used for ('/v1{path}' vs '/v1/payment_intents').",
        ),
    ):
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")
        assert words in answer.json()["error"]["message"]
    assert count(sandbox) == 1


def test_order_of_parameters_does_not_matter(sandbox: Sandbox) -> None:
    first = post(sandbox, "k1")
    turned = sandbox.stripe("POST", "/payment_intents", dict(reversed(list(NEW.items()))), key="k1")
    assert turned.json()["id"] == first.json()["id"]


def test_a_decline_is_an_answer_and_is_replayed(sandbox: Sandbox) -> None:
    first = post(sandbox, "k1", payment_method="pm_card_visa_chargeDeclined")
    second = post(sandbox, "k1", payment_method="pm_card_visa_chargeDeclined")
    assert (first.status_code, second.status_code) == (402, 402)
    assert first.json() == second.json() and second.headers["Idempotent-Replayed"] == "true"
    assert len(sandbox.stripe("GET", "/charges").json()["data"]) == 1


def test_a_refusal_while_running_is_replayed_even_when_the_state_moved_on(sandbox: Sandbox) -> None:
    intent = sandbox.stripe("POST", "/payment_intents", {"amount": 20_000, "currency": "vnd"}).json()
    path = f"/payment_intents/{intent['id']}"
    early = sandbox.stripe("POST", f"{path}/capture", {}, key="capture")
    sandbox.stripe("POST", path, {"capture_method": "manual"})
    sandbox.stripe("POST", f"{path}/confirm", {"payment_method": "pm_card_visa"})
    late = sandbox.stripe("POST", f"{path}/capture", {}, key="capture")
    assert (early.status_code, late.status_code, late.json()) == (400, 400, early.json())
    assert sandbox.stripe("POST", f"{path}/capture", {}, key="again").json()["status"] == "succeeded"


def test_a_validation_failure_keeps_no_key(sandbox: Sandbox) -> None:
    assert post(sandbox, "k1", amount=0).status_code == 400
    assert post(sandbox, "k1").status_code == 200


def test_a_wrong_api_key_keeps_no_key(sandbox: Sandbox) -> None:
    stranger = {"Authorization": "Bearer sk_test_x", "Idempotency-Key": "k1"}
    assert requests.post(f"{sandbox.base_url}/v1/payment_intents", NEW, headers=stranger, timeout=10).status_code == 401
    assert post(sandbox, "k1").status_code == 200


def test_a_key_has_1_to_255_characters(sandbox: Sandbox) -> None:
    assert post(sandbox, "k" * 255).status_code == 200
    assert post(sandbox, "k" * 256).json()["error"]["type"] == "idempotency_error"


def test_eight_at_once_with_one_key_make_one_payment(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(sandbox, "same"), range(8)))
    assert count(sandbox) == 1 and len(sandbox.stripe("GET", "/charges").json()["data"]) == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 200}) == 1
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["error"]["code"] == "idempotency_key_in_use"
            assert answer.headers["Stripe-Should-Retry"] == "true"
    assert post(sandbox, "same").headers["Idempotent-Replayed"] == "true"
