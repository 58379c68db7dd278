"""The market for programs: markets, own stalls, and sales that a phone may send as often as it likes."""

from datetime import date
from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from marketplace.core import clock, vietqr
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.paging import PageQuery
from marketplace.core.roles import Role
from marketplace.payments import qr
from marketplace.stalls import queries, schemas, services
from marketplace.stalls.models import Means, Sale, SaleCode, Shift, Stall, StallAccount
from marketplace.stalls.queries import SaleStatus
from marketplace.web import auth
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("stalls_api", __name__, description="Markets, stalls and sales at the stall")


@blueprint.route("/markets")
@allow(PUBLIC)
class Markets(MethodView):
    """Markets and cashless streets."""

    @blueprint.arguments(PageQuery, location="query")
    @blueprint.response(200, schemas.MarketListOut)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """List markets with the number of their open stalls and of those that take a QR payment."""
        page = queries.page_of_markets(after=asked.get("after"), limit=asked["limit"])
        return {"items": page.items, "next": page.next}


@blueprint.route("/markets/<slug>")
@allow(PUBLIC)
class OneMarket(MethodView):
    """One market."""

    @blueprint.response(200, schemas.MarketDetailOut)
    def get(self, slug: str) -> dict[str, Any]:
        """A market with its open stalls; never what they take in."""
        market = queries.get_market(slug)
        summary = queries.summary_of(market)
        return {
            "market": market,
            "stalls": summary.stalls,
            "with_qr": summary.with_qr,
            "open_stalls": queries.list_stalls(market, only_open=True),
        }


@blueprint.route("/stalls")
@allow(Role.VENDOR)
class OwnStalls(MethodView):
    """Stalls at which the person sells."""

    @blueprint.response(200, schemas.StallListOut)
    def get(self) -> dict[str, Any]:
        """List the own stalls with the account in force and the one that was named last.

        A QR sale or code of a stall without an account in force is a 409: `stall_without_account`,
        `stall_account_waiting` or `stall_account_refused`.
        """
        stalls = queries.list_own_stalls(auth.subject_ids(Role.VENDOR))
        newest = queries.newest_accounts([stall.id for stall in stalls])
        return {"items": [_stall_face(stall, newest.get(stall.id)) for stall in stalls], "next": None}


@blueprint.route("/sales")
@allow(Role.VENDOR)
class Sales(MethodView):
    """Sales of the own stalls."""

    @blueprint.arguments(schemas.SaleQuery, location="query")
    @blueprint.response(200, schemas.SaleListOut)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """List the sales of one stall on one day in Vietnam."""
        stall_id = _own(asked["stall_id"])
        day: date = asked.get("on") or clock.today()
        page = queries.page_of_sales(stall_id, day, after=asked.get("after"), limit=asked["limit"])
        return {"items": [_face(status) for status in page.items], "next": page.next}

    @blueprint.arguments(schemas.SaleIn)
    @blueprint.response(201, schemas.SaleOut)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Take a sale. The same `client_id` again is the same sale and the same answer; another amount is a 409.

        By QR only when an account of the stall was verified: otherwise a 409 that says what to do; cash always works.
        """
        _own(wanted["stall_id"])
        return _face(queries.status_of(_take(wanted)))


@blueprint.route("/sales/batch")
@allow(Role.VENDOR)
class SaleBatch(MethodView):
    """Sales that a phone made without a network."""

    @blueprint.arguments(schemas.SaleBatchIn)
    @blueprint.response(200, schemas.SaleBatchOut)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Record sales made without a network, each once; the same batch again changes nothing, with the same answer.

        Each sale stands for itself: one that is refused says why, stays refused, and does not hold up the others.
        A QR sale was paid by a printed code, perhaps: it waits for the bank or for the trader's confirmation.
        """
        return {"items": [_replay(sale) for sale in wanted["sales"]]}


@blueprint.route("/sales/codes")
@allow(Role.VENDOR)
class SaleCodes(MethodView):
    """Codes for sales without a network."""

    @blueprint.arguments(schemas.CodesIn)
    @blueprint.response(200, schemas.CodesOut)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Fill up and return the codes that this phone may show without network, each for one sale within a week.

        Send the sale later in a batch with its `code`: the transfer settles it, whichever of the two comes first.
        """
        stall_id, actor_id = _own(wanted["stall_id"]), auth.require_user().id

        def work() -> list[dict[str, Any]]:
            with transaction():
                held = services.reserve_codes(stall_id, wanted["device_id"], actor_id=actor_id)
                return [_code_face(code) for code in held]

        return {"items": retrying(work), "next": None}


@blueprint.route("/sales/<int:sale_id>")
@allow(Role.VENDOR)
class OneSale(MethodView):
    """One sale."""

    @blueprint.arguments(schemas.StallQuery, location="query")
    @blueprint.response(200, schemas.SaleOut)
    def get(self, asked: dict[str, Any], sale_id: int) -> dict[str, Any]:
        """A sale of one of the own stalls with what the bank has said about it."""
        return _face(queries.status_of(queries.get_sale(_own(asked["stall_id"]), sale_id)))


@blueprint.route("/shifts")
@allow(Role.VENDOR)
class Shifts(MethodView):
    """Shifts of the own stalls."""

    @blueprint.arguments(schemas.ShiftQuery, location="query")
    @blueprint.response(200, schemas.ShiftsOut)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The open shift of a stall as it stands, and its closings, newest first."""
        stall_id = _own(asked["stall_id"])
        page = queries.list_closings(stall_id, page=asked.get("after", 0) + 1, size=asked["limit"])
        following = str(page.number) if page.number < page.pages else None
        shift = queries.find_open_shift(stall_id)
        return {"open": _so_far(shift) if shift else None, "items": page.items, "next": following}


