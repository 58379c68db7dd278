"""Who a request belongs to: sessions on the server, idle and absolute limits, bearer tokens."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts import queries, services
from marketplace.accounts.models import ApiToken, Grant, User, UserSession
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role, Scope
from tests.factories.accounts import GrantFactory, UserFactory
from tests.signing_in import post_form, signed_in, user_id_of

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)


def _token_of(client: FlaskClient) -> str:
    with client.session_transaction() as session:
        return str(session["_user_id"])


def _who(app: Flask, client: FlaskClient) -> queries.Person | None:
    with app.app_context():
        return queries.find_person_by_session(_token_of(client))


def test_the_database_does_not_hold_the_token(app: Flask) -> None:
    client = signed_in(app)
    with app.app_context():
        stored = db.session.query(UserSession.token_hash).scalar()
    assert stored != _token_of(client)
    assert len(stored) == 64


def test_a_person_carries_roles_and_scopes(app: Flask) -> None:
    person = _who(app, signed_in(app, Role.VENDOR, subject_id=7))
    assert person is not None
    assert person.roles == {Role.BUYER, Role.VENDOR}
    assert person.scopes == (Scope(Role.VENDOR, subject_id=7),)


def test_signing_out_kills_a_copied_cookie(app: Flask) -> None:
    client = signed_in(app)
    copied = _token_of(client)
    assert post_form(client, "/sign-out").status_code == 303
    with app.app_context():
        assert queries.find_person_by_session(copied) is None


def test_a_revoked_role_bites_at_the_next_request(app: Flask) -> None:
    client = signed_in(app, Role.MARKET_MANAGER, subject_id=3)
    with app.app_context(), transaction():
        services.revoke_role(db.session.query(Grant.id).scalar(), user_id=user_id_of(client), actor_id=None)
    person = _who(app, client)
    assert person is not None
    assert person.roles == {Role.BUYER}


def test_a_disabled_person_is_a_guest_at_the_next_request(app: Flask) -> None:
    client = signed_in(app)
    with app.app_context(), transaction():
        db.session.query(User).update({"is_enabled": False})
    assert _who(app, client) is None


@pytest.mark.parametrize(
    ("role", "idle", "absolute"),
    [
        (Role.BUYER, timedelta(days=30), timedelta(days=30)),
        (Role.PRODUCER, timedelta(days=30), timedelta(days=30)),
        (Role.COMMUNE_OFFICER, timedelta(minutes=30), timedelta(hours=12)),
        (Role.OPERATOR, timedelta(minutes=30), timedelta(hours=12)),
    ],
)
def test_a_session_ends_when_idle_and_at_its_absolute_limit(
    app: Flask, role: Role, idle: timedelta, absolute: timedelta
) -> None:
    with clock.frozen(NOON):
        client = signed_in(app, role)
    with clock.frozen(NOON + idle - timedelta(seconds=1)):
        assert _who(app, client) is not None
    with clock.frozen(NOON + idle):
        assert _who(app, client) is None
    with app.app_context(), transaction():  # somebody who never rests
        db.session.query(UserSession).update({"last_seen_at": NOON + absolute - timedelta(seconds=2)})
    with clock.frozen(NOON + absolute - timedelta(seconds=1)):
        assert _who(app, client) is not None
    with clock.frozen(NOON + absolute):
        assert _who(app, client) is None


def test_use_is_written_at_most_once_a_minute(app: Flask) -> None:
    def seen() -> datetime:
        with app.app_context():
            return db.session.query(UserSession.last_seen_at).one()[0]

    with clock.frozen(NOON):
        client = signed_in(app)
    for seconds, written in ((59, 0), (60, 60), (119, 60), (120, 120)):
        with clock.frozen(NOON + timedelta(seconds=seconds)):
            client.get("/healthz")
        assert seen() == NOON + timedelta(seconds=written)


def test_without_a_second_factor_the_roles_that_need_one_rest(app: Flask) -> None:
    with app.app_context():
        with transaction():
            user = UserFactory()
            GrantFactory(user=user, role=Role.OPERATOR)
            GrantFactory(user=user, role=Role.PRODUCER, subject_id=1)
            token = services.sign_in(user.id, second_factor=False)
        person = queries.find_person_by_session(token)
    assert person is not None
    assert person.roles == {Role.BUYER, Role.PRODUCER}
    assert person.resting_roles == {Role.OPERATOR}


def test_a_given_password_lets_no_role_work_until_it_is_changed(app: Flask) -> None:
    client = signed_in(app, Role.PRODUCER)
    with app.app_context(), transaction():
        db.session.query(User).update({"must_change_password": True})
    person = _who(app, client)
    assert person is not None
    assert person.roles == {Role.BUYER}


# -- bearer tokens -------------------------------------------------------------------------------------------------


def _api_token(app: Flask, scopes: set[str], *, expires_at: datetime | None = None) -> str:
    with app.app_context(), transaction():
        user = UserFactory()
        _row, token = services.create_api_token(user.id, name="ERP", scopes=frozenset(scopes), expires_at=expires_at)
    return token


def _get(client: FlaskClient, token: str, method: str = "GET") -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return client.open("/api/v1/openapi.json", method=method, headers=headers).status_code


def test_a_token_opens_the_api_and_is_stored_hashed(app: Flask, client: FlaskClient) -> None:
    token = _api_token(app, {"read"})
    assert _get(client, token) == 200
    with app.app_context():
        row = db.session.query(ApiToken).one()
        assert row.token_hash != token
        assert row.prefix == token[:12]
        assert row.last_used_at is not None


def test_an_unknown_token_is_refused_and_not_taken_for_a_guest(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/api/v1/openapi.json", headers={"Authorization": "Bearer ocop_guess"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json["code"] == "sign_in_needed"


def test_a_revoked_or_expired_token_is_refused(app: Flask, client: FlaskClient) -> None:
    token = _api_token(app, {"read"})
    with app.app_context(), transaction():
        row = db.session.query(ApiToken).one()
        services.revoke_api_token(row.user_id, row.id)
    assert _get(client, token) == 401
    short = _api_token(app, {"read"}, expires_at=NOON)
    with clock.frozen(NOON - timedelta(seconds=1)):
        assert _get(client, short) == 200
    with clock.frozen(NOON):
        assert _get(client, short) == 401


def test_a_reading_token_cannot_write(app: Flask, client: FlaskClient) -> None:
    assert _get(client, _api_token(app, {"read"}), "POST") == 403
    assert _get(client, _api_token(app, {"read", "write"}), "POST") == 405


def test_a_token_is_no_key_to_pages(app: Flask, client: FlaskClient) -> None:
    token = _api_token(app, {"read"})
    answer = client.get("/account", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code in (303, 404)


def test_the_signed_in_helper_signs_in_who_it_says(app: Flask) -> None:
    client = signed_in(app)
    person = _who(app, client)
    assert person is not None
    assert person.id == user_id_of(client)
