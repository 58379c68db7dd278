"""Events: what was otherwise before, and the filters of their list."""

from typing import Any

from tests.sandbox.server import Inbox, Sandbox
from tests.sandbox.test_intents import in_state, make


def told(sandbox: Sandbox, **asked: Any) -> list[dict[str, Any]]:
    return list(sandbox.stripe("GET", "/events", {"limit": 100, **asked}).json()["data"])


def before(sandbox: Sandbox, kind: str) -> Any:
    return told(sandbox, type=kind)[0]["data"].get("previous_attributes")


def test_a_refund_tells_what_the_charge_was_before(sandbox: Sandbox) -> None:
    intent = in_state(sandbox, "succeeded")
    sandbox.stripe("POST", "/refunds", {"payment_intent": intent["id"], "amount": 50_000})
    assert before(sandbox, "charge.refunded") == {"amount_refunded": 0}
    sandbox.stripe("POST", "/refunds", {"payment_intent": intent["id"]})
    assert before(sandbox, "charge.refunded") == {"amount_refunded": 50_000, "refunded": False}
    listed = told(sandbox, type="charge.refunded")
    assert [event["data"]["object"]["amount_refunded"] for event in listed] == [150_000, 50_000], "each as it was then"


def test_an_update_names_changed_members_only_and_new_ones_as_null(sandbox: Sandbox) -> None:
    customer = sandbox.stripe("POST", "/customers", {"name": "Hoa", "metadata[a]": "1", "metadata[b]": "2"}).json()
    sandbox.stripe("POST", f"/customers/{customer['id']}", {"metadata[a]": "9", "metadata[c]": "3", "phone": "09"})
    assert before(sandbox, "customer.updated") == {"phone": None, "metadata": {"a": "1", "c": None}}


def test_happenings_of_an_intent_carry_no_past(sandbox: Sandbox) -> None:
    held = in_state(sandbox, "requires_capture")
    sandbox.stripe("POST", f"/payment_intents/{held['id']}/capture")
    in_state(sandbox, "canceled")
    assert before(sandbox, "payment_intent.succeeded") is None
    assert before(sandbox, "payment_intent.canceled") is None
    assert before(sandbox, "charge.captured")["captured"] is False


def test_an_authorisation_that_runs_out_expires_its_charge(sandbox: Sandbox) -> None:
    in_state(sandbox, "requires_capture")
    sandbox.pass_time(8 * 24 * 3600)
    assert [event["type"] for event in told(sandbox)[:2]] == ["payment_intent.canceled", "charge.expired"]


def test_filters_take_one_type_a_group_or_several(sandbox: Sandbox) -> None:
    in_state(sandbox, "succeeded")
    assert {event["type"] for event in told(sandbox, type="payment_intent.*")} == {
        "payment_intent.created", "payment_intent.succeeded",
    }  # fmt: skip
    asked = {"types[]": ["charge.succeeded", "payment_intent.created"]}
    assert [event["type"] for event in told(sandbox, **asked)] == ["charge.succeeded", "payment_intent.created"]
    assert told(sandbox, type="charge") == []
    both = sandbox.stripe("GET", "/events", {"type": "charge.*", "types[]": "charge.failed"})
    assert both.status_code == 400
    many = sandbox.stripe("GET", "/events", {f"types[{n}]": "charge.failed" for n in range(21)})
    assert many.json()["error"]["param"] == "types"


def test_events_that_were_not_taken_are_found(sandbox: Sandbox, events: Inbox) -> None:
    events.answers = [500]
    make(sandbox)
    sandbox.deliver_now()
    assert (len(told(sandbox, delivery_success="false")), len(told(sandbox, delivery_success="true"))) == (1, 0)
    sandbox.deliver_now()
    assert (len(told(sandbox, delivery_success="false")), len(told(sandbox, delivery_success="true"))) == (0, 1)


def test_created_bounds_a_list(sandbox: Sandbox) -> None:
    moment = make(sandbox)["created"]
    for bounds, count in (
        ({"created": moment}, 1), ({"created[gte]": moment, "created[lte]": moment}, 1), ({"created[gt]": moment}, 0),
        ({"created[lt]": moment}, 0), ({"created[gte]": moment + 1}, 0),
    ):  # fmt: skip
        assert len(sandbox.stripe("GET", "/payment_intents", bounds).json()["data"]) == count, bounds
    wrong = sandbox.stripe("GET", "/payment_intents", {"created[after]": 1})
    assert wrong.json()["error"]["param"] == "created[after]"
