"""Paying by card against the real sandbox over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.ledger.queries import balance
from marketplace.orders.models import Order, OrderState
from marketplace.outbox.flows import work_once
from marketplace.payments.models import Payment, Refund, RefundState
from tests.checkout.buying import add, buy, number_in, transfer
from tests.checkout.conftest import Stock
from tests.payments.shop import Shop, open_shop
from tests.signing_in import post_form


@pytest.fixture
def shop(country: Flask, tmp_path: Path) -> Iterator[Shop]:
    """The shop beside a sandbox that delivers when told to."""
    with open_shop(country, tmp_path) as running:
        yield running


def _by_card(client: FlaskClient, pack_id: int, card: str) -> str:
    add(client, pack_id)
    answer = buy(client, "card", card=card)
    assert answer.status_code == 303, answer.text
    return answer.location


def test_a_good_card_pays_at_once_and_the_webhook_changes_nothing(
    shop: Shop, client: FlaskClient, stock: Stock, app: Flask
) -> None:
    page = _by_card(client, stock(), "pm_card_visa")
    assert "Đã nhận tiền: 80.000" in client.get(page).text
    assert set(shop.deliver()) == {200}
    assert "Đã nhận tiền: 80.000" in client.get(page).text
    with app.app_context():
        assert (balance("gateway:card"), balance("order:escrow")) == (80_000, 0)


def test_after_a_declined_card_another_one_pays_the_same_order(
    shop: Shop, client: FlaskClient, stock: Stock, app: Flask
) -> None:
    page = _by_card(client, stock(), "pm_card_visa_chargeDeclinedInsufficientFunds")
    assert "bạn hãy chọn thẻ khác" in client.get(page).text
    number, key = number_in(page), page.split("key=")[1]
    again = post_form(client, f"/orders/{number}/card", {"key": key, "card": "pm_card_visa"})
    assert (again.status_code, again.location) == (303, page)
    assert "Đã nhận tiền" in client.get(page).text
    assert post_form(client, f"/orders/{number}/card", {"key": key, "card": "pm_card_visa"}).status_code == 409
    with app.app_context():
        states = db.session.scalars(db.select(Payment.state).order_by(Payment.id)).all()
        assert (states, db.session.query(Order).count()) == (["failed", "settled"], 1)


def test_after_a_declined_card_a_transfer_pays_the_same_order(
    shop: Shop, client: FlaskClient, stock: Stock, app: Flask
) -> None:
    page = _by_card(client, stock(), "pm_card_visa_chargeDeclinedInsufficientFunds")
    assert "Chuyển khoản VietQR thay cho thẻ" in client.get(page).text
    number, key = number_in(page), page.split("key=")[1]
    for _again in range(2):
        assert post_form(client, f"/orders/{number}/transfer", {"key": key}).location == page
    assert "Nội dung chuyển khoản" in client.get(page).text
    with app.app_context():
        placed = db.session.scalars(db.select(Order)).one()
        open_ = db.session.scalars(db.select(Payment).order_by(Payment.id)).all()
        assert [(paid.rail, paid.state) for paid in open_] == [("card", "failed"), ("vietqr", "pending")]
        assert open_[1].expires_at == placed.hold_until
        transfer(open_[1])
        db.session.remove()
    assert "Đã nhận tiền: 80.000" in client.get(page).text
    assert post_form(client, f"/orders/{number}/transfer", {"key": key}).status_code == 409
    with app.app_context():
        assert db.session.scalars(db.select(Payment.state).order_by(Payment.id)).all() == ["failed", "settled"]
        assert (balance("bank:collecting"), balance("order:escrow")) == (80_000, 0)


def test_a_card_payment_that_hangs_at_its_bank_is_given_up_for_a_transfer(
    shop: Shop, client: FlaskClient, stock: Stock, app: Flask
) -> None:
    page = _by_card(client, stock(), "pm_card_threeDSecure2Required")
    number, key = number_in(page), page.split("key=")[1]
    assert post_form(app.test_client(), f"/orders/{number}/transfer", {"key": "wrong"}).status_code == 404
    assert post_form(client, f"/orders/{number}/transfer", {"key": key}).status_code == 303
    with app.app_context():
        work_once()
        assert db.session.scalars(db.select(Payment.state).order_by(Payment.id)).all() == ["cancelled", "pending"]
    assert shop.sandbox.stripe("GET", "/payment_intents").json()["data"][0]["status"] == "canceled"


def test_a_card_whose_bank_asks_leads_there_and_back(shop: Shop, client: FlaskClient, stock: Stock) -> None:
    page = _by_card(client, stock(), "pm_card_threeDSecure2Required")
    assert "Xác nhận với ngân hàng (mô phỏng)" in client.get(page).text
    number, key = number_in(page), page.split("key=")[1]
    bank = client.get(f"/orders/{number}/bank?key={key}").location
    assert bank.startswith(shop.sandbox.base_url)
    found = requests.get(bank, timeout=5)
    assert found.status_code == 200
    intent = shop.sandbox.stripe("GET", "/payment_intents").json()["data"][0]
    assert f"/orders/{number}/return?key={key}" in intent["next_action"]["redirect_to_url"]["return_url"]
    assert client.get(f"/orders/{number}/return?key={key}").location == page
    assert "chưa xong" in client.get(page).text


def test_a_gateway_that_does_not_answer_leaves_an_order_to_be_paid(
    shop: Shop, client: FlaskClient, stock: Stock
) -> None:
    shop.fault("stripe", "500", moment="before", count=3)
    page = _by_card(client, stock(), "pm_card_visa")
    shop.clear_faults()
    shown = client.get(page).text
    assert "Cổng thẻ chưa trả lời" in shown and "không bao giờ bị trừ tiền hai lần" in shown
    assert "Chuyển khoản VietQR thay cho thẻ" in shown
    assert "Xác nhận với ngân hàng" not in shown


def test_cancelling_an_order_whose_card_was_charged_unheard_gives_the_money_back(
    shop: Shop, client: FlaskClient, stock: Stock, app: Flask
) -> None:
    shop.fault("stripe", "garbage", moment="after", count=3)
    page = _by_card(client, stock(), "pm_card_visa")
    number, key = number_in(page), page.split("key=")[1]
    assert post_form(client, f"/orders/{number}/cancel", {"key": key}).status_code == 303
    with app.app_context(), clock.frozen(clock.now() + timedelta(seconds=61)):
        work_once()
        assert db.session.scalars(db.select(Refund.state)).one() is RefundState.SUCCEEDED
        assert (balance("gateway:card"), balance("unapplied"), balance("order:escrow")) == (0, 0, 0)
        assert db.session.scalars(db.select(Order.state)).one() is OrderState.CANCELLED


def test_cancelling_a_paid_order_gives_the_card_its_money_back(
    shop: Shop, client: FlaskClient, stock: Stock, app: Flask
) -> None:
    page = _by_card(client, stock(), "pm_card_visa")
    number, key = number_in(page), page.split("key=")[1]
    post_form(client, f"/orders/{number}/cancel", {"key": key})
    with app.app_context():
        work_once()
        assert db.session.scalars(db.select(Refund.state)).one() is RefundState.SUCCEEDED
        assert (balance("gateway:card"), balance("order:escrow")) == (0, 0)
    assert "80.000" in client.get(page).text
