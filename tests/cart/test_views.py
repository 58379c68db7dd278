"""The cart's page and buttons, without script."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from marketplace.core import clock
from marketplace.core.db import transaction
from tests.factories.shelf import Shelf, make_shelf
from tests.signing_in import post_form, signed_in


def _shelf(app: Flask, quantity: int = 5, **options: object) -> int:
    with app.app_context(), transaction():
        shelf: Shelf = make_shelf(quantity=quantity, **options)
        return shelf.pack.id


def test_a_guest_who_asks_for_six_of_five_is_told_five_and_keeps_the_cart(app: Flask, client: FlaskClient) -> None:
    pack_id = _shelf(app)
    refused = post_form(client, "/cart/items", {"pack_id": pack_id, "quantity": "6"})
    assert refused.status_code == 409
    assert "còn 5" in refused.text
    assert "Giỏ hàng đang trống" in refused.text
    added = post_form(client, "/cart/items", {"pack_id": pack_id, "quantity": "5"})
    assert (added.status_code, added.location) == (303, "/cart")
    page = client.get("/cart").text
    assert "320.000" in page
    assert "Giỏ hàng (5)" in page


def test_quantities_change_and_zero_takes_out(app: Flask, client: FlaskClient) -> None:
    pack_id = _shelf(app)
    post_form(client, "/cart/items", {"pack_id": pack_id, "quantity": "1"})
    assert post_form(client, f"/cart/items/{pack_id}", {"quantity": "3"}).status_code == 303
    assert "Giỏ hàng (3)" in client.get("/cart").text
    assert post_form(client, f"/cart/items/{pack_id}", {"quantity": "ba"}).status_code == 422
    assert post_form(client, f"/cart/items/{pack_id}", {"quantity": "0"}).status_code == 303
    assert "Giỏ hàng đang trống" in client.get("/cart").text


def test_the_cart_follows_the_person_who_signs_in(app: Flask) -> None:
    pack_id = _shelf(app)
    person = signed_in(app)
    guest = app.test_client()
    post_form(guest, "/cart/items", {"pack_id": pack_id, "quantity": "2"})
    with guest.session_transaction() as session, person.session_transaction() as own:
        own["cart"] = session["cart"]
    assert "Giỏ hàng (2)" in person.get("/cart").text
    assert "Giỏ hàng đang trống" in guest.get("/cart").text


def test_a_certificate_that_runs_out_at_midnight_takes_the_line_off_and_says_why(
    app: Flask, client: FlaskClient
) -> None:
    today = clock.today()
    pack_id = _shelf(
        app, certificate={"issued_on": today - timedelta(days=30), "expires_on": today + timedelta(days=1)}
    )
    post_form(client, "/cart/items", {"pack_id": pack_id, "quantity": "1"})
    midnight = clock.local_day(today)[1]
    with clock.frozen(midnight - timedelta(minutes=1)):
        assert "Tiếp tục: giao hàng" in client.get("/cart").text
    with clock.frozen(midnight):
        page = client.get("/cart").text
        assert "Hiện không còn bán:" in page
        assert "Tiếp tục: giao hàng" not in page
        assert client.get("/checkout/delivery").location == "/cart"


def test_a_program_carries_its_cart_by_token(app: Flask, client: FlaskClient) -> None:
    pack_id = _shelf(app)
    token = client.post("/api/v1/cart").get_json()["token"]
    program = {"X-Cart-Token": token}
    shown = client.post("/api/v1/cart/items", json={"pack_id": pack_id, "quantity": 2}, headers=program).get_json()
    assert (shown["total"], shown["can_check_out"]) == (140_000, True)
    short = client.post("/api/v1/cart/items", json={"pack_id": pack_id, "quantity": 4}, headers=program)
    assert (short.status_code, short.get_json()["code"], short.get_json()["facts"]["left"]) == (
        409,
        "cart_stock_short",
        5,
    )
    changed = client.put(f"/api/v1/cart/items/{pack_id}", json={"quantity": 1}, headers=program).get_json()
    assert changed["goods_total"] == 60_000
    assert client.delete(f"/api/v1/cart/items/{pack_id}", headers=program).get_json()["groups"] == []
    assert client.get("/api/v1/cart", headers={"X-Cart-Token": "unknown"}).status_code == 404
    assert client.get("/api/v1/cart").status_code == 404
