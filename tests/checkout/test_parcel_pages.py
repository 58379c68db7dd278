"""The producer's pages: the own parcels only, the address only while it is needed, money back within what was paid."""

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.orders.models import Order, SubOrder, SubOrderState
from marketplace.payments.models import Refund
from tests.checkout.buying import hidden, order, payment_of, transfer
from tests.factories.shelf import make_shelf
from tests.signing_in import post_form, signed_in


@dataclass
class Sold:
    """A paid order over two producers, and the browsers of both."""

    number: str
    parts: list[int]
    one: FlaskClient
    other: FlaskClient


@pytest.fixture
def sold(country: Flask) -> Sold:
    """Paid, nothing packed yet."""
    with country.app_context():
        with transaction():
            shelves = [make_shelf("Trà"), make_shelf("Mật")]
            packs = {shelf.pack.id: 1 for shelf in shelves}
            producers = [shelf.producer.id for shelf in shelves]
        placed = order(packs)
        transfer(payment_of(placed))
        parts = [part.id for part in db.session.get_one(Order, placed.id).sub_orders]
        number = placed.number
        db.session.remove()
    browsers = [signed_in(country, Role.PRODUCER, subject_id=producer_id) for producer_id in producers]
    return Sold(number, parts, browsers[0], browsers[1])


def _state(app: Flask, part_id: int) -> SubOrderState:
    with app.app_context():
        return db.session.get_one(SubOrder, part_id).state


def test_each_producer_sees_the_own_part_only(sold: Sold) -> None:
    listed = sold.one.get("/producer/orders").text
    assert sold.number in listed
    assert "Trà" in listed
    assert "Mật" not in listed
    page = sold.one.get(f"/producer/orders/{sold.parts[0]}").text
    assert "80.000" in page
    assert "160.000" not in page
    assert "Mật" not in page


def test_the_neighbours_parcel_answers_like_a_missing_one(app: Flask, sold: Sold) -> None:
    for part_id in (sold.parts[0], 999_999):
        path = f"/producer/orders/{part_id}"
        assert [sold.other.get(address).status_code for address in (path, f"{path}/refund")] == [404, 404]
        for step in ("packed", "shipped", "delivered"):
            assert post_form(sold.other, f"{path}/{step}").status_code == 404
        refund = {"idempotency_key": "key-of-a-form", "line_id": "0", "amount": "1000", "reason": "Không phải của tôi"}
        assert post_form(sold.other, f"{path}/refund", refund).status_code == 404
    assert _state(app, sold.parts[0]) is SubOrderState.TO_PACK
    assert "Trà" not in sold.other.get("/producer/orders?tab=all").text
    with app.app_context():
        assert db.session.scalars(select(Refund)).all() == []


def test_the_address_is_seen_until_the_parcel_is_delivered(app: Flask, sold: Sold) -> None:
    path = f"/producer/orders/{sold.parts[0]}"
    for step in ("packed", "shipped"):
        assert "12 Nguyễn Huệ" in sold.one.get(path).text
        assert post_form(sold.one, f"{path}/{step}").status_code == 303
    assert "0912 345 678" in sold.one.get(path).text
    post_form(sold.one, f"{path}/delivered")
    page = sold.one.get(path).text
    assert "12 Nguyễn Huệ" not in page
    assert "0912 345 678" not in page
    assert _state(app, sold.parts[0]) is SubOrderState.DELIVERED


def test_steps_are_taken_in_their_order(app: Flask, sold: Sold) -> None:
    path = f"/producer/orders/{sold.parts[0]}"
    assert post_form(sold.one, f"{path}/shipped").status_code == 409
    assert post_form(sold.one, f"{path}/flown").status_code == 404
    assert _state(app, sold.parts[0]) is SubOrderState.TO_PACK


def test_an_open_order_is_found_by_the_recipients_phone(sold: Sold) -> None:
    assert sold.number in sold.one.get("/producer/orders?q=0912 345 678").text
    assert sold.number in sold.one.get(f"/producer/orders?q={sold.number[3:7].lower()}").text
    assert sold.number not in sold.one.get("/producer/orders?q=0987654321").text


def test_more_than_is_left_is_refused_and_what_was_typed_stays(app: Flask, sold: Sold) -> None:
    path = f"/producer/orders/{sold.parts[0]}/refund"
    key = hidden(sold.one.get(path).text, "idempotency_key")
    with app.app_context():
        line_id = db.session.get_one(SubOrder, sold.parts[0]).lines[0].id
    form = {"idempotency_key": key, "line_id": str(line_id), "amount": "60.001", "reason": "Túi bị rách"}
    refused = post_form(sold.one, path, form)
    assert refused.status_code == 422
    assert "nhiều nhất 60000 đồng" in refused.text.replace(".", "")
    assert "Túi bị rách" in refused.text
    assert hidden(refused.text, "idempotency_key") == key
    assert post_form(sold.one, path, {**form, "amount": "30.000"}).status_code == 303
    assert "30.000" in sold.one.get(f"/producer/orders/{sold.parts[0]}").text


def test_the_operator_opens_every_parcel(country: Flask, sold: Sold) -> None:
    operator = signed_in(country, Role.OPERATOR)
    assert [operator.get(f"/producer/orders/{part_id}").status_code for part_id in sold.parts] == [200, 200]
    assert post_form(operator, f"/producer/orders/{sold.parts[0]}/packed").status_code == 403
