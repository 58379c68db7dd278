"""Receipts to print and the wish for an invoice: the right amounts, for the right eyes, said to be simulated."""

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.checkout import flows
from marketplace.checkout.models import InvoiceRequest
from marketplace.checkout.tax_codes import read_tax_code
from marketplace.checkout.terms import is_simulated
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.orders.models import Order, PaymentMethod, SubOrderState
from marketplace.payments import services as payments
from marketplace.payments.models import Refund
from tests.checkout.buying import TERMS, payment_of, transfer, wish
from tests.factories.shelf import make_shelf
from tests.signing_in import post_form, signed_in

INVOICE = {
    "buyer_name": "Công ty TNHH Quà Quê", "tax_code": "0100233488", "address": "12 Nguyễn Huệ, An Giang",
    "email": "Ke.Toan@example.vn",
}  # fmt: skip


@dataclass
class Paid:
    """A guest's paid order over two producers, with the secret of its link."""

    number: str
    secret: str
    parts: list[int]
    producers: list[int]
    guest: FlaskClient

    def get(self, path: str = "") -> tuple[int, str]:
        answer = self.guest.get(f"/orders/{self.number}{path}?key={self.secret}")
        return answer.status_code, answer.text

    def post(self, path: str, typed: dict[str, str]) -> tuple[int, str]:
        answer = post_form(self.guest, f"/orders/{self.number}{path}", {"key": self.secret, **typed})
        return answer.status_code, answer.text


def _bought(app: Flask, method: PaymentMethod) -> Paid:
    with app.app_context():
        with transaction():
            shelves = [make_shelf("Trà"), make_shelf("Mật")]
            packs = {shelf.pack.id: 1 for shelf in shelves}
        placed = flows.place_order(wish(packs, method), TERMS)
        parts = placed.order.sub_orders
        found = Paid(
            placed.order.number,
            placed.secret,
            [part.id for part in parts],
            [part.producer_id for part in parts],
            app.test_client(),
        )
        if method is PaymentMethod.VIETQR:
            transfer(payment_of(placed))
        db.session.remove()
    return found


@pytest.fixture
def paid(country: Flask) -> Paid:
    return _bought(country, PaymentMethod.VIETQR)


def test_a_receipt_says_what_was_paid_and_that_it_is_a_simulation(paid: Paid) -> None:
    code, page = paid.get("/receipt")
    assert code == 200
    for words in ("160.000", "Trà", "Mật", "Nguyễn Thị Lan", "MÔ PHỎNG", "không phải hóa đơn", "Chuyển khoản VietQR"):
        assert words in page, words
    assert paid.get()[1].count("/receipt?") == 1


def test_at_the_door_only_paid_parcels_are_on_the_receipt(country: Flask) -> None:
    bought = _bought(country, PaymentMethod.CASH_ON_DELIVERY)
    assert bought.get("/receipt")[0] == 409
    assert "/receipt?" not in bought.get()[1]
    with country.app_context():
        for step in (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED):
            flows.advance_parcel(bought.parts[0], [bought.producers[0]], step, actor_id=None)
    page = bought.get("/receipt")[1]
    assert "80.000" in page
    assert "160.000" not in page
    assert "Mật" not in page


def test_a_refund_has_a_receipt_of_its_own(country: Flask, paid: Paid) -> None:
    with country.app_context():
        order = db.session.scalars(select(Order)).one()
        part = order.sub_orders[0]
        flows.refund_parcel(part, {part.lines[0].id: Dong(30_000)}, reason="Hũ bị nứt", key="r", actor_id=None)
        public_id = db.session.scalars(select(Refund.public_id)).one()
    code, page = paid.get(f"/refunds/{public_id}/receipt")
    assert code == 200
    for words in ("30.000", "Hũ bị nứt", "MÔ PHỎNG", public_id):
        assert words in page
    assert "-30.000" in paid.get("/receipt")[1]
    assert paid.get("/refunds/nobody/receipt")[0] == 404


