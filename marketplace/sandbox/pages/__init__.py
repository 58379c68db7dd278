"""Pages for people: the bank app, the authentication page, the logs and the faults. No script, no log-in.

Language: Vietnamese, English with ``?lang=en`` (kept in a cookie).
"""

from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Flask, Response, g, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from marketplace.core import clock
from marketplace.sandbox.bank.journal import BankError
from marketplace.sandbox.settings import BANK_BIN, BANK_NAME
from marketplace.sandbox.words import gettext

from . import bank, checkout, control, gateway

_LANGUAGES = ("vi", "en")
_COOKIE = "sandbox_language"
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action {targets}; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def register(app: Flask) -> None:
    """Hang all pages into the app."""
    app.jinja_env.globals.update(
        {"_": gettext, "bank_name": BANK_NAME, "bank_bin": BANK_BIN, "language_link": language_link}
    )
    app.jinja_env.filters.update({"dong": dong, "moment": moment})
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.before_request(_choose_language)
    app.after_request(_close_doors)
    app.register_error_handler(HTTPException, _error_page)
    app.register_blueprint(bank.pages)
    app.register_blueprint(gateway.pages)
    app.register_blueprint(checkout.pages)
    app.register_blueprint(control.pages)


def dong(amount: int) -> str:
    """1250000 as ``1.250.000 ₫``."""
    return f"{amount:,}".replace(",", ".") + "\u00a0₫"


def moment(when: int | float | str) -> str:
    """Unix seconds or an ISO moment on Vietnam's clock: ``21/11/2026 07:12:00``."""
    aware = datetime.fromisoformat(when) if isinstance(when, str) else datetime.fromtimestamp(when, UTC)
    return clock.local(aware).strftime("%d/%m/%Y %H:%M:%S")


def language_link(language: str) -> str:
    """This page in another language."""
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return f"{request.path}?{urlencode([*asked, ('lang', language)])}"


def _choose_language() -> None:
    wanted = request.args.get("lang") or request.cookies.get(_COOKIE)
    g.language = wanted if wanted in _LANGUAGES else "vi"


def _close_doors(answer: Response) -> Response:
    """Headers of every answer, and the language that was asked for."""
    targets = " ".join(["'self'", *([g.form_target] if g.get("form_target") else [])])
    answer.headers["Content-Security-Policy"] = _POLICY.format(targets=targets)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    if not request.path.startswith("/assets/"):
        answer.headers["Cache-Control"] = "no-store"
    if request.args.get("lang") in _LANGUAGES:
        answer.set_cookie(_COOKIE, g.language, max_age=365 * 24 * 3600, httponly=True, samesite="Lax")
    return answer


def _error_page(error: HTTPException) -> tuple[str | Response, int] | HTTPException:
    if error.response is not None or (error.code or 500) < 400:
        return error
    if request.path.startswith("/bank/v1"):
        refusal = BankError(error.code or 500, "not_found", "No such address.")
        return jsonify(refusal.body()), refusal.status
    return render_template("sandbox/error.html", missing=error.code == 404), error.code or 500
