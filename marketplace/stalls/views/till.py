"""The trader's phone: keypad, QR, "received", the day, the printed code. Every page works without script."""

import uuid
from datetime import date
from typing import Any

from flask import current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from marketplace.core import clock, vietqr
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.fields import Day
from marketplace.core.roles import Role
from marketplace.core.vietqr import SIMULATED_BIN
from marketplace.payments import qr
from marketplace.stalls import queries, services, words
from marketplace.stalls.forms import TillForm
from marketplace.stalls.models import Means, Sale, Stall
from marketplace.stalls.schemas import TillStatusOut
from marketplace.stalls.views.door import blueprint, in_bank_app, own_stall
from marketplace.web import auth
from marketplace.web.access import allow
from marketplace.web.addresses import asked_id


@blueprint.get("/till")
@allow(Role.VENDOR)
def tills() -> ResponseReturnValue:
    """The own stalls; with one stall its till."""
    stalls = queries.list_own_stalls(auth.subject_ids(Role.VENDOR))
    if len(stalls) == 1:
        return redirect(url_for("stalls.till", stall_id=stalls[0].id), 303)
    return render_template("stalls/tills.html", stalls=stalls)


@blueprint.get("/till/<int:stall_id>")
@allow(Role.VENDOR)
def till(stall_id: int) -> ResponseReturnValue:
    """The keypad. ``?done=<sale>`` shows the cash sale that was just taken, ``?amount=`` is what was typed before."""
    stall = own_stall(stall_id)
    done = asked_id("done")
    return _show_keypad(
        stall, _fresh_form(request.args.get("amount", "")[:14]), done=queries.get_sale(stall_id, done) if done else None
    )


@blueprint.post("/till/<int:stall_id>/sales")
@allow(Role.VENDOR)
def sell(stall_id: int) -> ResponseReturnValue:
    """Take a sale. The form's own id makes a second sending the same sale; another amount under it is refused."""
    stall = own_stall(stall_id)
    form = TillForm()
    if not form.validate_on_submit():
        return _show_keypad(stall, form), 422
    try:
        sale_id = retrying(lambda: _take(stall_id, form.loaded))
    except Conflict as refusal:  # the one that a page left open can cause: say so, keep the amount, offer a new id
        if refusal.code != "client_id_used":
            raise
        form.client_id.data = str(uuid.uuid4())
        form.refuse(Invalid(refusal.code))
        return _show_keypad(queries.get_stall(stall_id), form), 409
    if form.loaded["means"] is Means.CASH:
        return redirect(url_for("stalls.till", stall_id=stall_id, done=sale_id), 303)
    return redirect(url_for("stalls.sale", stall_id=stall_id, sale_id=sale_id), 303)


@blueprint.get("/till/<int:stall_id>/sales/<int:sale_id>")
@allow(Role.VENDOR)
def sale(stall_id: int, sale_id: int) -> ResponseReturnValue:
    """The QR as large as the screen allows; then what the bank has said."""
    stall = own_stall(stall_id)
    status = queries.status_of(queries.get_sale(stall_id, sale_id))
    return render_template(
        "stalls/sale.html",
        stall=stall,
        status=status,
        headline=words.headline(status),
        detail=words.detail(status),
        **(_code(status.sale) if status.missing else {}),
        is_closed=services.is_closed(status.sale),
        cash_sale=queries.find_cash_sale_for(sale_id),
        lines=queries.lines_of(sale_id),
    )


@blueprint.get("/till/<int:stall_id>/sales/<int:sale_id>/status")
@allow(Role.VENDOR)
def sale_status(stall_id: int, sale_id: int) -> ResponseReturnValue:
    """What the waiting phone asks for every moment: a few words of JSON."""
    own_stall(stall_id)
    status = queries.status_of(queries.get_sale(stall_id, sale_id))
    found = {
        "face": status.face,
        "headline": words.headline(status),
        "detail": words.detail(status),
        "received": status.received,
    }
    return jsonify(TillStatusOut().dump(found))


@blueprint.post("/till/<int:stall_id>/sales/<int:sale_id>/cancel")
@allow(Role.VENDOR)
def cancel(stall_id: int, sale_id: int) -> ResponseReturnValue:
    """Give up a sale that waits, or take a cash sale of today back."""
    own_stall(stall_id)

    def work() -> None:
        with transaction():
            services.cancel_sale(queries.get_sale(stall_id, sale_id))

    retrying(work)
    flash(_("The sale is cancelled."))
    return redirect(url_for("stalls.till", stall_id=stall_id), 303)


@blueprint.get("/till/<int:stall_id>/day")
@allow(Role.VENDOR)
def day(stall_id: int) -> ResponseReturnValue:
    """Every sale of a day (``?on=2026-11-21``, by default today) and the totals by means."""
    stall = own_stall(stall_id)
    on = _asked_day()
    sales = queries.statuses_of(queries.sales_of_day(stall_id, on))
    totals = queries.totals_of_day(stall_id, on)
    return render_template("stalls/day.html", stall=stall, on=on, sales=sales, totals=totals)


@blueprint.get("/till/<int:stall_id>/card")
@allow(Role.VENDOR)
def card(stall_id: int) -> ResponseReturnValue:
    """The printed code of the stall, without an amount; ``?size=a6`` for a small one."""
    stall = own_stall(stall_id)
    payload = vietqr.build(stall.bank_bin, stall.bank_account) if stall.bank_bin and stall.bank_account else None
    return render_template(
        "stalls/card.html",
        stall=stall,
        is_small=request.args.get("size") == "a6",
        is_simulated=stall.bank_bin == SIMULATED_BIN,
        waits=queries.find_waiting_account(stall_id) is not None,
        drawing=qr.drawing(payload, label=_("QR code of the stall"), error="q") if payload else None,
        app_address=in_bank_app(payload) if payload else "",
    )


def _take(stall_id: int, loaded: dict[str, Any]) -> int:
    vendor_id = auth.require_user().id
    with transaction():
        return services.take_sale(stall_id, vendor_id=vendor_id, **loaded).id


def _fresh_form(amount: str = "") -> TillForm:
    return TillForm(formdata=None, data={"client_id": str(uuid.uuid4()), "amount": amount})


def _show_keypad(stall: Stall, form: TillForm, *, done: Sale | None = None) -> str:
    finished = queries.status_of(done) if done else None
    return render_template(
        "stalls/till.html",
        bank_app=current_app.config["BANK_APP_URL"],
        stall=stall,
        form=form,
        done=done,
        done_headline=words.headline(finished) if finished else "",
        latest=queries.statuses_of(queries.latest_sales(stall.id)),
        totals=queries.totals_of_day(stall.id, clock.today()),
        incoming=queries.count_incoming(stall),
        report=queries.find_open_report(stall.id),
        account=queries.newest_accounts([stall.id]).get(stall.id),
        has_goods=queries.producer_of(stall.id) is not None,
    )


def _code(sale: Sale) -> dict[str, object]:
    """The sale's QR as drawing and, where the bank is simulated, the way to pay it there."""
    if sale.payment is None:
        return {}
    text = qr.payload(sale.payment)
    return {"drawing": qr.drawing(text, label=_("QR code for the transfer")), "app_address": in_bank_app(text)}


def _asked_day() -> date:
    """The day of the query; today when it is absent or unreadable."""
    try:
        return Day().deserialize(request.args.get("on", ""))
    except ValidationError:
        return clock.today()
