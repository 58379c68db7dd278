"""The market for programs; sales may be sent as often as a phone likes."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.roles import Role
from marketplace.ledger import queries as ledger
from marketplace.stalls import services
from marketplace.stalls.models import Sale, SaleRefusal
from tests.factories.stalls import make_stall
from tests.signing_in import csrf_token, signed_in

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)


@pytest.fixture
def stall_id(app: Flask) -> int:
    with app.app_context():
        return make_stall(number="7", name="Rau cô Ba")


@pytest.fixture
def phone(app: Flask, stall_id: int) -> FlaskClient:
    return signed_in(app, Role.VENDOR, subject_id=stall_id)


def _post(client: FlaskClient, url: str, body: Any) -> Any:
    return client.post(url, json=body, headers={"X-CSRFToken": csrf_token(client)})


def _offline(stall_id: int, amount: int) -> dict[str, Any]:
    made = (NOON - timedelta(minutes=amount // 1000)).isoformat()
    return {
        "stall_id": stall_id,
        "client_id": str(uuid.uuid4()),
        "amount": amount,
        "means": "cash",
        "sold_at": made,
    }


def _state(app: Flask) -> tuple[int, dict[str, int]]:
    with app.app_context():
        count = db.session.scalar(select(func.count()).select_from(Sale)) or 0
        return count, {row.code: row.balance for row in ledger.trial_balance() if row.balance}


def test_p18_a_batch_sent_again_is_the_same_three_sales_and_the_same_answer(
    app: Flask, phone: FlaskClient, stall_id: int
) -> None:
    batch = {"sales": [_offline(stall_id, amount) for amount in (10_000, 20_000, 30_000)]}
    with clock.frozen(NOON):
        first = _post(phone, "/api/v1/sales/batch", batch)
    with clock.frozen(NOON + timedelta(minutes=9)):
        second = _post(phone, "/api/v1/sales/batch", batch)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json == second.json
    assert [item["result"] for item in first.json["items"]] == ["recorded"] * 3
    assert first.json["items"][0]["sale"]["sold_at"] == "2026-11-21T04:50:00+00:00"
    cash, sales = f"stall:{stall_id}:cash", f"stall:{stall_id}:sales"
    assert _state(app) == (3, {cash: 60_000, sales: -60_000})


def test_one_refused_sale_does_not_hold_up_the_others(app: Flask, phone: FlaskClient, stall_id: int) -> None:
    with app.app_context():
        neighbour = make_stall()
    good = _offline(stall_id, 10_000)
    batch = {"sales": [good, {**good, "amount": 11_000}, _offline(neighbour, 5_000), _offline(stall_id, 20_000)]}
    with clock.frozen(NOON):
        items = _post(phone, "/api/v1/sales/batch", batch).json["items"]
    assert [(item["result"], item["code"]) for item in items] == [
        ("recorded", None),
        ("refused", "client_id_used"),
        ("refused", "stall_unknown"),
        ("recorded", None),
    ]
    assert _state(app)[0] == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"means": "card"},
        {"amount": 0},
        {"amount": 1.5},
        {"amount": True},
        {"client_id": "1"},
        {"sold_at": "2026-11-21T07:12"},
    ],
)
def test_a_batch_that_cannot_be_read_records_nothing(
    app: Flask, phone: FlaskClient, stall_id: int, changes: dict[str, Any]
) -> None:
    batch = {"sales": [_offline(stall_id, 10_000), {**_offline(stall_id, 20_000), **changes}]}
    with clock.frozen(NOON):
        assert _post(phone, "/api/v1/sales/batch", batch).status_code == 422
    assert _state(app) == (0, {})


def test_a_single_sale_is_idempotent_and_its_id_is_bound_to_its_amount(
    app: Flask, phone: FlaskClient, stall_id: int
) -> None:
    sale = {"stall_id": stall_id, "client_id": str(uuid.uuid4()), "amount": 45_000, "means": "qr"}
    first, second = _post(phone, "/api/v1/sales", sale), _post(phone, "/api/v1/sales", sale)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert first.json["qr"].startswith("000201010212") and first.json["state"] == "awaiting"
    refused = _post(phone, "/api/v1/sales", {**sale, "amount": 46_000})
    assert (refused.status_code, refused.json["code"]) == (409, "client_id_used")
    assert _state(app) == (1, {})


def test_the_days_sales_come_in_pages(app: Flask, phone: FlaskClient, stall_id: int) -> None:
    with clock.frozen(NOON):
        batch = {"sales": [_offline(stall_id, amount * 1_000) for amount in range(1, 6)]}
        _post(phone, "/api/v1/sales/batch", batch)
        first = phone.get(f"/api/v1/sales?stall_id={stall_id}&limit=3").json or {}
        second = phone.get(f"/api/v1/sales?stall_id={stall_id}&limit=3&after={first['next']}").json or {}
    assert [item["amount"] for item in first["items"] + second["items"]] == [1_000, 2_000, 3_000, 4_000, 5_000]
    assert second["next"] is None
    assert (phone.get(f"/api/v1/sales?stall_id={stall_id}&on=2026-11-20").json or {})["items"] == []


def test_the_neighbours_stall_does_not_exist(app: Flask, phone: FlaskClient, stall_id: int) -> None:
    with app.app_context():
        other = make_stall()
    sale = {"stall_id": other, "client_id": str(uuid.uuid4()), "amount": 1_000, "means": "cash"}
    unknown = _post(phone, "/api/v1/sales", {**sale, "stall_id": 999_999})
    neighbours = _post(phone, "/api/v1/sales", sale)
    assert neighbours.status_code == unknown.status_code == 404
    assert neighbours.json == unknown.json
    assert phone.get(f"/api/v1/sales?stall_id={other}").status_code == 404
    assert [stall["id"] for stall in (phone.get("/api/v1/stalls").json or {})["items"]] == [stall_id]
    assert _state(app)[0] == 0


def test_guests_see_markets_but_no_stall_account_and_no_sale(app: Flask, client: FlaskClient, stall_id: int) -> None:
    item = (client.get("/api/v1/markets").json or {})["items"][0]
    assert (item["stalls"], item["stalls_with_qr"]) == (1, 1)
    market = client.get(f"/api/v1/markets/{item['slug']}")
    assert (market.json or {})["open_stalls"] == [
        {"number": "7", "name": "Rau cô Ba", "goods": "Rau, củ, quả", "takes_qr": True}
    ]
    for url in ("/api/v1/stalls", f"/api/v1/sales?stall_id={stall_id}"):
        assert client.get(url).status_code == 401


def test_a_sale_by_cookie_needs_the_forgery_token(app: Flask, phone: FlaskClient, stall_id: int) -> None:
    sale = {"stall_id": stall_id, "client_id": str(uuid.uuid4()), "amount": 1_000, "means": "cash"}
    assert phone.post("/api/v1/sales", json=sale).status_code == 400
    assert _state(app)[0] == 0


def test_i39_a_refused_sale_of_a_batch_stays_refused_whatever_changes(
    app: Flask, phone: FlaskClient, stall_id: int
) -> None:
    """Every id that was ever acknowledged is a sale or a stored refusal, and the same batch has the same answer."""
    with app.app_context():
        neighbour = make_stall()
    old = {**_offline(stall_id, 20_000), "sold_at": (NOON - timedelta(days=32)).isoformat()}
    batch = {"sales": [_offline(stall_id, 10_000), old, _offline(neighbour, 5_000)]}
    with clock.frozen(NOON):
        first = _post(phone, "/api/v1/sales/batch", batch)
    assert [(item["result"], item["code"]) for item in first.json["items"]] == [
        ("recorded", None),
        ("refused", "sold_too_long_ago"),
        ("refused", "stall_unknown"),
    ]
    before = _state(app)
    with clock.frozen(NOON - timedelta(days=10)):  # the reason is gone, the answer is not
        assert _post(phone, "/api/v1/sales/batch", batch).json == first.json
    assert _state(app) == before
    with app.app_context():
        kept = db.session.execute(select(SaleRefusal.client_id, SaleRefusal.code).order_by(SaleRefusal.id)).all()
        sold = db.session.scalars(select(Sale.client_id)).all()
    assert [tuple(row) for row in kept] == [
        (old["client_id"], "sold_too_long_ago"),
        (batch["sales"][2]["client_id"], "stall_unknown"),
    ]
    assert {row.client_id for row in kept} | set(sold) == {sale["client_id"] for sale in batch["sales"]}


def test_without_the_note_the_same_batch_gets_another_answer(
    app: Flask, phone: FlaskClient, stall_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "find_refusal", lambda *_which: None)
    batch = {"sales": [{**_offline(stall_id, 20_000), "sold_at": (NOON - timedelta(days=32)).isoformat()}]}
    with clock.frozen(NOON):
        first = _post(phone, "/api/v1/sales/batch", batch)
    with clock.frozen(NOON - timedelta(days=10)):
        second = _post(phone, "/api/v1/sales/batch", batch)
    assert (first.json["items"][0]["result"], second.json["items"][0]["result"]) == ("refused", "recorded")


def test_a_qr_sale_made_offline_waits_for_proof(app: Flask, phone: FlaskClient, stall_id: int) -> None:
    batch = {"sales": [{**_offline(stall_id, 45_000), "means": "qr"}]}
    with clock.frozen(NOON):
        first = _post(phone, "/api/v1/sales/batch", batch)
        assert _post(phone, "/api/v1/sales/batch", batch).json == first.json
        sale = first.json["items"][0]["sale"]
        assert (sale["state"], sale["taken_offline"], sale["received"]) == ("awaiting", True, 0)
        screen = phone.get(f"/till/{stall_id}/sales/{sale['id']}").text
    assert "Chờ đối chiếu" in screen and "Đã nhận" not in screen
    assert _state(app) == (1, {})
