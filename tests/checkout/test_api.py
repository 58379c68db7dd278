"""Orders for programs."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.core import vietqr
from marketplace.core.roles import Role
from tests.checkout.buying import TYPED
from tests.checkout.conftest import Stock
from tests.signing_in import csrf_token, signed_in


@pytest.fixture
def program(client: FlaskClient, stock: Stock) -> dict[str, str]:
    """The headers of a program with two packs in its cart."""
    headers = {"X-Cart-Token": client.post("/api/v1/cart").get_json()["token"], "Idempotency-Key": "k" * 20}
    client.post("/api/v1/cart/items", json={"pack_id": stock(), "quantity": 2}, headers=headers)
    return headers


def _body(client: FlaskClient, headers: dict[str, str], **changes: Any) -> dict[str, Any]:
    quote = client.get("/api/v1/cart", headers=headers).get_json()["quote"]
    delivery = {name: value for name, value in TYPED.items() if name != "province"}
    return {**delivery, "payment_method": "vietqr", "quote": quote, **changes}


def test_a_program_orders_and_learns_how_to_pay(client: FlaskClient, program: dict[str, str]) -> None:
    body = _body(client, program)
    answer = client.post("/api/v1/orders", json=body, headers=program)
    placed = answer.get_json()
    order = placed["order"]
    assert (answer.status_code, order["total"], order["state"]) == (201, 140_000, "awaiting_payment")
    code = vietqr.read(placed["payment"]["vietqr"])
    assert (code.amount, code.account and code.account.account) == (140_000, placed["payment"]["account"])
    again = client.post("/api/v1/orders", json=body, headers=program).get_json()
    assert (again["order"]["number"], again["key"]) == (order["number"], placed["key"])
    seen = client.get(f"/api/v1/orders/{order['number']}?key={placed['key']}").get_json()
    assert seen["sub_orders"][0]["lines"][0]["unit_price"] == 60_000


def test_another_body_under_the_same_key_is_refused(client: FlaskClient, program: dict[str, str]) -> None:
    body = _body(client, program)
    client.post("/api/v1/orders", json=body, headers=program)
    other = client.post("/api/v1/orders", json={**body, "address_line": "Nơi khác"}, headers=program)
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_key_reused")


def test_an_order_needs_a_key_a_cart_and_the_price_seen(client: FlaskClient, program: dict[str, str]) -> None:
    body = _body(client, program)
    without_key = {"X-Cart-Token": program["X-Cart-Token"]}
    assert client.post("/api/v1/orders", json=body, headers=without_key).get_json()["code"] == "idempotency_key_missing"
    without_cart = {"Idempotency-Key": "k" * 20}
    assert client.post("/api/v1/orders", json=body, headers=without_cart).status_code == 404
    changed = client.post("/api/v1/orders", json={**body, "quote": "0" * 32}, headers=program)
    assert (changed.status_code, changed.get_json()["code"]) == (409, "cart_changed")


def test_a_strangers_order_answers_like_a_missing_one(client: FlaskClient, program: dict[str, str]) -> None:
    placed = client.post("/api/v1/orders", json=_body(client, program), headers=program).get_json()
    answers = [client.get(f"/api/v1/orders/{number}") for number in (placed["order"]["number"], "OC-22222222")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].get_json() == answers[1].get_json()


def test_the_own_list_is_for_who_is_signed_in(client: FlaskClient, country: Flask) -> None:
    assert client.get("/api/v1/orders").status_code == 401
    assert client.get("/api/v1/payments").status_code == 401


def test_a_buyer_lists_the_payments_of_the_own_orders(app: Flask, stock: Stock) -> None:
    buyer, neighbour = signed_in(app, Role.BUYER), signed_in(app, Role.BUYER)
    codes = []
    for number in range(2):
        headers = {"Idempotency-Key": f"payment-of-a-buyer-{number}", "X-CSRFToken": csrf_token(buyer)}
        headers["X-Cart-Token"] = buyer.post("/api/v1/cart", headers=headers).get_json()["token"]
        buyer.post("/api/v1/cart/items", json={"pack_id": stock(), "quantity": 1}, headers=headers)
        body = _body(buyer, headers)
        codes.append(buyer.post("/api/v1/orders", json=body, headers=headers).get_json()["payment"]["code"])
    listed = buyer.get("/api/v1/payments").get_json()
    assert [item["transfer_code"] for item in listed["items"]] == codes[::-1]
    assert listed["next"] is None
    for what in ("orders", "payments"):
        first = buyer.get(f"/api/v1/{what}?limit=1").get_json()
        rest = buyer.get(f"/api/v1/{what}?limit=1&after={first['next']}").get_json()
        assert (len(first["items"]), len(rest["items"]), rest["next"]) == (1, 1, None)
        assert buyer.get(f"/api/v1/{what}?limit=101").status_code == 422
    assert buyer.get(f"/api/v1/payments/{listed['items'][0]['id']}").get_json() == listed["items"][0]
    assert neighbour.get("/api/v1/payments").get_json() == {"items": [], "next": None}
