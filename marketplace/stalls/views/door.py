"""The blueprint of the market's pages, and whose stall or market it is. A neighbour's does not exist."""

from datetime import date

from flask import Blueprint, current_app, request, url_for
from flask_babel import gettext as _
from marshmallow import ValidationError

from marketplace.core import clock
from marketplace.core.errors import NotFound
from marketplace.core.roles import Role
from marketplace.payments import qr
from marketplace.stalls import queries
from marketplace.stalls.models import Market, Stall
from marketplace.stalls.schemas import MonthQuery
from marketplace.web import auth, ways_back
from marketplace.web.ways_back import WayBack

blueprint = Blueprint("stalls", __name__)


def own_stall(stall_id: int) -> Stall:
    """The stall, for somebody who sells there. Raises ``NotFound`` (``stall_unknown``)."""
    if stall_id not in auth.subject_ids(Role.VENDOR):
        raise NotFound("stall_unknown")
    return queries.get_stall(stall_id)


def managed_market(slug: str) -> Market:
    """The market, for its managers and operators. Raises ``NotFound`` (``market_unknown``)."""
    market = queries.get_market(slug)
    if not is_operator() and market.id not in auth.subject_ids(Role.MARKET_MANAGER):
        raise NotFound("market_unknown")
    return market


def in_bank_app(code: str) -> str:
    """Where the simulated bank opens the text of a QR, with the way back to this page; "" without a simulation."""
    back = current_app.config["PUBLIC_URL"] + request.path
    return qr.app_address(code, app_url=current_app.config["BANK_APP_URL"], back=back)


def _way_back(status: int) -> WayBack | None:
    """From a refused button of the till to its sale; the amount typed on the keypad goes along."""
    found = request.view_args or {}
    if status == 404 or "stall_id" not in found or not request.path.startswith("/till/"):
        return None
    if "sale_id" in found:
        return WayBack(_("Back to the sale"), url_for("stalls.sale", **found))
    amount = request.form.get("amount", "")[:14] or None
    return WayBack(_("Back to the till"), url_for("stalls.till", stall_id=found["stall_id"], amount=amount))


ways_back.register(blueprint.name, _way_back)


def is_operator() -> bool:
    """Whether the person who asks is an operator."""
    return Role.OPERATOR in auth.require_user().roles


def asked_month(*, ahead: int = 0) -> date:
    """The first day of the month asked for (``?month=2026-11``), at most ``ahead`` years from this one; by default this
    month. Raises ``NotFound`` (``month_unreadable``).
    """
    typed = request.args.get("month", "")
    try:
        loaded = MonthQuery().load({"month": typed} if typed else {})
    except ValidationError as error:
        raise NotFound("month_unreadable") from error
    month: date = loaded.get("month", clock.today().replace(day=1))
    if not 2000 <= month.year <= clock.today().year + ahead:
        raise NotFound("month_unreadable")
    return month
