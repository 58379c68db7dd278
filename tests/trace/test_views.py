"""The public page of a lot: who, where, when, under which certificate; a recall first of all."""

import io

import pytest
import segno
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from marketplace.core.db import db, transaction
from marketplace.inventory import services as inventory
from marketplace.inventory.models import Lot
from marketplace.trace.views import draw_qr
from tests.factories.shelf import make_shelf


@pytest.fixture
def lot(app: Flask) -> tuple[int, str]:
    """Id and public code of a lot."""
    with app.app_context(), transaction():
        shelf = make_shelf(certificate={"decision_number": "77/QĐ-UBND"}, lot={"planting_area_code": "VN-AGOR-0001"})
        assert shelf.lot is not None
        return shelf.lot.id, shelf.lot.trace_code


def test_the_page_carries_the_fields_of_the_circular(client: FlaskClient, lot: tuple[int, str]) -> None:
    page = client.get(f"/t/{lot[1]}").get_data(as_text=True)
    for expected in (
        "Đường thốt nốt",
        "Hợp tác xã Thoại Sơn",
        "An Giang",
        "77/QĐ-UBND",
        "VN-AGOR-0001",
        "Ngày sản xuất",
        lot[1],
    ):
        assert expected in page
    assert client.get(f"/t/{lot[1].upper()}").status_code == 200


def test_a_recall_is_said_first_with_reason_and_history(app: Flask, client: FlaskClient, lot: tuple[int, str]) -> None:
    with app.app_context(), transaction():
        inventory.block(lot[0], reason="Chờ kiểm nghiệm", actor_id=None)
    with app.app_context(), transaction():
        inventory.recall(lot[0], code=db.session.get_one(Lot, lot[0]).code, reason="Nhiễm khuẩn", actor_id=None)
    page = client.get(f"/t/{lot[1]}").get_data(as_text=True)
    assert page.index("Nhiễm khuẩn") < page.index("Đường thốt nốt</h1>")
    assert "Chờ kiểm nghiệm" in page
    shown = client.get(f"/api/v1/traces/{lot[1]}").get_json()
    assert (shown["state"], shown["state_reason"]) == ("recalled", "Nhiễm khuẩn")
    assert [event["state"] for event in shown["history"]] == ["open", "blocked", "recalled"]


def test_an_unknown_code_is_not_found(client: FlaskClient) -> None:
    for address in ("/t/xxxxxxxxxxxx", "/t/xxxxxxxxxxxx/label", "/api/v1/traces/xxxxxxxxxxxx"):
        assert client.get(address).status_code == 404


def test_the_label_shows_a_code_that_a_scanner_reads(app: Flask, client: FlaskClient, lot: tuple[int, str]) -> None:
    address = f"{app.config['PUBLIC_URL']}/t/{lot[1]}"
    page = client.get(f"/t/{lot[1]}/label").get_data(as_text=True)
    assert draw_qr(address) in page
    assert "style=" not in page
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="png", scale=6)
    assert zxingcpp.read_barcodes(Image.open(picture))[0].text == address
