"""Stocked goods at a producer's stall: the shop's own prices, refusals and lots (P17)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.audit.models import AuditEvent
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.inventory import queries as inventory
from marketplace.inventory import services as store
from marketplace.inventory.models import Lot
from marketplace.ledger import audit_checks
from marketplace.outbox import handlers
from marketplace.payments.services import settling
from marketplace.stalls import queries, services
from marketplace.stalls.models import CancelReason, Means, Sale, SaleState
from marketplace.stalls.services import Wanted
from tests.factories.accounts import UserFactory
from tests.factories.shelf import make_lot, make_shelf
from tests.factories.stalls import StallFactory, sell
from tests.payments.conftest import receive
from tests.signing_in import csrf_token, post_form, signed_in


@dataclass(frozen=True)
class Shop:
    """A producer's stall with ten packs for 60.000 đồng in the store, and a neighbour's pack."""

    stall_id: int
    pack_id: int
    lot_id: int
    foreign_pack_id: int
    producer: str


@pytest.fixture
def shop(app: Flask) -> Shop:
    with app.app_context(), transaction():
        shelf, other = make_shelf(), make_shelf("Mật ong rừng")
        stall = StallFactory()
        services.link_producer(stall, shelf.producer, actor_id=UserFactory().id)
        assert shelf.lot is not None
        return Shop(stall.id, shelf.pack.id, shelf.lot.id, other.pack.id, shelf.producer.slug)


def _sell(shop: Shop, quantity: int = 2, means: Means = Means.CASH, **values: object) -> Sale:
    wanted = [Wanted(shop.pack_id, quantity)]
    return sell(shop.stall_id, 60_000 * quantity, means, **{"lines": wanted, **values})


def _lot(shop: Shop) -> tuple[int, int]:
    db.session.expire_all()
    lot = db.session.get_one(Lot, shop.lot_id)
    return lot.on_hand, lot.reserved


def test_cash_takes_the_packs_out_of_the_store_at_once_and_once(context: Flask, shop: Shop) -> None:
    client_id = str(uuid.uuid4())
    sale = _sell(shop, client_id=client_id)
    assert _sell(shop, client_id=client_id).id == sale.id
    assert _lot(shop) == (8, 0)
    lines = queries.lines_of(sale.id)
    assert [(line.quantity, line.unit_price, line.line_total) for line in lines] == [(2, 60_000, 120_000)]
    assert audit_checks.run() == []


def test_qr_promises_the_packs_and_the_money_takes_them_out(context: Flask, shop: Shop) -> None:
    sale = _sell(shop, means=Means.QR)
    assert _lot(shop) == (10, 2)
    receive(sale.payment)
    receive(sale.payment)
    assert _lot(shop) == (8, 0)
    assert audit_checks.run() == []


def test_a_cancelled_sale_gives_its_packs_back(context: Flask, shop: Shop) -> None:
    for means in Means:
        sale = _sell(shop, means=means)
        for _ in range(2):
            with transaction():
                services.cancel_sale(queries.get_sale(shop.stall_id, sale.id))
        assert _lot(shop) == (10, 0)
    assert audit_checks.run() == []


def test_a_qr_sale_paid_in_cash_keeps_its_lines(context: Flask, shop: Shop) -> None:
    sale = _sell(shop, means=Means.QR)
    with transaction():
        cash = services.convert_to_cash(queries.get_sale(shop.stall_id, sale.id), actor_id=UserFactory().id).id
    assert [line.quantity for line in queries.lines_of(cash)] == [2]
    assert _lot(shop) == (8, 0)
    assert audit_checks.run() == []


def test_what_may_not_be_sold_is_refused_and_nothing_moves(context: Flask, shop: Shop) -> None:
    def refused(code: str, kind: type[Exception], amount: int, *lines: Wanted) -> None:
        with pytest.raises(kind, match=code):
            sell(shop.stall_id, amount, lines=list(lines))

    refused("stock_short", Conflict, 660_000, Wanted(shop.pack_id, 11))
    refused("sale_total_differs", Invalid, 100_000, Wanted(shop.pack_id, 2))
    refused("pack_named_twice", Invalid, 120_000, Wanted(shop.pack_id, 1), Wanted(shop.pack_id, 1))
    refused("pack_not_sold_here", Conflict, 60_000, Wanted(shop.foreign_pack_id, 1))
    refused("pack_not_sold_here", Conflict, 60_000, Wanted(987_654_321, 1))
    assert _lot(shop) == (10, 0)
    assert db.session.scalars(select(Sale)).all() == []


def test_p17_a_recalled_lot_is_not_sold_and_names_the_sale(context: Flask, shop: Shop) -> None:
    sale = _sell(shop)
    with transaction():
        store.recall(shop.lot_id, code=inventory.get_lot(shop.lot_id).code, reason="nấm mốc", actor_id=None)
    assert queries.goods_of(shop.stall_id) == []
    with pytest.raises(Conflict, match="pack_not_sold_here"):
        _sell(shop)
    line = queries.lines_of(sale.id)[0]
    holders = [(found.ref_type, found.ref_id) for found in inventory.list_holders(shop.lot_id)]
    assert holders == [("stall_sale_line", str(line.id))]
    with transaction():
        make_lot(line.pack, 1)
    _sell(shop, 1)
    assert _lot(shop) == (8, 0)


def _recall(shop: Shop) -> None:
    with transaction():
        store.recall(shop.lot_id, code=inventory.get_lot(shop.lot_id).code, reason="nấm mốc", actor_id=None)
    handlers.handler_of(store.LOT_RECALLED)({"lot_id": shop.lot_id})
    db.session.expire_all()


def test_p17_a_recall_stops_the_qr_sale_that_waits_and_late_money_waits_for_the_trader(
    context: Flask, shop: Shop
) -> None:
    waiting, paid, without_goods = _sell(shop, 2, Means.QR), _sell(shop, 1), sell(shop.stall_id, 60_000, Means.QR)
    assert _lot(shop) == (9, 2)
    _recall(shop)
    assert (waiting.state, waiting.cancel_reason) == (SaleState.CANCELLED, CancelReason.LOT_RECALLED)
    assert _lot(shop) == (9, 0)
    assert (paid.state, without_goods.state) == (SaleState.PAID, SaleState.AWAITING)
    assert waiting.payment is not None
    receipt = receive(waiting.payment).receipt
    assert (receipt.state, receipt.reason) == ("unapplied", "payment_closed")
    handlers.handler_of(store.LOT_RECALLED)({"lot_id": shop.lot_id})
    assert [row.action for row in db.session.scalars(select(AuditEvent))].count("stall.sale_stopped") == 1


def test_p17_a_recall_leaves_the_sale_whose_goods_have_left_and_whose_buyer_owes_the_money(
    context: Flask, shop: Shop
) -> None:
    sale = _sell(shop, 2, Means.QR)
    assert sale.payment is not None
    receive(sale.payment)
    with transaction():
        settling.unsettle(settling.lock(sale.payment.id), occurred_at=clock.now())
    db.session.expire_all()
    assert (sale.state, _lot(shop)) == (SaleState.AWAITING, (8, 0))
    _recall(shop)
    assert (sale.state, sale.cancel_reason) == (SaleState.AWAITING, None)
    receive(sale.payment, bank_reference="FT2")
    db.session.expire_all()
    assert (sale.state, _lot(shop)) == (SaleState.PAID, (8, 0))


def test_p17_a_sale_that_its_trader_gave_up_meanwhile_was_stopped_by_nobody_else(
    context: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = _sell(shop, 2, Means.QR)
    listed = queries.waiting_sales_of_lines

    def given_up_meanwhile(lines: list[int]) -> Sequence[Sale]:
        found = listed(lines)
        with transaction():
            assert services.cancel_sale(queries.get_sale(shop.stall_id, sale.id))
        return found

    monkeypatch.setattr(queries, "waiting_sales_of_lines", given_up_meanwhile)
    _recall(shop)
    assert (sale.state, sale.cancel_reason) == (SaleState.CANCELLED, None)
    assert "stall.sale_stopped" not in db.session.scalars(select(AuditEvent.action)).all()


def test_p17_a_part_that_has_come_is_shown_to_be_given_back(context: Flask, shop: Shop) -> None:
    waiting = _sell(shop, 2, Means.QR)
    assert waiting.payment is not None
    receive(waiting.payment, 50_000)
    _recall(shop)
    status = queries.status_of(queries.get_sale(shop.stall_id, waiting.id))
    assert (status.sale.state, status.excess) == (SaleState.CANCELLED, 50_000)


def test_p17_without_the_listener_the_sale_would_go_on(
    context: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(handlers._handlers[store.LOT_RECALLED], "stalls")
    waiting = _sell(shop, 2, Means.QR)
    _recall(shop)
    assert waiting.state is SaleState.AWAITING


# -- the pages and the API -----------------------------------------------------------------------------------------


@pytest.fixture
def vendor(app: Flask, shop: Shop) -> FlaskClient:
    return signed_in(app, Role.VENDOR, subject_id=shop.stall_id)


def test_the_page_sells_what_is_written_beside_the_goods(app: Flask, vendor: FlaskClient, shop: Shop) -> None:
    address, field = f"/till/{shop.stall_id}/goods", f"pack-{shop.pack_id}"
    assert "Còn 10" in vendor.get(address).text
    sent = {"client_id": str(uuid.uuid4()), "means": "cash", field: "2"}
    assert "120.000" in vendor.get(post_form(vendor, address, sent).location).text
    for wrong, status in (("", 422), ("x", 422), ("9", 409)):
        answer = post_form(vendor, address, {"client_id": str(uuid.uuid4()), "means": "cash", field: wrong})
        assert answer.status_code == status
        assert f'value="{wrong}"' in answer.text
    with app.app_context():
        assert _lot(shop) == (8, 0)


def test_programs_sell_lines_and_a_batch_moves_the_stock_once(app: Flask, vendor: FlaskClient, shop: Shop) -> None:
    sale = {
        "stall_id": shop.stall_id,
        "client_id": str(uuid.uuid4()),
        "amount": 120_000,
        "means": "cash",
        "lines": [{"pack_id": shop.pack_id, "quantity": 2}],
    }
    headers = {"X-CSRFToken": csrf_token(vendor)}
    assert vendor.post("/api/v1/sales", json=sale, headers=headers).status_code == 201
    again = vendor.post("/api/v1/sales", json=sale, headers=headers)
    assert again.status_code == 201
    wrong = vendor.post("/api/v1/sales", json={**sale, "client_id": str(uuid.uuid4()), "amount": 1}, headers=headers)
    assert (wrong.status_code, (wrong.json or {})["code"]) == (422, "sale_total_differs")
    with app.app_context():
        assert _lot(shop) == (8, 0)


def test_only_the_operator_says_whose_goods_a_stall_sells(app: Flask, vendor: FlaskClient, shop: Shop) -> None:
    with app.app_context():
        market = queries.get_stall(shop.stall_id).market
        address, market_id = f"/markets/{market.slug}/stalls/{shop.stall_id}/producer", market.id
    manager = signed_in(app, Role.MARKET_MANAGER, subject_id=market_id)
    operator = signed_in(app, Role.OPERATOR)
    assert post_form(manager, address, {"producer": ""}).status_code == 403
    assert post_form(operator, address, {"producer": "khong-co"}).status_code == 404
    assert post_form(operator, address, {"producer": ""}).status_code == 303
    assert "Còn 10" not in vendor.get(f"/till/{shop.stall_id}/goods").text
    assert post_form(operator, address, {"producer": shop.producer}).status_code == 303
    assert "Còn 10" in vendor.get(f"/till/{shop.stall_id}/goods").text


def test_the_amount_of_a_sale_with_lines_is_what_they_cost(context: Flask, shop: Shop) -> None:
    with pytest.raises(Invalid) as refusal:
        sell(shop.stall_id, Dong(1), lines=[Wanted(shop.pack_id, 3)])
    assert refusal.value.facts == {"total": 180_000}


def test_the_till_says_why_a_sale_was_stopped(app: Flask, vendor: FlaskClient, shop: Shop) -> None:
    with app.app_context():
        sale_id = _sell(shop, 2, Means.QR).id
        _recall(shop)
    page = vendor.get(f"/till/{shop.stall_id}/sales/{sale_id}").text
    assert "hàng bị thu hồi" in page
    told = vendor.get(f"/api/v1/sales/{sale_id}?stall_id={shop.stall_id}").get_json()
    assert (told["state"], told["cancel_reason"]) == ("cancelled", "lot_recalled")
