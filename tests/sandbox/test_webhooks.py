"""Events arrive signed, at least once, at every endpoint that asked; the log keeps each try."""

import json
import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
import requests
import stripe

from marketplace.core import clock
from marketplace.sandbox.delivery import PAUSES
from marketplace.sandbox.signing import hexdigest
from tests.sandbox.server import WEBHOOK_SECRET, Inbox, Sandbox, start_sandbox

NEW = {"amount": 45_000, "currency": "vnd"}


def test_signature_is_the_vector_of_the_official_sdk() -> None:
    body = b'{"id":"evt_test_1","object":"event","type":"payment_intent.succeeded"}'
    expected = "871acfe933554b446cc41d791076dd56a10c0553cc61aafbeb881d0082b45043"
    assert hexdigest("whsec_test_secret", 1_700_000_000, body) == expected


def test_event_arrives_signed_and_equals_the_listed_one(sandbox: Sandbox, events: Inbox) -> None:
    intent = sandbox.stripe("POST", "/payment_intents", NEW, key="k1").json()
    assert [attempt.status for attempt in sandbox.deliver_now()] == [200]
    message = events.received[0]
    event = stripe.Webhook.construct_event(message.body, message.headers["Stripe-Signature"], WEBHOOK_SECRET)
    assert (event.type, event.data.object["id"]) == ("payment_intent.created", intent["id"])
    sent = json.loads(message.body)
    assert sent["request"]["idempotency_key"] == "k1" and sent["pending_webhooks"] == 1
    listed = sandbox.stripe("GET", f"/events/{event.id}").json()
    assert listed == {**sent, "pending_webhooks": 0}
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(message.body, message.headers["Stripe-Signature"], "whsec_other")


def test_anything_but_2xx_is_tried_again_with_the_same_body(sandbox: Sandbox, events: Inbox) -> None:
    events.answers = [500, 302, 404]
    sandbox.stripe("POST", "/payment_intents", NEW)
    statuses = [attempt.status for _ in range(5) for attempt in sandbox.deliver_now()]
    assert statuses == [500, 302, 404, 200]
    assert len({message.body for message in events.received}) == 1


def test_a_dead_endpoint_gets_its_event_when_it_is_back(tmp_path: Path) -> None:
    gone = Inbox().start()
    gone.stop()
    running = start_sandbox(tmp_path, webhook_url=gone.url)
    running.stripe("POST", "/payment_intents", NEW)
    assert [attempt.status for attempt in running.deliver_now()] == [None]
    assert [attempt.status for attempt in running.deliver_now()] == [None]
    running.stop()


def test_background_courier_retries_by_itself(tmp_path: Path) -> None:
    inbox = Inbox(answers=[500, 500]).start()
    running = start_sandbox(tmp_path, webhook_url=inbox.url, background=True)
    running.stripe("POST", "/payment_intents", NEW)
    end = time.monotonic() + 20
    while running.stripe("GET", "/events").json()["data"][0]["pending_webhooks"] and time.monotonic() < end:
        time.sleep(0.02)  # its next try comes by itself
    assert len(inbox.received) == 3
    running.stop()
    inbox.stop()


def test_messages_survive_a_restart(tmp_path: Path, events: Inbox) -> None:
    first = start_sandbox(tmp_path, webhook_url=events.url)
    first.stripe("POST", "/payment_intents", NEW)
    first.stop()
    second = start_sandbox(tmp_path, webhook_url=events.url)
    assert [attempt.status for attempt in second.deliver_now()] == [200]
    second.stop()


def test_each_endpoint_hears_only_what_it_asked_for(sandbox: Sandbox, events: Inbox, notices: Inbox) -> None:
    given = {"url": notices.url, "enabled_events[]": "payment_intent.succeeded"}
    endpoint = sandbox.stripe("POST", "/webhook_endpoints", given).json()
    assert endpoint["secret"].startswith("whsec_") and endpoint["status"] == "enabled"
    sandbox.stripe("POST", "/payment_intents", {**NEW, "payment_method": "pm_card_visa", "confirm": "true"})
    sandbox.deliver_now()
    assert (len(events.received), len(notices.received)) == (3, 1)
    message = notices.received[0]
    stripe.Webhook.construct_event(message.body, message.headers["Stripe-Signature"], endpoint["secret"])


def test_endpoints_can_be_changed_switched_off_and_deleted(sandbox: Sandbox, notices: Inbox) -> None:
    given = {"url": notices.url, "enabled_events[0]": "*", "metadata[for]": "audit"}
    made = sandbox.stripe("POST", "/webhook_endpoints", given).json()
    path = f"/webhook_endpoints/{made['id']}"
    assert "secret" not in sandbox.stripe("GET", path).json()
    assert sandbox.stripe("POST", path, {"disabled": "true"}).json()["status"] == "disabled"
    sandbox.stripe("POST", "/payment_intents", NEW)
    sandbox.deliver_now()
    assert notices.received == []
    assert sandbox.stripe("DELETE", path).json() == {"id": made["id"], "object": "webhook_endpoint", "deleted": True}
    assert sandbox.stripe("GET", path).status_code == 404
    assert made["id"] not in sandbox.stripe("GET", "/webhook_endpoints").text
    bad = sandbox.stripe("POST", "/webhook_endpoints", {"url": "ftp://x", "enabled_events[]": "*"})
    assert bad.json()["error"]["param"] == "url"


def test_a_rolled_secret_signs_beside_the_new_one_for_a_day(sandbox: Sandbox, notices: Inbox) -> None:
    given = {"url": notices.url, "enabled_events[]": "payment_intent.created"}
    endpoint = sandbox.stripe("POST", "/webhook_endpoints", given).json()
    page = requests.post(f"{sandbox.base_url}/endpoints/{endpoint['id']}/secret", timeout=10)
    new = re.findall(r"whsec_[A-Za-z0-9]{32}", page.text)[0]
    assert new != endpoint["secret"]
    sandbox.stripe("POST", "/payment_intents", NEW)
    sandbox.deliver_now()
    message = notices.received[-1]
    header = message.headers["Stripe-Signature"]
    assert header.count("v1=") == 2
    for secret in (endpoint["secret"], new):
        stripe.Webhook.construct_event(message.body, header, secret)
    with clock.frozen(clock.now() + timedelta(hours=25)):
        sandbox.stripe("POST", "/payment_intents", NEW)
        sandbox.deliver_now()
    later = notices.received[-1].headers["Stripe-Signature"]
    assert later.count("v1=") == 1
    body = notices.received[-1].body.decode()
    assert stripe.WebhookSignature.verify_header(body, later, new)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body, later, endpoint["secret"])


def test_a_message_is_sent_again_by_hand_with_a_fresh_signature(sandbox: Sandbox, events: Inbox) -> None:
    sandbox.stripe("POST", "/payment_intents", NEW)
    sandbox.deliver_now()
    log = requests.get(f"{sandbox.base_url}/deliveries", timeout=10).text
    address = re.findall(r'href="(/deliveries/\d+)"', log)[0]
    requests.post(f"{sandbox.base_url}{address}/replay", timeout=10)
    assert [attempt.status for attempt in sandbox.deliver_now()] == [200]
    first, second = events.received
    assert first.body == second.body
    stripe.Webhook.construct_event(second.body, second.headers["Stripe-Signature"], WEBHOOK_SECRET)


def test_pauses_grow_for_three_days() -> None:
    assert list(PAUSES) == sorted(PAUSES)
    assert 3 * 24 * 3600 - 3600 <= sum(PAUSES) <= 3 * 24 * 3600 + 3600
