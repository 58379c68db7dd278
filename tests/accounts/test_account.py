"""One's own account and the operator's list of people."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts import flows, queries, services
from marketplace.accounts.models import Grant, User, UserSession
from marketplace.audit.models import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.places.models import AdminUnit, Level
from tests.factories.accounts import UserFactory
from tests.signing_in import post_form, signed_in, user_id_of

PASSWORD = "con trâu đi trước cái cày"


@pytest.fixture
def commune(app: Flask) -> int:
    """The commune with code 30280; its id."""
    with app.app_context(), transaction():
        unit = AdminUnit(
            code="30280", vintage="2025-07", level=Level.COMMUNE, kind="xã", name="Thoại Sơn",
            full_name="Xã Thoại Sơn", name_fold="thoai son",
        )  # fmt: skip
        db.session.add(unit)
        db.session.flush()
        return unit.id


def _session_count(app: Flask, user_id: int) -> int:
    with app.app_context():
        return db.session.query(UserSession).filter_by(user_id=user_id).count()


def test_name_and_language_are_changed(app: Flask) -> None:
    client = signed_in(app)
    assert post_form(client, "/account", {"name": "  Lan   Anh ", "locale": "en"}).status_code == 303
    page = client.get("/account").text
    assert "Lan Anh" in page
    assert '<html lang="en">' in page
    assert post_form(client, "/account", {"name": "Lan", "locale": "fr"}).status_code == 422


def test_a_person_ends_another_device_but_not_somebody_elses(app: Flask) -> None:
    phone, stranger = signed_in(app), signed_in(app)
    laptop = signed_in(app, user_id=user_id_of(phone))
    with app.app_context():
        ids = {s.user_id: s.id for s in db.session.query(UserSession).order_by(UserSession.id.desc())}
        laptop_id = max(s.id for s in queries.list_sessions(user_id_of(phone)))
    assert post_form(phone, f"/account/sessions/{ids[user_id_of(stranger)]}/end").status_code == 404
    assert post_form(phone, "/account/sessions/999999/end").status_code == 404
    assert stranger.get("/account").status_code == 200
    assert post_form(phone, f"/account/sessions/{laptop_id}/end").status_code == 303
    assert laptop.get("/account").status_code == 303
    assert phone.get("/account").status_code == 200


def test_a_new_password_ends_every_other_session_and_renews_this_one(app: Flask) -> None:
    with app.app_context():
        flows.register(name="Lan", password=PASSWORD, phone="+84912345678", email=None)
        user_id = db.session.query(User.id).scalar()
    here, there = signed_in(app, user_id=user_id), signed_in(app, user_id=user_id)
    with here.session_transaction() as session:
        copied = session["_user_id"]
    form = {"old_password": "không đúng đâu", "password": "một câu hoàn toàn mới"}
    assert post_form(here, "/account/password", form).status_code == 422
    assert there.get("/account").status_code == 200
    assert post_form(here, "/account/password", {**form, "old_password": PASSWORD}).status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    with app.app_context():
        assert queries.find_person_by_session(copied) is None
    assert _session_count(app, user_id) == 1


def test_a_token_is_shown_once_and_can_be_revoked(app: Flask) -> None:
    client = signed_in(app)
    answer = post_form(client, "/account/tokens", {"name": "ERP", "scopes": "read write"})
    token = re.search(r"ocop_[\w-]{43}", answer.text)
    assert (answer.status_code, token is not None) == (201, True)
    assert token is not None
    assert token[0] not in client.get("/account").text
    with app.app_context():
        person = queries.find_person_by_api_token(token[0])
        assert person is not None
        assert person.token_scopes == {"read", "write"}
        token_id = queries.list_api_tokens(person.id)[0].id
    assert post_form(signed_in(app), f"/account/tokens/{token_id}/revoke").status_code == 404
    assert post_form(client, f"/account/tokens/{token_id}/revoke").status_code == 303
    with app.app_context():
        assert queries.find_person_by_api_token(token[0]) is None


# -- the operator's list -------------------------------------------------------------------------------------------


@pytest.fixture
def operator(app: Flask) -> FlaskClient:
    """An operator's browser."""
    return signed_in(app, Role.OPERATOR)


@pytest.fixture
def binh(app: Flask) -> int:
    """Somebody who shall get a role; his id."""
    with app.app_context(), transaction():
        return int(UserFactory(name="Trần Văn Bình", phone="+84987654321").id)


def _roles(app: Flask, user_id: int) -> list[tuple[Role, int | None, int | None]]:
    with app.app_context():
        return [(grant.role, grant.unit_id, grant.subject_id) for grant in queries.list_grants(user_id)]


