"""Faults on demand: each does what it says, as often as ordered, and then the day is sunny again."""

import json
import re
import time
from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.server import WEBHOOK_SECRET, Inbox, Sandbox, qr_for

NEW = {"amount": 45_000, "currency": "vnd"}


def order(sandbox: Sandbox, **fault: Any) -> None:
    answer = requests.post(f"{sandbox.base_url}/sandbox/faults", json=fault, timeout=10)
    assert answer.status_code == 200, answer.text


def intents(sandbox: Sandbox) -> int:
    return len(sandbox.stripe("GET", "/payment_intents").json()["data"])


@pytest.mark.parametrize("status", [500, 409, 429])
def test_next_calls_get_the_ordered_status_and_nothing_ran(sandbox: Sandbox, status: int) -> None:
    order(sandbox, channel="stripe", kind=str(status), count=2)
    answers = [sandbox.stripe("POST", "/payment_intents", NEW, key="k1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert intents(sandbox) == 1


def test_answer_lost_after_the_effect_is_found_again_with_the_same_key(sandbox: Sandbox) -> None:
    order(sandbox, channel="stripe", kind="500", moment="after", path="/v1/payment_intents")
    lost = sandbox.stripe("POST", "/payment_intents", NEW, key="k1")
    found = sandbox.stripe("POST", "/payment_intents", NEW, key="k1")
    assert (lost.status_code, found.status_code, found.headers["Idempotent-Replayed"]) == (500, 200, "true")
    assert intents(sandbox) == 1


@pytest.mark.parametrize("channel", ["stripe", "bank"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_connection_is_cut(sandbox: Sandbox, channel: str, moment: str) -> None:
    order(sandbox, channel=channel, kind="reset", moment=moment)
    with pytest.raises(requests.ConnectionError):
        if channel == "stripe":
            sandbox.stripe("POST", "/payment_intents", NEW, key="k1")
        else:
            sandbox.pay(qr_for())
    done = intents(sandbox) if channel == "stripe" else len(sandbox.bank("GET", "/statement").json()["items"])
    assert done == (1 if moment == "after" else 0)


def test_hang_holds_the_call_and_breaks_off(sandbox: Sandbox) -> None:
    order(sandbox, channel="stripe", kind="hang", seconds=0.3)
    began = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        sandbox.stripe("GET", "/payment_intents")
    assert time.monotonic() - began >= 0.3


def test_delay_is_slow_but_right(sandbox: Sandbox) -> None:
    order(sandbox, channel="bank", kind="delay", seconds=0.3)
    began = time.monotonic()
    assert sandbox.pay(qr_for())["amount"] == 45_000
    assert time.monotonic() - began >= 0.3


def test_garbage_is_no_json_and_the_same_for_the_same_seed(sandbox: Sandbox) -> None:
    seen = []
    for _ in range(2):
        requests.post(f"{sandbox.base_url}/sandbox/faults", json={"clear": True, "seed": 7}, timeout=10)
        order(sandbox, channel="stripe", kind="garbage")
        seen.append(sandbox.stripe("GET", "/payment_intents").content)
    assert seen[0] == seen[1]
    with pytest.raises(ValueError, match=r".*"):
        json.loads(seen[0])


def test_dropped_message_never_arrives_but_can_be_polled(sandbox: Sandbox, notices: Inbox) -> None:
    order(sandbox, channel="bank_notices", kind="drop")
    sandbox.pay(qr_for())
    for _ in range(2):
        sandbox.deliver_now()
    assert notices.received == []
    assert len(sandbox.bank("GET", "/statement").json()["items"]) == 1


def test_duplicate_arrives_as_often_as_ordered(sandbox: Sandbox, notices: Inbox) -> None:
    order(sandbox, channel="bank_notices", kind="duplicate", copies=3)
    sandbox.pay(qr_for())
    sandbox.deliver_now()
    assert len(notices.received) == 3 and len({message.body for message in notices.received}) == 1
    listed = requests.get(f"{sandbox.base_url}/deliveries", timeout=10).text
    assert re.search(r'<td class="num">(\d+)</td></tr>', listed)[1] == "3"  # type: ignore[index]


def test_shuffle_changes_the_order_by_the_seed(sandbox: Sandbox, notices: Inbox) -> None:
    orders = []
    for _ in range(2):
        requests.post(f"{sandbox.base_url}/sandbox/faults", json={"clear": True, "seed": 3}, timeout=10)
        order(sandbox, channel="bank_notices", kind="shuffle", count=6)
        notices.received.clear()
        for n in range(6):
            sandbox.pay(qr_for(amount=1000 + n))
        sandbox.deliver_now()
        orders.append([json.loads(message.body)["amount"] for message in notices.received])
    assert orders[0] == orders[1] != sorted(orders[0])
    assert sorted(orders[0]) == [1000 + n for n in range(6)]


@pytest.mark.parametrize(("kind", "drift"), [("old_time", -600), ("future_time", 600)])
def test_false_time_is_signed_rightly(sandbox: Sandbox, events: Inbox, kind: str, drift: int) -> None:
    order(sandbox, channel="stripe_webhooks", kind=kind)
    sandbox.stripe("POST", "/payment_intents", NEW)
    sandbox.deliver_now()
    message = events.received[0]
    stamp = int(message.headers["Stripe-Signature"].split(",")[0].removeprefix("t="))
    assert abs(stamp - time.time() - drift) < 60
    stripe.WebhookSignature.verify_header(message.body.decode(), message.headers["Stripe-Signature"], WEBHOOK_SECRET)


def test_bad_signature_is_followed_by_a_good_one(sandbox: Sandbox, events: Inbox) -> None:
    order(sandbox, channel="stripe_webhooks", kind="bad_signature")
    events.answers = [400]
    sandbox.stripe("POST", "/payment_intents", NEW)
    sandbox.deliver_now()
    sandbox.deliver_now()
    bad, good = events.received
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(bad.body, bad.headers["Stripe-Signature"], WEBHOOK_SECRET)
    assert stripe.Webhook.construct_event(good.body, good.headers["Stripe-Signature"], WEBHOOK_SECRET)


def test_delayed_message_waits(sandbox: Sandbox, events: Inbox) -> None:
    order(sandbox, channel="stripe_webhooks", kind="delay", seconds=60)
    sandbox.stripe("POST", "/payment_intents", NEW)
    assert [attempt.note for attempt in sandbox.deliver_now()] == ["fault: delayed by 60 s"]
    assert events.received == []


@pytest.mark.parametrize(
    "wrong",
    [{}, {"channel": "stripe", "kind": "drop"}, {"channel": "bank", "kind": "500", "count": 0}, ["x"],
     {"channel": "bank", "kind": "500", "moment": "never"}, {"channel": "bank", "kind": "delay", "seconds": "x"}],
)  # fmt: skip
def test_an_order_that_means_nothing_is_refused(sandbox: Sandbox, wrong: Any) -> None:
    answer = requests.post(f"{sandbox.base_url}/sandbox/faults", json=wrong, timeout=10)
    assert answer.status_code == 400
    assert (
        requests.get(f"{sandbox.base_url}/sandbox/faults", timeout=10).headers["Content-Type"].startswith("text/html")
    )
    listed = requests.get(f"{sandbox.base_url}/sandbox/faults", headers={"Accept": "application/json"}, timeout=10)
    assert listed.json() == {"waiting": []}


def test_faults_can_be_ordered_and_cleared_on_their_page(sandbox: Sandbox) -> None:
    form = {"channel": "stripe", "kind": "500", "count": "2", "seconds": "", "moment": "before"}
    shown = requests.post(f"{sandbox.base_url}/sandbox/faults", form, timeout=10)
    assert "lỗi máy chủ 500 × 2" in shown.text
    requests.post(f"{sandbox.base_url}/sandbox/faults", {"clear": "1", "seed": "0"}, timeout=10)
    assert sandbox.stripe("GET", "/payment_intents").status_code == 200


@pytest.mark.parametrize(
    ("channel", "field", "typed"),
    [("stripe", "count", "0"), ("stripe", "count", "😀"), ("bank", "seconds", "mười"), ("bank", "seconds", "nan"),
     ("stripe", "seconds", "864001"), ("bank_notices", "copies", "1"), ("stripe_webhooks", "copies", "9" * 10_000)],
)  # fmt: skip
def test_the_page_of_faults_marks_the_wrong_field_and_keeps_what_was_chosen(
    sandbox: Sandbox, channel: str, field: str, typed: str
) -> None:
    form = {"channel": channel, "kind": "delay", "moment": "after", field: typed}
    shown = requests.post(f"{sandbox.base_url}/sandbox/faults", form, timeout=10)
    assert shown.status_code == 422 and shown.text.count(f'id="wrong-{field}"') == shown.text.count('id="wrong-') == 1
    assert f'value="{typed}"' in shown.text and '<option value="delay" selected>' in shown.text
    assert ('<option value="after" selected>' in shown.text) == (channel in ("stripe", "bank"))


def test_a_fault_that_waits_says_when_it_strikes(sandbox: Sandbox) -> None:
    form = {"channel": "stripe", "kind": "reset", "moment": "after"}
    shown = requests.post(f"{sandbox.base_url}/sandbox/faults", form, timeout=10)
    assert "đứt kết nối × 1, sau khi đã làm xong" in shown.text


def test_a_fault_inside_leaves_nothing_and_is_the_answer_of_its_key(sandbox: Sandbox) -> None:
    """As at Stripe: a 500 after the call began to run is stored like any answer; only a new key asks anew."""
    order(sandbox, channel="stripe", kind="500", moment="inside")
    first = sandbox.stripe("POST", "/payment_intents", NEW, key="k1")
    again = sandbox.stripe("POST", "/payment_intents", NEW, key="k1")
    assert (first.status_code, first.json()["error"]["type"], intents(sandbox)) == (500, "api_error", 0)
    assert (again.status_code, again.json(), again.headers["Idempotent-Replayed"]) == (500, first.json(), "true")
    assert again.headers["Stripe-Should-Retry"] == "false"
    assert sandbox.stripe("POST", "/payment_intents", NEW, key="k2").status_code == 200
    assert intents(sandbox) == 1


def test_only_an_error_500_of_the_gateway_happens_inside(sandbox: Sandbox) -> None:
    """Any other one would wait for ever, or be an error 500 under another name."""
    for channel, kind in (("bank", "500"), ("stripe", "delay")):
        form = {"channel": channel, "kind": kind, "moment": "inside"}
        shown = requests.post(f"{sandbox.base_url}/sandbox/faults", form, timeout=10)
        assert shown.status_code == 422 and shown.text.count('id="wrong-') == shown.text.count('id="wrong-moment"') == 1
        assert requests.post(f"{sandbox.base_url}/sandbox/faults", json=form, timeout=10).status_code == 400
    assert shown.text.count('value="inside"') == 1, "offered for calls to the gateway only"


@pytest.mark.parametrize("kind", ["500", "409", "429"])
def test_struck_calls_carry_a_request_id_and_keep_no_key(sandbox: Sandbox, kind: str) -> None:
    order(sandbox, channel="stripe", kind=kind)
    struck = sandbox.stripe("POST", "/payment_intents", NEW, key="k1")
    assert struck.headers["Request-Id"].startswith("req_")
    assert sandbox.stripe("POST", "/payment_intents", NEW, key="k1").headers.get("Idempotent-Replayed") is None


def test_a_wrong_order_on_the_page_keeps_what_was_typed_and_tells_the_bounds(sandbox: Sandbox) -> None:
    form = {"channel": "bank", "kind": "hang", "count": "5000", "seconds": "77"}
    answer = requests.post(f"{sandbox.base_url}/sandbox/faults", form, headers={"Accept": "text/html"}, timeout=10)
    assert answer.status_code == 422
    assert 'value="5000"' in answer.text and 'value="77"' in answer.text
    assert '<option value="hang" selected>' in answer.text
    assert "số nguyên từ 1 đến 1.000" in answer.text and "count is" not in answer.text
