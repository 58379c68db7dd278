"""The producer's pages: own lots only; what is typed wrongly stays to be corrected."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.inventory.models import Lot, LotState
from tests.factories.shelf import make_shelf
from tests.signing_in import csrf_token, signed_in


@pytest.fixture
def ids(app: Flask) -> dict[str, int]:
    """A product with a lot, and the lot of a neighbour."""
    with app.app_context(), transaction():
        mine, other = make_shelf(), make_shelf("Trà sen")
        assert mine.lot is not None
        assert other.lot is not None
        return {
            "producer": mine.producer.id,
            "pack": mine.pack.id,
            "lot": mine.lot.id,
            "other": other.lot.id,
            "other_pack": other.pack.id,
        }


def _lot(app: Flask, lot_id: int) -> Lot:
    with app.app_context():
        return db.session.get_one(Lot, lot_id)


def test_a_producer_receives_a_lot(app: Flask, ids: dict[str, int]) -> None:
    client = signed_in(app, Role.PRODUCER, subject_id=ids["producer"])
    typed = {"pack_id": ids["pack"], "code": "L-77", "quantity": "12", "made_on": f"{clock.today():%d/%m/%Y}"}
    typed |= {"best_before": "", "planting_area_code": ""}
    sent = client.post("/producer/lots/new", data={**typed, "csrf_token": csrf_token(client)})
    assert sent.status_code == 303
    assert "L-77" in client.get(sent.headers["Location"]).get_data(as_text=True)
    again = client.post("/producer/lots/new", data={**typed, "csrf_token": csrf_token(client)})
    assert again.status_code == 422
    assert 'value="L-77"' in again.get_data(as_text=True)
    stolen = client.post(
        "/producer/lots/new", data={**typed, "pack_id": ids["other_pack"], "csrf_token": csrf_token(client)}
    )
    assert stolen.status_code == 422
    with app.app_context():
        assert len(db.session.scalars(select(Lot)).all()) == 3


def test_a_correction_and_a_block_by_form(app: Flask, ids: dict[str, int]) -> None:
    client = signed_in(app, Role.PRODUCER, subject_id=ids["producer"])
    page = client.get(f"/producer/lots/{ids['lot']}").get_data(as_text=True)
    key = re.search(r'name="key"[^>]*value="([^"]+)"', page)
    assert key is not None
    typed = {"delta": "-2", "note": "Hai túi bị rách", "key": key[1], "csrf_token": csrf_token(client)}
    for _twice in range(2):
        assert client.post(f"/producer/lots/{ids['lot']}/adjust", data=typed).status_code == 303
    assert _lot(app, ids["lot"]).on_hand == 8
    too_many = {**typed, "delta": "-99", "key": "another-key-of-a-form"}
    refused = client.post(f"/producer/lots/{ids['lot']}/adjust", data=too_many)
    assert refused.status_code == 422
    blocked = {"action": "block", "reason": "Chờ kiểm nghiệm", "csrf_token": csrf_token(client)}
    assert client.post(f"/producer/lots/{ids['lot']}/state", data=blocked).status_code == 303
    assert (_lot(app, ids["lot"]).on_hand, _lot(app, ids["lot"]).state) == (8, LotState.BLOCKED)


def test_the_neighbours_lot_is_not_found_and_nothing_changes(app: Flask, ids: dict[str, int]) -> None:
    client = signed_in(app, Role.PRODUCER, subject_id=ids["producer"])
    token = csrf_token(client)
    typed = {"delta": "-2", "note": "Hai túi bị rách", "key": "k" * 20, "csrf_token": token}
    state = {"action": "block", "reason": "Không phải của tôi", "csrf_token": token}
    for number in (ids["other"], 99_999):
        assert client.get(f"/producer/lots/{number}").status_code == 404
        assert client.post(f"/producer/lots/{number}/adjust", data=typed).status_code == 404
        assert client.post(f"/producer/lots/{number}/state", data=state).status_code == 404
    assert "Trà sen" not in client.get("/producer/lots").get_data(as_text=True)
    assert (_lot(app, ids["other"]).on_hand, _lot(app, ids["other"]).state) == (10, LotState.OPEN)
