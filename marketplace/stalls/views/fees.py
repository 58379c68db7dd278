"""Market fees: the management sets them and sees who has paid, the trader pays by VietQR."""

from collections.abc import Callable
from datetime import date

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core import clock
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Invalid
from marketplace.core.roles import Role
from marketplace.payments import qr
from marketplace.stalls import queries, services
from marketplace.stalls.forms import CashFeeForm, FeesForm, WaivingForm
from marketplace.stalls.models import FeeState, MarketFee, Means
from marketplace.stalls.views.door import asked_month, blueprint, in_bank_app, managed_market, own_stall
from marketplace.web import auth
from marketplace.web.access import allow
from marketplace.web.forms import SchemaForm


@blueprint.route("/markets/<slug>/fees", methods=["GET", "POST"])
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def fees(slug: str) -> ResponseReturnValue:
    """The fees of a month (``?month=2026-11``): paid and unpaid; and the form that sets them for the open stalls."""
    managed_market(slug)
    month, form = asked_month(ahead=1), FeesForm()
    if form.validate_on_submit():
        actor_id = auth.require_user().id

        def work() -> int:
            with transaction():
                market = queries.get_market(slug)
                stalls = queries.list_stalls(market, only_open=True)
                return len(services.set_fees(market, stalls, period=month, actor_id=actor_id, **form.loaded))

        try:
            made = retrying(work)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            flash(_("Fees set: %(count)s.", count=made))
            return redirect(url_for("stalls.fees", slug=slug, month=f"{month:%Y-%m}"), 303)
    return _month_page(slug, month, form), 422 if form.is_submitted() else 200


@blueprint.route("/markets/<slug>/fees/<int:fee_id>", methods=["GET", "POST"])
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def fee(slug: str, fee_id: int) -> ResponseReturnValue:
    """One fee: another amount or day while it is due."""
    found = queries.get_fee_of_market(managed_market(slug).id, fee_id)
    form = FeesForm(data={"amount": str(found.amount), "due_on": found.due_on.isoformat()})
    if not form.validate_on_submit():
        return _fee_page(slug, fee_id, form), 422 if form.is_submitted() else 200
    actor_id = auth.require_user().id
    return _decide(slug, fee_id, form, lambda fee: services.change_fee(fee, actor_id=actor_id, **form.loaded))


@blueprint.post("/markets/<slug>/fees/<int:fee_id>/cash")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def take_fee(slug: str, fee_id: int) -> ResponseReturnValue:
    """A fee was taken in cash."""
    queries.get_fee_of_market(managed_market(slug).id, fee_id)
    form, actor_id = CashFeeForm(), auth.require_user().id
    if not form.validate_on_submit():
        return _fee_page(slug, fee_id, form), 422
    return _decide(slug, fee_id, form, lambda fee: services.take_fee_in_cash(fee, actor_id=actor_id, **form.loaded))


@blueprint.post("/markets/<slug>/fees/<int:fee_id>/waive")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def waive_fee(slug: str, fee_id: int) -> ResponseReturnValue:
    """A stall is let off a fee."""
    queries.get_fee_of_market(managed_market(slug).id, fee_id)
    form, actor_id = WaivingForm(), auth.require_user().id
    if not form.validate_on_submit():
        return _fee_page(slug, fee_id, form), 422
    return _decide(slug, fee_id, form, lambda fee: services.waive_fee(fee, actor_id=actor_id, **form.loaded))


@blueprint.get("/till/<int:stall_id>/fees")
@allow(Role.VENDOR)
def own_fees(stall_id: int) -> ResponseReturnValue:
    """What the stall owes its market, each with its QR, and what it has paid."""
    stall = own_stall(stall_id)
    found = queries.fees_of_stall(stall_id)
    due = [fee for fee in found if fee.state is FeeState.DUE]
    codes = {fee.id: qr.payload(fee.payment) for fee in due}
    drawings = {fee_id: qr.drawing(code, label=_("QR code for the transfer")) for fee_id, code in codes.items()}
    apps = {fee_id: in_bank_app(code) for fee_id, code in codes.items()}
    done = [fee for fee in found if fee.state is not FeeState.DUE]
    return render_template("stalls/own_fees.html", stall=stall, due=due, done=done, drawings=drawings, apps=apps)


def _decide(slug: str, fee_id: int, form: SchemaForm, act: Callable[[MarketFee], None]) -> ResponseReturnValue:
    def work() -> date:
        with transaction():
            found = queries.get_fee_of_market(queries.get_market(slug).id, fee_id)
            act(found)
            return found.period

    try:
        month = retrying(work)
    except Invalid as refusal:
        form.refuse(refusal)
        return _fee_page(slug, fee_id, form), 422
    flash(_("Saved."))
    return redirect(url_for("stalls.fees", slug=slug, month=f"{month:%Y-%m}"), 303)


def _month_page(slug: str, month: date, form: FeesForm) -> str:
    found = queries.fees_of_month(queries.get_market(slug), month)
    return render_template(
        "stalls/fees.html",
        market=queries.get_market(slug),
        month=month,
        before=clock.add_months(month, -1),
        after=clock.add_months(month, 1),
        found=found,
        paid=found.total(FeeState.PAID),
        paid_by_qr=found.total(FeeState.PAID, Means.QR),
        due=found.total(FeeState.DUE),
        count_due=found.count(FeeState.DUE),
        form=form,
    )


def _fee_page(slug: str, fee_id: int, form: SchemaForm) -> str:
    market = queries.get_market(slug)
    found = queries.get_fee_of_market(market.id, fee_id)
    asked = {type(form): form}
    return render_template(
        "stalls/fee.html",
        market=market,
        fee=found,
        change_form=asked.get(FeesForm)
        or FeesForm(formdata=None, data={"amount": str(found.amount), "due_on": found.due_on.isoformat()}),
        cash_form=asked.get(CashFeeForm) or CashFeeForm(formdata=None),
        waive_form=asked.get(WaivingForm) or WaivingForm(formdata=None),
    )