def test_strangers_see_no_papers(app: Flask, paid: Paid) -> None:
    stranger = signed_in(app, Role.BUYER)
    for path in ("/receipt", "/invoice", "/refunds/x/receipt"):
        assert stranger.get(f"/orders/{paid.number}{path}").status_code == 404
    assert post_form(stranger, f"/orders/{paid.number}/invoice", INVOICE).status_code == 404


def test_the_wish_for_an_invoice_reaches_the_orders_producers_only(country: Flask, paid: Paid) -> None:
    assert paid.post("/invoice", INVOICE)[0] == 303
    assert paid.post("/invoice", {**INVOICE, "buyer_name": "Công ty Quà Quê Mới"})[0] == 303
    for part_id, producer_id in zip(paid.parts, paid.producers, strict=True):
        page = signed_in(country, Role.PRODUCER, subject_id=producer_id).get(f"/producer/orders/{part_id}").text
        for words in ("Công ty Quà Quê Mới", "0100233488", "ke.toan@example.vn"):
            assert words in page
        assert "TNHH" not in page
    neighbour = signed_in(country, Role.PRODUCER)
    assert neighbour.get(f"/producer/orders/{paid.parts[0]}").status_code == 404
    assert "Công ty Quà Quê Mới" in paid.get("/invoice")[1]


@pytest.mark.parametrize(
    "change",
    [{"tax_code": "0100233487"}, {"tax_code": "12345"}, {"email": "lan"}, {"address": ""}, {"buyer_name": " "}],
)
def test_a_wrong_wish_is_refused_at_its_field_and_kept(app: Flask, paid: Paid, change: dict[str, str]) -> None:
    code, page = paid.post("/invoice", {**INVOICE, **change})
    assert code == 422
    assert "invalid-feedback" in page
    assert change.get("address", INVOICE["address"]) in page
    with app.app_context():
        assert db.session.scalars(select(InvoiceRequest)).all() == []


def test_a_cancelled_order_has_no_invoice(app: Flask, paid: Paid) -> None:
    with app.app_context():
        flows.cancel_order(db.session.scalars(select(Order.id)).one(), actor_id=None)
    assert paid.post("/invoice", INVOICE)[0] == 409


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0100233488", "0100233488"),
        ("0100233488-001", "0100233488-001"),
        ("0100233488001", "0100233488-001"),
        ("01 0023 3488", "0100233488"),
        ("091234567890", "091234567890"),
    ],
)
def test_tax_codes_are_read_as_people_write_them(typed: str, read: str) -> None:
    assert read_tax_code(typed) == read


@pytest.mark.parametrize("typed", ["0100233489", "01002334880", "010023348", "0100233488-1", "٠١٠٠٢٣٣٤٨٨", "abc"])
def test_other_tax_codes_are_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        read_tax_code(typed)


def test_only_the_real_gateway_in_live_mode_is_no_simulation(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        for base, key, simulated in (
            ("https://api.stripe.com", "sk_live_1", False),
            ("https://api.stripe.com", "sk_test_1", True),
            ("http://127.0.0.1:8001", "sk_live_1", True),
        ):
            monkeypatch.setitem(app.config, "STRIPE_API_BASE", base)
            monkeypatch.setitem(app.config, "STRIPE_API_KEY", key)
            assert is_simulated() is simulated


def test_an_order_whose_refund_failed_never_says_that_nothing_was_charged(country: Flask, paid: Paid) -> None:
    with country.app_context():
        order = db.session.scalars(select(Order)).one()
        flows.cancel_order(order.id, actor_id=None)
        for refund in db.session.scalars(select(Refund)).all():
            with transaction():
                payments.fail_refund(refund, code="account_closed", occurred_at=clock.now())
    page = paid.get("")[1]
    assert "Việc hoàn tiền chưa thành công" in page
    assert "không phải trả gì" not in page
