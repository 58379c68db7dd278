"""Checkout Sessions: the gateway's own page, from open to complete or expired."""

import time
from typing import Any

import pytest
import requests

from tests.sandbox.server import Sandbox

LINES = {
    "line_items[0][price_data][currency]": "vnd",
    "line_items[0][price_data][unit_amount]": "60000",
    "line_items[0][price_data][product_data][name]": "Trà Shan tuyết",
    "line_items[0][quantity]": "2",
    "line_items[1][price_data][currency]": "vnd",
    "line_items[1][price_data][unit_amount]": "20000",
    "line_items[1][price_data][product_data][name]": "Phí giao hàng",
    "line_items[1][quantity]": "1",
}
NEW = {
    **LINES, "mode": "payment", "success_url": "http://127.0.0.1/paid?id={CHECKOUT_SESSION_ID}",
    "cancel_url": "http://127.0.0.1/cart", "metadata[order]": "DH1", "payment_intent_data[metadata][order]": "DH1",
}  # fmt: skip


def make(sandbox: Sandbox, **given: str) -> dict[str, Any]:
    answer = sandbox.stripe("POST", "/checkout/sessions", {**NEW, **given})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def type_card(session: dict[str, Any], number: str) -> requests.Response:
    return requests.post(session["url"], {"number": number}, timeout=10, allow_redirects=False)


def now_of(sandbox: Sandbox, session: dict[str, Any]) -> dict[str, Any]:
    return dict(sandbox.stripe("GET", f"/checkout/sessions/{session['id']}").json())


def test_card_pays_and_leads_to_the_shop(sandbox: Sandbox) -> None:
    session = make(sandbox)
    assert (session["status"], session["payment_status"], session["amount_total"]) == ("open", "unpaid", 140_000)
    shown = requests.get(session["url"], timeout=10)
    assert "Trà Shan tuyết" in shown.text and "140.000" in shown.text and "Mô phỏng" in shown.text
    answer = type_card(session, "4242 4242 4242 4242")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"http://127.0.0.1/paid?id={session['id']}")
    after = now_of(sandbox, session)
    assert (after["status"], after["payment_status"], after["url"]) == ("complete", "paid", None)
    intent = sandbox.stripe("GET", f"/payment_intents/{after['payment_intent']}").json()
    assert (intent["status"], intent["amount_received"], intent["metadata"]) == ("succeeded", 140_000, {"order": "DH1"})
    types = [e["type"] for e in sandbox.stripe("GET", "/events").json()["data"]]
    assert types[0] == "checkout.session.completed"
    assert type_card(session, "4242424242424242").status_code == 303
    assert len(sandbox.stripe("GET", "/charges").json()["data"]) == 1


def test_refused_card_can_be_followed_by_a_better_one(sandbox: Sandbox) -> None:
    session = make(sandbox)
    refused = type_card(session, "4000000000000002")
    assert refused.status_code == 422 and 'role="alert"' in refused.text
    assert type_card(session, "4111111111111111").status_code == 422
    assert now_of(sandbox, session)["status"] == "open"
    assert type_card(session, "4242424242424242").status_code == 303
    charges = sandbox.stripe("GET", "/charges").json()["data"]
    assert [charge["status"] for charge in charges] == ["succeeded", "failed"]
    assert len({charge["payment_intent"] for charge in charges}) == 1


@pytest.mark.parametrize(("how", "status"), [("complete", "complete"), ("fail", "open")])
def test_authentication_comes_between(sandbox: Sandbox, how: str, status: str) -> None:
    session = make(sandbox)
    asked = type_card(session, "4000000000003220").headers["Location"]
    assert "/3ds/" in asked
    assert "form-action 'self' http://127.0.0.1;" in requests.get(asked, timeout=10).headers["Content-Security-Policy"]
    back = requests.post(asked, {"how": how}, timeout=10, allow_redirects=False).headers["Location"]
    assert now_of(sandbox, session)["status"] == status
    onward = requests.get(back, timeout=10, allow_redirects=False).headers["Location"]
    assert onward == (
        f"http://127.0.0.1/paid?id={session['id']}" if how == "complete" else f"/checkout/{session['id']}"
    )


