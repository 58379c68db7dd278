"""Forgery guard for every unsafe request that carries a cookie."""

from flask import Flask, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Forbidden

csrf = CSRFProtect()

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


def register(app: Flask) -> None:
    """Pages need a token in the form; API calls with a session cookie need it in ``X-CSRFToken``.

    Exempt are signed webhooks, and API calls that bring no cookie session (a bearer token, or nobody at all).
    """
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    app.before_request(_check)


def _check() -> None:
    if request.method in _SAFE or request.path.startswith("/webhooks/"):
        return
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden
    if request.path.startswith("/api/") and ("token_user" in g or not request.cookies):
        return
    csrf.protect()