@blueprint.route("/shifts/<int:shift_id>/close")
@allow(Role.VENDOR)
class ShiftClosing(MethodView):
    """The end of a shift."""

    @blueprint.arguments(schemas.StallClosingIn)
    @blueprint.response(201, schemas.ClosingOut)
    def post(self, wanted: dict[str, Any], shift_id: int) -> Shift:
        """Close a shift, once: a second closing is a 409. A difference needs a reason."""
        stall_id, actor_id = _own(wanted.pop("stall_id")), auth.require_user().id

        def work() -> None:
            with transaction():
                services.close_shift(stall_id, shift_id, actor_id=actor_id, **wanted)

        retrying(work)
        return queries.get_shift(stall_id, shift_id)


def _stall_face(stall: Stall, newest: StallAccount | None) -> dict[str, Any]:
    shown = ("id", "market", "number", "name", "goods", "takes_qr", "is_active", "bank_bin", "bank_account")
    return {**{name: getattr(stall, name) for name in (*shown, "bank_holder")}, "newest_account": newest}


def _so_far(shift: Shift) -> dict[str, Any]:
    found = queries.so_far(shift)
    expected = {Means.CASH: found.expected_cash, Means.QR: found.sums[Means.QR].recorded}
    means = [
        {"means": means, "sales": sums.sales, "recorded": sums.recorded, "expected": expected[means]}
        for means, sums in found.sums.items()
    ]
    known = {name: getattr(shift, name) for name in ("id", "number", "opened_at", "opening_cash")}
    return {**known, "up_to": found.up_to, "awaited": found.awaited, "means": means}


def _code_face(code: SaleCode) -> dict[str, Any]:
    before, after = vietqr.around_amount(code.bank_bin, code.bank_account, memo=code.code)
    return {"code": code.code, "before": before, "after": after, "expires_at": code.expires_at}


def _own(stall_id: int) -> int:
    if stall_id not in auth.subject_ids(Role.VENDOR):
        raise NotFound("stall_unknown")
    return stall_id


def _take(wanted: dict[str, Any]) -> Sale:
    vendor_id = auth.require_user().id

    def work() -> int:
        with transaction():
            lines = [services.Wanted(**line) for line in wanted.get("lines", [])]
            return services.take_sale(vendor_id=vendor_id, **{**wanted, "lines": lines}).id

    return queries.get_sale(wanted["stall_id"], retrying(work))


def _replay(wanted: dict[str, Any]) -> dict[str, Any]:
    answer = {"client_id": wanted["client_id"], "result": "recorded", "code": None, "sale": None}
    vendor_id, which = auth.require_user().id, (wanted["stall_id"], wanted["client_id"])
    known = services.find_refusal(vendor_id, *which)
    if known is not None:
        return {**answer, "result": "refused", "code": known}
    try:
        _own(wanted["stall_id"])
        return {**answer, "sale": _face(queries.status_of(_take({**wanted, "taken_offline": True})))}
    except DomainError as refusal:  # part of the answer: the phone must learn it for each sale
        if refusal.status >= 500:
            raise
        code = refusal.code
    return {**answer, "result": "refused", "code": retrying(lambda: _note_refusal(vendor_id, wanted, code))}


def _note_refusal(vendor_id: int, wanted: dict[str, Any], code: str) -> str:
    with transaction():
        if wanted["code"] and wanted["stall_id"] in auth.subject_ids(Role.VENDOR):
            services.burn_code(wanted["stall_id"], wanted["code"])
        if code == "client_id_used":  # under that id there is a sale: nothing else to remember
            return code
        kept = {name: value for name, value in wanted.items() if name not in ("lines", "code")}
        return services.note_sale_refusal(vendor_id, code=code, **kept)


def _face(status: SaleStatus) -> dict[str, Any]:
    payment = status.sale.payment
    return {
        "sale": status.sale,
        "received": status.received,
        "missing": status.missing,
        "excess": status.excess,
        "qr": qr.payload(payment) if payment is not None and status.missing else None,
    }
