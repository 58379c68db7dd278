"""Browsers that are signed in, and forms with their forgery token, for the tests of every room."""

import hashlib
import secrets
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from marketplace.accounts import services
from marketplace.core.db import db, transaction
from marketplace.core.roles import OFFICERS, Role
from marketplace.places.models import AdminUnit, Level
from tests.factories.accounts import GrantFactory, UserFactory

#: A producer, stall or market that no table holds.
NO_SUBJECT = 999_999


def signed_in(
    app: Flask,
    role: Role = Role.BUYER,
    *,
    unit_id: int | None = None,
    subject_id: int | None = None,
    user_id: int | None = None,
) -> FlaskClient:
    """A browser in which a person with ``role`` has signed in, second factor shown. Nothing is hashed.

    Officers without ``unit_id`` get a commune or province of their own, others that need a subject one that no
    table holds. ``user_id`` signs in somebody who exists, adding the role. The client carries ``user_id``.
    """
    with app.app_context(), transaction():
        user = db.session.get_one(UserFactory._meta.model, user_id) if user_id else UserFactory()
        if role in OFFICERS and unit_id is None:
            unit_id = _some_unit(role)
        if role in (Role.PRODUCER, Role.VENDOR, Role.MARKET_MANAGER) and subject_id is None:
            subject_id = NO_SUBJECT
        if role != Role.BUYER:
            GrantFactory(user=user, role=role, unit_id=unit_id, subject_id=subject_id)
        token = services.sign_in(user.id, second_factor=True)
        found = user.id
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = token
    client.user_id = found
    return client


def user_id_of(client: FlaskClient) -> int:
    """Who is signed in in this browser of ``signed_in``."""
    return int(client.user_id)


def csrf_token(client: FlaskClient) -> str:
    """A forgery token that is valid for this browser's session."""
    with client.session_transaction() as session:
        raw = session.setdefault("csrf_token", hashlib.sha256(secrets.token_bytes(32)).hexdigest())
    signer = URLSafeTimedSerializer(client.application.secret_key or "", salt="wtf-csrf-token")
    return str(signer.dumps(raw))


def post_form(client: FlaskClient, url: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
    """Send a form as a browser would, with a valid token."""
    return client.post(url, data={**(data or {}), "csrf_token": csrf_token(client)}, **options)


def _some_unit(role: Role) -> int:
    level = Level.COMMUNE if role == Role.COMMUNE_OFFICER else Level.PROVINCE
    unit = AdminUnit(
        code=str(secrets.randbelow(90000) + 10000),
        vintage="2025-07",
        level=level,
        kind="xã" if level == Level.COMMUNE else "tỉnh",
        name="Thử Nghiệm",
        full_name="Xã Thử Nghiệm" if level == Level.COMMUNE else "Tỉnh Thử Nghiệm",
        name_fold="thu nghiem",
    )
    db.session.add(unit)
    db.session.flush()
    return unit.id
