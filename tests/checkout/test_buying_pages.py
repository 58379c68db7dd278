"""Buying through the pages, without script: what is typed survives, and one form is one order."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.catalogue.models import Pack
from marketplace.checkout import flows
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.orders.models import Order, SubOrder, SubOrderState
from marketplace.payments.models import Refund
from tests.checkout.buying import TYPED, add, buy, fill_in, number_in, payment_of, transfer
from tests.checkout.conftest import Stock
from tests.signing_in import post_form, signed_in


@pytest.fixture
def orders(app: Flask) -> Callable[[], int]:
    """How many orders there are."""

    def count() -> int:
        with app.app_context():
            return db.session.scalar(select(func.count(Order.id))) or 0

    return count


def test_a_guest_buys_and_opens_the_order_by_its_link_alone(client: FlaskClient, app: Flask, stock: Stock) -> None:
    add(client, stock(), 2)
    placed = buy(client)
    assert placed.status_code == 303
    page = app.test_client().get(placed.location).text
    assert "Giữ hàng đến" in page
    assert "140.000" in page
    assert "<svg" in page
    assert "qr=" in page
    number = number_in(placed.location)
    for path in (f"/orders/{number}", f"/orders/{number}?key=wrong", "/orders/OC-22222222"):
        assert app.test_client().get(path).status_code == 404
    assert "Giỏ hàng đang trống" in client.get("/cart").text


def test_the_same_form_twice_is_one_order(client: FlaskClient, stock: Stock, orders: Callable[[], int]) -> None:
    add(client, stock(), 1)
    form = fill_in(client)
    first, second = (post_form(client, "/checkout/payment", form) for _ in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert orders() == 1


def test_the_same_key_for_another_content_is_refused(
    client: FlaskClient, stock: Stock, orders: Callable[[], int]
) -> None:
    add(client, stock(), 1)
    form = fill_in(client)
    post_form(client, "/checkout/payment", form)
    other = post_form(client, "/checkout/payment", {**form, "payment_method": "cash_on_delivery"})
    assert other.status_code == 422
    assert "đã dùng cho một đơn khác" in other.text
    assert orders() == 1


def test_choosing_the_province_keeps_what_was_typed(client: FlaskClient, stock: Stock) -> None:
    add(client, stock(), 1)
    page = post_form(client, "/checkout/delivery", {**TYPED, "commune": "", "pick_place": "1"})
    assert page.status_code == 200
    assert "12 đường Nguyễn Huệ" in page.text
    assert 'value="30682"' in page.text
    assert "is-invalid" not in page.text


@pytest.mark.parametrize(
    ("field", "wrong", "sentence"),
    [
        ("contact_phone", "123", "10 chữ số"),
        ("commune", "99999", "chọn tỉnh, thành phố trước"),
        ("commune", "91", "chọn tỉnh, thành phố trước"),
        ("address_line", "", "is-invalid"),
    ],
)
def test_a_wrong_field_is_told_beside_it_and_the_rest_stays(
    client: FlaskClient, stock: Stock, field: str, wrong: str, sentence: str
) -> None:
    add(client, stock(), 1)
    answer = post_form(client, "/checkout/delivery", {**TYPED, field: wrong})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Nguyễn Thị Lan" in answer.text
    assert "Gọi trước khi giao" in answer.text


def test_a_price_that_rose_is_told_with_everything_kept(
    client: FlaskClient, app: Flask, stock: Stock, orders: Callable[[], int]
) -> None:
    pack_id = stock()
    add(client, pack_id, 1)
    form = fill_in(client, "cash_on_delivery")
    with app.app_context(), transaction():
        db.session.get_one(Pack, pack_id).price = Dong(66_000)
    told = post_form(client, "/checkout/payment", form)
    assert told.status_code == 409
    assert "Giỏ hàng hoặc giá vừa thay đổi" in told.text
    assert "66.000" in told.text
    assert 'value="cash_on_delivery" checked' in told.text
    assert orders() == 0
    assert buy(client, "cash_on_delivery").status_code == 303


def test_a_card_must_be_chosen_and_is_never_a_number(client: FlaskClient, stock: Stock) -> None:
    add(client, stock(), 1)
    assert "Bạn hãy chọn một thẻ" in buy(client, "card").text
    assert buy(client, "card", card="4242424242424242").status_code == 422


def test_an_empty_cart_leads_back_to_itself(client: FlaskClient, country: Flask) -> None:
    for path in ("/checkout/delivery", "/checkout/payment"):
        assert client.get(path).location == "/cart"
    assert post_form(client, "/checkout/payment").location == "/cart"


def test_payment_without_an_address_leads_to_delivery(client: FlaskClient, stock: Stock) -> None:
    add(client, stock(), 1)
    assert client.get("/checkout/payment").location == "/checkout/delivery"


def test_a_second_order_to_another_place_leaves_the_first_as_it_was(app: Flask, stock: Stock) -> None:
    pack_id, person = stock(), signed_in(app)
    add(person, pack_id)
    first = buy(person).location
    assert "key=" not in first
    add(person, pack_id)
    assert "12 đường Nguyễn Huệ" in person.get("/checkout/delivery").text
    post_form(person, "/checkout/delivery", {**TYPED, "address_line": "7 Trần Phú"})
    form = fill_in(person)
    second = post_form(person, "/checkout/payment", {**form, "address_line": "7 Trần Phú"}).location
    assert "12 đường Nguyễn Huệ" in person.get(first).text
    assert "7 Trần Phú" in person.get(second).text
    listed = person.get("/orders").text
    assert number_in(first) in listed
    assert number_in(second) in listed


def test_the_list_of_own_orders_tells_where_each_parcel_is(app: Flask, stock: Stock) -> None:
    pack_id, person = stock(), signed_in(app)
    add(person, pack_id)
    buy(person, "cash_on_delivery")
    assert "(Đang chuẩn bị hàng)" in person.get("/orders").text
    with app.app_context():
        part = db.session.scalars(select(SubOrder)).one()
        for step in (SubOrderState.PACKED, SubOrderState.SHIPPED):
            flows.advance_parcel(part.id, [part.producer_id], step, actor_id=None)
        db.session.remove()
    assert "(Đang giao)" in person.get("/orders").text


def test_a_stranger_who_is_signed_in_finds_no_order_of_others(app: Flask, stock: Stock) -> None:
    person, stranger = signed_in(app), signed_in(app)
    add(person, stock())
    location = buy(person).location
    for path in (location, f"{location}/status"):
        assert stranger.get(path).status_code == 404
    for step in ("cancel", "card"):
        assert post_form(stranger, f"{location}/{step}", {"card": "pm_card_visa"}).status_code == 404
    assert number_in(location) not in stranger.get("/orders").text
    assert "Hủy đơn này" in person.get(location).text


def test_a_guest_cancels_by_the_secret_only(client: FlaskClient, app: Flask, stock: Stock) -> None:
    add(client, stock())
    location = buy(client).location
    number, key = number_in(location), location.split("key=")[1]
    assert post_form(app.test_client(), f"/orders/{number}/cancel", {"key": "wrong"}).status_code == 404
    mark = client.get(f"/orders/{number}/status?key={key}").get_json()["mark"]
    assert post_form(client, f"/orders/{number}/cancel", {"key": key}).status_code == 303
    assert client.get(f"/orders/{number}/status?key={key}").get_json()["mark"] != mark
    assert "bạn không phải trả gì" in client.get(location).text


def test_cancelling_asks_first_and_twice_is_once(client: FlaskClient, app: Flask, stock: Stock) -> None:
    add(client, stock(), 2)
    location = buy(client).location
    number, key = number_in(location), location.split("key=")[1]
    page = client.get(location).text
    asking = f"/orders/{number}/cancel?key={key}"
    assert f'href="{asking}"' in page
    assert f'action="/orders/{number}/cancel"' not in page
    assert "Bạn chưa trả gì" in client.get(asking).text
    assert app.test_client().get(f"/orders/{number}/cancel?key=wrong").status_code == 404
    with app.app_context():
        placed = db.session.scalars(select(Order)).one()
        transfer(payment_of(placed))
        db.session.remove()
    assert "140.000 ₫ được chuyển về tài khoản bạn đã dùng".replace(" ₫", "\u00a0₫") in client.get(asking).text
    for _again in range(2):
        assert post_form(client, f"/orders/{number}/cancel", {"key": key}).location == location
    with app.app_context():
        assert [refund.amount for refund in db.session.scalars(select(Refund))] == [140_000]
    assert client.get(asking).location == location


def test_what_has_left_is_not_cancelled(client: FlaskClient, app: Flask, stock: Stock) -> None:
    add(client, stock(), 1)
    location = buy(client, "cash_on_delivery").location
    number, key = number_in(location), location.split("key=")[1]
    with app.app_context():
        part = db.session.scalars(select(SubOrder)).one()
        for step in (SubOrderState.PACKED, SubOrderState.SHIPPED):
            flows.advance_parcel(part.id, [part.producer_id], step, actor_id=None)
        db.session.remove()
    assert client.get(f"/orders/{number}/cancel?key={key}").location == location
    assert post_form(client, f"/orders/{number}/cancel", {"key": key}).status_code == 409


def test_a_card_number_in_the_note_is_refused_and_kept_nowhere(
    client: FlaskClient, stock: Stock, orders: Callable[[], int]
) -> None:
    add(client, stock(), 1)
    form = fill_in(client)
    note = "Quẹt giúp tôi thẻ 4242-4242-4242-4242"
    refused = post_form(client, "/checkout/delivery", {**TYPED, "note": note})
    assert (refused.status_code, "giống số thẻ" in refused.text, note in refused.text) == (422, True, True)
    assert post_form(client, "/checkout/payment", {**form, "note": note}).status_code == 422
    assert orders() == 0
