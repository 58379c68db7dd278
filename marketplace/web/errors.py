"""One place where refusals get their status and their face: a page, or ``application/problem+json`` (RFC 9457)."""

import logging
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from marketplace.core.db import is_passing
from marketplace.core.errors import DomainError, Invalid, Unavailable
from marketplace.web.forms import in_words
from marketplace.web.messages import say, say_error
from marketplace.web.ways_back import way_back

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Give every error its face."""
    app.register_error_handler(DomainError, domain_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(DBAPIError, database_error)
    app.register_error_handler(Exception, unexpected_error)


def wants_json() -> bool:
    """Whether the caller is a program: the API, or a client that asks for JSON and not for a page."""
    if request.path.startswith(("/api/", "/webhooks/")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def domain_error(error: DomainError) -> Response:
    """A rule said no."""
    extra: dict[str, Any] = {"facts": error.facts} if error.facts else {}
    if isinstance(error, Invalid) and (error.fields or error.field):
        extra["errors"] = error.fields or {error.field: [say_error(error)]}
    response = _answer(error.status, error.code, say_error(error), extra)
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def http_error(error: HTTPException) -> Response:
    """HTTP's own refusals: not found, method, size, forged form …"""
    status = error.code or 500
    if error.response is not None:
        return make_response(error.response)
    code, sentence = _http_words(error, status)
    extra: dict[str, Any] = {}
    found = (getattr(error, "data", None) or {}).get("messages")
    if found:  # what webargs found wrong with an API request
        extra["errors"] = _in_words(found)
    response = _answer(status, code, sentence, extra)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "WWW-Authenticate"):
            response.headers[name] = value
    return response


def database_error(error: DBAPIError) -> Response:
    """Busy becomes "try again"; anything else is our fault."""
    if is_passing(error):
        return domain_error(Unavailable("database_busy", retry_after=2))
    return unexpected_error(error)


def unexpected_error(error: Exception) -> Response:
    """Our fault: logged with the request id, told without any detail."""
    log.exception("unexpected error", exc_info=error)
    return _answer(500, "unexpected", say("unexpected"), {})


def _http_words(error: HTTPException, status: int) -> tuple[str, str]:
    if isinstance(error, CSRFError):
        return "form_expired", _(
            "This form was open for too long. Please send it again: what you typed is still there."
        )
    words = {
        400: ("bad_request", _("The request could not be read.")),
        401: ("sign_in_needed", _("Please sign in first.")),
        403: ("forbidden", _("You are not allowed to do this.")),
        404: ("not_found", _("We could not find this page.")),
        405: ("method_not_allowed", _("This address does not take that kind of request.")),
        413: ("too_large", _("What you sent is too large. A picture may have up to 10 MB.")),
        415: ("media_type", _("This address takes JSON only.")),
        422: ("invalid", _("Please check what you typed.")),
        429: ("too_many_requests", _("Too many requests. Please wait a moment and try again.")),
    }
    return words.get(
        status,
        (f"http_{status}", say("unexpected") if status >= 500 else _("The request could not be read.")),
    )


def _in_words(found: Any) -> dict[str, list[str]]:
    flat: dict[str, list[str]] = {}

    def walk(part: Any, path: str) -> None:
        if isinstance(part, dict):
            for name, inner in part.items():
                walk(inner, f"{path}.{name}" if path else str(name))
        elif isinstance(part, list):
            flat[path] = [in_words(str(text)) for text in part]

    location = next(iter(found)) if isinstance(found, dict) and len(found) == 1 else None
    walk(found[location] if location in ("json", "query", "form", "json_or_form") else found, "")
    return flat


def _answer(status: int, code: str, sentence: str, extra: dict[str, Any]) -> Response:
    if wants_json():
        body = {"type": "about:blank", "title": sentence, "status": status, "code": code, **extra}
        response = jsonify(body)
        response.headers["Content-Type"] = "application/problem+json"
    else:
        page = render_template(
            "error.html",
            status=status,
            code=code,
            sentence=sentence,
            request_id=g.get("request_id", ""),
            way_back=way_back(status),
        )
        response = make_response(page)
    response.status_code = status
    return response
