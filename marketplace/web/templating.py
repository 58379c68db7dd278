"""How values look on a page: đồng, days, stars, phones; icons; the languages."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask_bootstrap
from flask import Flask, g, request
from flask_babel import Babel, get_locale
from flask_bootstrap import Bootstrap5
from markupsafe import Markup

from marketplace.core import clock
from marketplace.core.fields import format_phone
from marketplace.core.money import format_dong
from marketplace.web import auth
from marketplace.web.navigation import menu

LANGUAGE_COOKIE = "lang"
#: The sandbox is an application of its own and reads its own catalogue.
_SANDBOX = "sandbox"
_ICONS = Path(flask_bootstrap.__file__).parent / "static/bootstrap5/icons/bootstrap-icons.svg"


def register(app: Flask) -> None:
    """Languages, filters and names that every template may use."""
    compiled = (Path(app.root_path) / "translations/vi/LC_MESSAGES").glob("*.mo")
    catalogues = sorted({path.stem for path in compiled} - {_SANDBOX})
    app.config["BABEL_DOMAIN"] = ";".join(catalogues or ["messages"])
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(["translations"] * max(1, len(catalogues)))
    Babel(app, locale_selector=chosen_language)
    Bootstrap5(app)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it
    app.jinja_env.filters.update(
        dong=format_dong,
        day=show_day,
        moment=show_moment,
        phone=format_phone,
        number=show_number,
        percent=show_percent,
    )
    app.jinja_env.globals.update(icon=icon, with_query=with_query, menu=menu)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(_every_page)
    app.after_request(_remember_language)


def chosen_language() -> str:
    """``?lang=`` (kept in a cookie), else the cookie, else the person's setting, else Vietnamese."""
    asked = request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    if asked in ("vi", "en"):
        return asked
    user = auth.current_user() if "token_user" in g or request.endpoint else None
    return user.locale if user and user.locale in ("vi", "en") else "vi"


def _remember_language(response: Any) -> Any:
    asked = request.args.get("lang")
    if asked in ("vi", "en") and request.cookies.get(LANGUAGE_COOKIE) != asked:
        response.set_cookie(LANGUAGE_COOKIE, asked, max_age=365 * 86400, samesite="Lax", secure=request.is_secure)
    return response


def _every_page() -> dict[str, Any]:
    return {
        "current_person": auth.current_user(),
        "language": str(get_locale() or "vi"),
        "now": clock.now(),
        "today": clock.today(),
    }


def show_day(value: date | datetime | None) -> str:
    """``21/11/2026`` in Vietnam's calendar; an empty string for None."""
    if value is None:
        return ""
    day = clock.local_day_of(value) if isinstance(value, datetime) else value
    return f"{day:%d/%m/%Y}"


def show_moment(value: datetime | None) -> str:
    """``21/11/2026 07:12`` on Vietnam's clock; an empty string for None."""
    return f"{clock.local(value):%d/%m/%Y %H:%M}" if value else ""


def show_number(value: int | Decimal) -> str:
    """``1.250.000`` (vi) or ``1,250,000`` (en)."""
    text = f"{value:,}"
    return text.translate(str.maketrans(",.", ".,")) if str(get_locale()) == "vi" else text


def show_percent(value: Decimal | float | None) -> str:
    """``45,3 %`` (vi) or ``45.3 %`` (en), one decimal; a dash for None."""
    if value is None:
        return "–"
    return show_number(Decimal(str(round(value, 1))).quantize(Decimal("0.1"))) + "\u00a0%"


def with_query(**changes: Any) -> str:
    """This page's address with some query values changed (None takes one away); the page number starts anew."""
    query = {key: value for key, value in request.args.to_dict(flat=False).items() if key not in ("page", "lang")}
    for key, value in changes.items():
        query.pop(key, None)
        if value not in (None, ""):
            query[key] = [str(value)]
    text = urlencode(query, doseq=True)
    return request.path + (f"?{text}" if text else "")


def icon(name: str, label: str = "") -> Markup:
    """One Bootstrap icon drawn into the page; decoration unless ``label`` says what it means."""
    if label:
        return _drawing(name, Markup('role="img" aria-label="{}"').format(label))
    return _decoration(name)


@cache
def _decoration(name: str) -> Markup:
    return _drawing(name, Markup('aria-hidden="true"'))


def _drawing(name: str, said: Markup) -> Markup:
    box, inner = _icon_shape(name)
    return Markup('<svg class="icon" viewBox="{}" fill="currentColor" {}>{}</svg>').format(
        box,
        said,
        Markup(inner),  # noqa: S704  # from the icon package, not from people
    )


@cache
def _icon_shape(name: str) -> tuple[str, str]:
    found = re.search(
        rf'<symbol[^>]*viewBox="([^"]+)"[^>]*id="{re.escape(name)}"[^>]*>(.*?)</symbol>', _sprite(), re.DOTALL
    )
    if found is None:
        raise KeyError(f"no icon named {name}")
    return found[1], found[2]


@cache
def _sprite() -> str:
    return _ICONS.read_text(encoding="utf-8")
