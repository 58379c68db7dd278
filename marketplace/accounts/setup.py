"""Tells the application who a request belongs to: a cookie session kept on the server, or a bearer token."""

import flask_login
from flask import Flask, g, request, session
from flask_login import LoginManager
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from marketplace.accounts import jobs, queries, services
from marketplace.accounts.queries import Person
from marketplace.core import clock
from marketplace.core.db import transaction
from marketplace.core.errors import Forbidden

login_manager = LoginManager()
login_manager.session_protection = None  # sessions live on the server; the address of a phone changes all day

_FILES = ("static", "bootstrap.static")
_SAFE = ("GET", "HEAD", "OPTIONS")


def register(app: Flask) -> None:
    """Bind sign-in to the application."""
    login_manager.init_app(app)
    app.before_request(_who_asks)
    jobs.register()


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load_person(token: str) -> Person | None:
    """The person of the session token in the cookie; None when that session is no more."""
    return queries.find_person_by_session(token)


def _who_asks() -> None:
    """Know the person before any door or transaction opens, and write now and then that they were here."""
    if request.endpoint in _FILES:
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if request.path.startswith("/api/") and scheme.lower() == "bearer":
        _accept_token(token.strip())
    elif "_user_id" in session:
        _accept_session()


def _accept_session() -> None:
    person = flask_login.current_user
    if not person.is_authenticated:
        session.pop("_user_id", None)
    elif person.session_id is not None and _is_stale(person):
        with transaction():
            services.mark_session_seen(person.session_id)


def _accept_token(token: str) -> None:
    person = queries.find_person_by_api_token(token)
    if person is None:
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"error": "invalid_token"}))
    needed = "read" if request.method in _SAFE else "write"
    if needed not in person.token_scopes:
        raise Forbidden("token_scope_missing")
    g.token_user = person
    if _is_stale(person):
        with transaction():
            services.mark_token_used(token)


def _is_stale(person: Person) -> bool:
    return person.last_seen_at is None or clock.now() - person.last_seen_at >= services.SEEN_EVERY