def test_intent_of_a_session_is_not_cancelled_but_expired_with_it(sandbox: Sandbox) -> None:
    session = make(sandbox)
    type_card(session, "4000000000000002")
    intent = sandbox.stripe("GET", "/payment_intents").json()["data"][0]
    refused = sandbox.stripe("POST", f"/payment_intents/{intent['id']}/cancel")
    assert refused.json()["error"]["code"] == "payment_intent_unexpected_state"
    assert sandbox.stripe("POST", f"/checkout/sessions/{session['id']}/expire").json()["status"] == "expired"
    assert sandbox.stripe("GET", f"/payment_intents/{intent['id']}").json()["status"] == "canceled"
    assert sandbox.stripe("POST", f"/checkout/sessions/{session['id']}/expire").status_code == 400
    assert "Đã hết thời gian" in requests.get(session["url"], timeout=10).text


def test_session_runs_out_after_a_day(sandbox: Sandbox) -> None:
    session = make(sandbox)
    sandbox.pass_time(25 * 3600)
    assert now_of(sandbox, session)["status"] == "expired"
    assert sandbox.stripe("GET", "/events").json()["data"][0]["type"] == "checkout.session.expired"


def test_items_are_listed(sandbox: Sandbox) -> None:
    session = make(sandbox)
    items = sandbox.stripe("GET", f"/checkout/sessions/{session['id']}/line_items").json()["data"]
    assert [(i["description"], i["quantity"], i["amount_total"]) for i in items] == [
        ("Trà Shan tuyết", 2, 120_000), ("Phí giao hàng", 1, 20_000),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"success_url": "javascript:x"}, "success_url"),
        ({"mode": "subscription"}, "mode"),
        ({"mode": "gift"}, "mode"),
        ({"mode": "setup"}, "line_items"),
        ({"setup_intent_data[description]": "x"}, "setup_intent_data"),
        ({"line_items[1][price_data][currency]": "usd"}, "line_items"),
        ({"line_items[0][price_data][unit_amount]": "-1"}, "line_items[0][price_data][unit_amount]"),
        ({"line_items[0][quantity]": "0"}, "line_items[0][quantity]"),
        ({"line_items[0][quantity]": "999999"}, "line_items"),
        ({"expires_at": "1"}, "expires_at"),
        ({"expires_at": str(int(time.time()) + 25 * 3600)}, "expires_at"),
        ({f"line_items[{at}][price]": "price_x" for at in range(1, 101)}, "line_items"),
        ({"customer": "cus_nobody"}, "customer"),
    ],
)
def test_wrong_words_make_no_session(sandbox: Sandbox, given: dict[str, str], param: str) -> None:
    answer = sandbox.stripe("POST", "/checkout/sessions", {**NEW, **given})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert sandbox.stripe("GET", "/checkout/sessions").json()["data"] == []


@pytest.mark.parametrize("number", ["4242424242424242", "4000000000003220"])
def test_a_session_without_a_payment_keeps_a_card(sandbox: Sandbox, number: str) -> None:
    customer = sandbox.stripe("POST", "/customers").json()["id"]
    given = {"mode": "setup", "success_url": "http://127.0.0.1/kept", "customer": customer}
    session = sandbox.stripe("POST", "/checkout/sessions", given).json()
    assert (session["amount_total"], session["payment_status"]) == (None, "no_payment_required")
    assert "Lưu thẻ" in requests.get(session["url"], timeout=10).text
    assert type_card(session, "4000000000000002").status_code == 422
    onward = type_card(session, number).headers["Location"]
    if "/3ds/" in onward:
        assert now_of(sandbox, session)["status"] == "open"
        onward = requests.post(onward, {"how": "complete"}, timeout=10, allow_redirects=False).headers["Location"]
        onward = requests.get(onward, timeout=10, allow_redirects=False).headers["Location"]
    assert onward == "http://127.0.0.1/kept"
    after = now_of(sandbox, session)
    assert (after["status"], after["payment_status"], after["payment_intent"]) == (
        "complete", "no_payment_required", None,
    )  # fmt: skip
    setup = sandbox.stripe("GET", f"/setup_intents/{after['setup_intent']}").json()
    kept = sandbox.stripe("GET", f"/customers/{customer}/payment_methods").json()["data"]
    assert (setup["status"], [method["id"] for method in kept]) == ("succeeded", [setup["payment_method"]])


def test_a_session_without_a_payment_runs_out_with_its_setup(sandbox: Sandbox) -> None:
    session = sandbox.stripe("POST", "/checkout/sessions", {"mode": "setup", "success_url": "http://127.0.0.1/"}).json()
    assert sandbox.stripe("POST", f"/checkout/sessions/{session['id']}/expire").json()["status"] == "expired"
    assert sandbox.stripe("GET", f"/setup_intents/{session['setup_intent']}").json()["status"] == "canceled"
