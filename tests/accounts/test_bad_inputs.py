"""What people and attackers type into the forms of this room: nothing breaks, what must be refused is refused.

``bad_inputs.jsonl``: one case per line: ``expect`` (accept, reject, escape, neutralise, same_site, ignore; several
where either is right), ``input`` (text, bytes in hex, or a repetition), ``stored`` where one form must be stored.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketplace.accounts import flows
from marketplace.accounts.models import User
from marketplace.core.db import db
from tests.signing_in import csrf_token, post_form

CASES: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "bad_inputs.jsonl").read_text(encoding="utf-8").splitlines()
]
GOOD = {"name": "Trần Văn Bình", "phone": "0912345678", "email": "", "password": "mưa rơi trên mái lá"}
COLUMN = {"name": User.name, "phone": User.phone, "email": User.email}


def _cases(*kinds: str) -> Any:
    rows = [case for case in CASES if case["kind"] in kinds]
    assert rows
    return pytest.mark.parametrize("case", rows, ids=[row["id"] for row in rows])


def _typed(case: dict[str, Any]) -> bytes:
    given = case["input"]
    if case["enc"] == "repeat":
        given = given["prefix"] + given["unit"] * given["times"] + given["suffix"]
    return bytes.fromhex(given) if case["enc"] == "hex" else given.encode(errors="surrogatepass")


def _sign_up(client: FlaskClient, field: str, typed: bytes) -> TestResponse:
    """Send the bytes as they are: a browser is not the only one who sends forms."""
    fields: dict[str, str | bytes] = {**GOOD, "csrf_token": csrf_token(client), field: typed}
    kind = "application/x-www-form-urlencoded"
    return client.post("/sign-up", data=urlencode(fields, quote_via=quote), content_type=kind)


@_cases("name", "phone", "email", "password")
def test_a_sign_up_form_takes_or_refuses_what_was_typed(app: Flask, client: FlaskClient, case: dict[str, Any]) -> None:
    kind, expected = case["kind"], set(case["expect"])
    status = _sign_up(client, kind, _typed(case)).status_code
    took = status == 303
    assert took or status in case.get("status", (400, 413, 422))
    if expected <= {"accept", "escape"}:
        assert took
    if expected == {"reject"}:
        assert not took
    with app.app_context():
        stored = db.session.query(COLUMN.get(kind, User.id)).all()
    assert len(stored) == took
    if took and "stored" in case and kind in COLUMN:
        assert stored == [(case["stored"],)]


@_cases("name")
def test_a_stored_name_is_shown_as_text(client: FlaskClient, case: dict[str, Any]) -> None:
    if _sign_up(client, "name", _typed(case)).status_code != 303:
        return
    post_form(client, "/sign-in", {"identifier": GOOD["phone"], "password": GOOD["password"]})
    shown = client.get("/account").text
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


@_cases("name", "phone", "email", "password")
def test_a_sign_in_form_breaks_at_nothing(client: FlaskClient, case: dict[str, Any]) -> None:
    typed = _typed(case)
    fields = {"identifier": typed, "password": typed, "csrf_token": csrf_token(client)}
    answer = client.post("/sign-in", data=urlencode(fields), content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (400, 413, 422)


@_cases("redirect")
def test_a_redirect_stays_on_the_site(app: Flask, client: FlaskClient, case: dict[str, Any]) -> None:
    with app.app_context():
        flows.register(name="Lan", password=GOOD["password"], phone="+84912345678", email=None)
    form = {"identifier": GOOD["phone"], "password": GOOD["password"], "next": _typed(case).decode()}
    location = post_form(client, "/sign-in", form).headers["Location"]
    assert urlsplit(location).netloc == ""
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "cookie",
    ["lang=../../etc/passwd", "ocop_session=; Path=/; \x01", "ocop_session=abc.def.ghi", "=;=;", "lang=" + "x" * 4000],
)
def test_an_unreadable_cookie_is_ignored(client: FlaskClient, cookie: str) -> None:
    answer = client.get("/sign-in", headers={"Cookie": cookie})
    assert answer.status_code == 200
    assert '<html lang="vi">' in answer.text


@pytest.mark.parametrize("key", ["dev", "secret", "development-only"])
def test_a_session_cookie_signed_with_a_guessed_key_is_a_guests(app: Flask, client: FlaskClient, key: str) -> None:
    from flask.sessions import SecureCookieSessionInterface

    forger = Flask("forger")
    forger.secret_key = key
    serializer = SecureCookieSessionInterface().get_signing_serializer(forger)
    assert serializer is not None
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], serializer.dumps({"_user_id": "1"}))
    assert client.get("/account").status_code == 303
