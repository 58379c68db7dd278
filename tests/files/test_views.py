"""The door to published pictures."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.core.db import transaction
from marketplace.files import services
from tests.factories.files import draw, make_evidence, make_picture


@pytest.fixture
def sha256(app: Flask) -> str:
    with app.app_context(), transaction():
        return make_picture().sha256


def test_a_picture_comes_with_its_own_type_in_a_sandbox_for_good(client: FlaskClient, sha256: str) -> None:
    for name in (f"{sha256}.jpg", f"{sha256}-480.jpg"):
        answer = client.get(f"/files/{name}")
        assert answer.status_code == 200
        assert answer.mimetype == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("ending", ["webp", "html", "jpg.html", "pdf", ""])
def test_other_endings_find_nothing(client: FlaskClient, sha256: str, ending: str) -> None:
    assert client.get(f"/files/{sha256}.{ending}").status_code == 404


def test_evidence_has_no_public_door(client: FlaskClient, app: Flask) -> None:
    with app.app_context(), transaction():
        pdf = make_evidence().sha256
        scan = services.store_evidence(draw(colour="#abcdef"), shown_name="x.jpg").sha256
    for name in (f"{pdf}.pdf", f"{scan}.jpg", f"{scan}-480.jpg"):
        assert client.get(f"/files/{name}").status_code == 404


def test_a_lost_file_is_not_found(client: FlaskClient, app: Flask, sha256: str) -> None:
    from marketplace.files.store import store

    with app.app_context():
        store.path(f"{sha256}.jpg").unlink()
    assert client.get(f"/files/{sha256}.jpg").status_code == 404
