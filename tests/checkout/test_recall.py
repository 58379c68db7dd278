"""P17: a recalled lot is sold nowhere, unpaid orders with it stop, the list names everybody who has goods of it."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.checkout import flows
from marketplace.core.db import db
from marketplace.core.roles import Role
from marketplace.inventory import queries as stock_queries
from marketplace.inventory.models import Lot, LotState
from marketplace.inventory.services import LOT_RECALLED
from marketplace.orders.models import Order, OrderState, PaymentMethod
from marketplace.outbox import handlers
from marketplace.outbox.models import OutboxMessage
from marketplace.producers.models import Producer
from tests.checkout.buying import order, payment_of, transfer
from tests.checkout.conftest import Stock
from tests.signing_in import post_form, signed_in

REASON = "Phát hiện vi khuẩn trong mẫu kiểm nghiệm"


def _recalled(app: Flask, pack_id: int, *, code: str | None = None) -> tuple[int, FlaskClient]:
    """The lot of a pack, recalled by its producer in the browser."""
    with app.app_context():
        lot = db.session.scalars(select(Lot).where(Lot.pack_id == pack_id)).one()
        producer_id = db.session.scalars(select(Producer.id)).one()
        lot_id, code = lot.id, code or lot.code
    browser = signed_in(app, Role.PRODUCER, subject_id=producer_id)
    sent = post_form(browser, f"/producer/lots/{lot_id}/recall", {"reason": REASON, "code": code})
    assert sent.status_code in (303, 422), sent.text
    return lot_id, browser


def _state(app: Flask, number: str) -> OrderState:
    with app.app_context():
        return db.session.scalars(select(Order.state).where(Order.number == number)).one()


def test_a_recall_stops_unpaid_orders_and_names_the_paid_ones(country: Flask, stock: Stock) -> None:
    pack_id = stock(quantity=10)
    with country.app_context():
        waiting, at_the_door = order({pack_id: 1}), order({pack_id: 2}, PaymentMethod.CASH_ON_DELIVERY)
        paid = order({pack_id: 3})
        transfer(payment_of(paid))
        numbers = waiting.number, at_the_door.number, paid.number
    lot_id, browser = _recalled(country, pack_id)
    with country.app_context():
        handlers.handler_of(LOT_RECALLED)({"lot_id": lot_id})
        handlers.handler_of(LOT_RECALLED)({"lot_id": lot_id})
        told = db.session.scalars(select(OutboxMessage.key).where(OutboxMessage.topic == flows.RECALLED)).all()
        assert len(told) == 1
        assert stock_queries.available([pack_id]) == {pack_id: 0}
    states = [_state(country, number) for number in numbers]
    assert states == [OrderState.CANCELLED, OrderState.CANCELLED, OrderState.PAID]
    page = browser.get(f"/desk/recalls/{lot_id}").text
    assert numbers[2] in page and "0912 345 678" in page and REASON in page
    assert numbers[0] not in page and numbers[1] not in page
    with country.app_context():
        trace_code = db.session.get_one(Lot, lot_id).trace_code
    public = country.test_client().get(f"/t/{trace_code}").text
    assert REASON in public and "Nguyễn Thị Lan" not in public


def test_a_slip_of_the_finger_recalls_nothing(country: Flask, stock: Stock) -> None:
    lot_id, browser = _recalled(country, stock(), code="another")
    with country.app_context():
        assert db.session.get_one(Lot, lot_id).state is LotState.OPEN
    again = post_form(browser, f"/producer/lots/{lot_id}/recall", {"reason": REASON, "code": "another"})
    assert again.status_code == 422 and REASON in again.text
    assert browser.get(f"/desk/recalls/{lot_id}").status_code == 404


def test_a_neighbour_neither_recalls_nor_reads_the_list(country: Flask, stock: Stock) -> None:
    lot_id, _browser = _recalled(country, stock())
    other = signed_in(country, Role.PRODUCER)
    for address in (f"/desk/recalls/{lot_id}", "/desk/recalls/999999"):
        answer = other.get(address)
        assert answer.status_code == 404 and "Không có lô hàng này." in answer.text
    assert other.get(f"/producer/lots/{lot_id}/recall").status_code == 404
    assert signed_in(country, Role.OPERATOR).get(f"/desk/recalls/{lot_id}").status_code == 200