@pytest.mark.parametrize("asked", ["bình", "4321", "0987 654", ""])
def test_people_are_found_by_name_or_phone(operator: FlaskClient, binh: int, asked: str) -> None:
    assert "Trần Văn Bình" in operator.get("/people", query_string={"q": asked}).text


def test_signs_of_the_search_language_find_nobody(operator: FlaskClient, binh: int) -> None:
    assert "Trần Văn Bình" not in operator.get("/people?q=%25n%25").text


def test_an_operator_gives_and_takes_a_role(app: Flask, operator: FlaskClient, binh: int, commune: int) -> None:
    answer = post_form(operator, f"/people/{binh}/grants", {"role": "commune_officer", "unit_code": "30280"})
    assert answer.status_code == 303
    assert _roles(app, binh) == [(Role.COMMUNE_OFFICER, commune, None)]
    assert "Xã Thoại Sơn" in operator.get(f"/people/{binh}").text
    with app.app_context():
        grant_id = db.session.query(Grant.id).filter_by(user_id=binh).scalar()
    assert post_form(operator, f"/people/{binh}/grants/{grant_id}/revoke").status_code == 303
    assert _roles(app, binh) == []
    assert post_form(operator, f"/people/{binh}/grants/{grant_id}/revoke").status_code == 404
    with app.app_context():
        acts = db.session.query(AuditEvent.action, AuditEvent.actor_id).filter(AuditEvent.action.like("role.%"))
        assert acts.all() == [("role.granted", user_id_of(operator)), ("role.revoked", user_id_of(operator))]


@pytest.mark.parametrize(
    "form",
    [
        {"role": "commune_officer"},
        {"role": "commune_officer", "unit_code": "99999"},
        {"role": "province_officer", "unit_code": "30280"},
        {"role": "stall_vendor"},
        {"role": "stall_vendor", "subject_id": "0"},
        {"role": "operator", "subject_id": "3"},
        {"role": "king"},
        {},
    ],
)
def test_a_role_without_its_scope_is_refused(
    app: Flask, operator: FlaskClient, binh: int, commune: int, form: dict[str, str]
) -> None:
    assert post_form(operator, f"/people/{binh}/grants", form).status_code == 422
    assert _roles(app, binh) == []


def test_the_same_role_twice_is_one_grant(app: Flask, operator: FlaskClient, binh: int) -> None:
    for _ in range(2):
        post_form(operator, f"/people/{binh}/grants", {"role": "stall_vendor", "subject_id": "3"})
    assert _roles(app, binh) == [(Role.VENDOR, None, 3)]


def test_the_last_operator_stays(app: Flask, operator: FlaskClient) -> None:
    me = user_id_of(operator)
    with app.app_context():
        grant_id = db.session.query(Grant.id).scalar()
    assert post_form(operator, f"/people/{me}/grants/{grant_id}/revoke").status_code == 409
    signed_in(app, Role.OPERATOR)
    assert post_form(operator, f"/people/{me}/grants/{grant_id}/revoke").status_code == 303


def test_a_one_time_password_lets_in_and_must_be_changed(app: Flask, operator: FlaskClient, binh: int) -> None:
    answer = post_form(operator, f"/people/{binh}/password")
    shown = re.search(r'<code class="secret">([a-z0-9-]+)</code>', answer.text)
    assert shown is not None
    browser = app.test_client()
    form = {"identifier": "0987654321", "password": shown[1]}
    assert post_form(browser, "/sign-in", form).headers["Location"] == "/account/password"


def test_a_person_who_is_kept_out_is_signed_out(app: Flask, operator: FlaskClient, binh: int) -> None:
    browser = signed_in(app, user_id=binh)
    assert post_form(operator, f"/people/{binh}/enabled", {"enabled": "0"}).status_code == 303
    assert browser.get("/account").status_code == 303
    assert post_form(operator, f"/people/{user_id_of(operator)}/enabled", {"enabled": "0"}).status_code == 409


def test_a_lost_second_factor_is_taken_away(app: Flask, operator: FlaskClient, binh: int) -> None:
    with app.app_context(), transaction():
        services.enable_totp(binh, secret="JBSWY3DPEHPK3PXP", step=1)
    assert post_form(operator, f"/people/{binh}/second-factor/reset").status_code == 303
    with app.app_context():
        assert db.session.get_one(User, binh).totp_secret is None
    assert post_form(operator, "/people/999999/second-factor/reset").status_code == 404
