"""The trader counts: the shift as it stands, its closing, the slip to print, and all closings so far."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Invalid
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.core.vietqr import SIMULATED_BIN
from marketplace.stalls import queries, services
from marketplace.stalls.forms import ClosingForm, OpeningForm
from marketplace.stalls.models import Shift, Stall
from marketplace.stalls.views.door import blueprint, own_stall
from marketplace.web import auth
from marketplace.web.access import allow
from marketplace.web.addresses import asked_page


@blueprint.get("/till/<int:stall_id>/shift")
@allow(Role.VENDOR)
def shift(stall_id: int) -> ResponseReturnValue:
    """What was sold since the last closing, and the form that closes it."""
    return _shift_page(own_stall(stall_id), ClosingForm(formdata=None), OpeningForm(formdata=None))


@blueprint.post("/till/<int:stall_id>/shift")
@allow(Role.VENDOR)
def open_shift(stall_id: int) -> ResponseReturnValue:
    """Begin a shift by hand, with the change in the drawer."""
    stall = own_stall(stall_id)
    form, actor_id = OpeningForm(), auth.require_user().id
    if not form.validate_on_submit():
        return _shift_page(stall, ClosingForm(formdata=None), form), 422

    def work() -> None:
        with transaction():
            services.open_shift(stall_id, opening_cash=form.loaded["opening_cash"], actor_id=actor_id)

    retrying(work)
    flash(_("The shift is open."))
    return redirect(url_for("stalls.till", stall_id=stall_id), 303)


@blueprint.post("/till/<int:stall_id>/shifts/<int:shift_id>/close")
@allow(Role.VENDOR)
def close_shift(stall_id: int, shift_id: int) -> ResponseReturnValue:
    """Close the shift up to the sale that the trader saw. A difference without a reason is asked about."""
    stall = own_stall(stall_id)
    queries.get_shift(stall_id, shift_id)
    form, actor_id = ClosingForm(), auth.require_user().id
    if not form.validate_on_submit():
        return _shift_page(stall, form, OpeningForm(formdata=None)), 422

    def work() -> None:
        with transaction():
            services.close_shift(stall_id, shift_id, actor_id=actor_id, **form.loaded)

    try:
        retrying(work)
    except Invalid as refusal:
        form.refuse(refusal)
        counted = form.loaded["counted_cash"] if refusal.code == "shift_reason_missing" else None
        page = _shift_page(queries.get_stall(stall_id), form, OpeningForm(formdata=None), counted=counted)
        return page, 422
    flash(_("The shift is closed."))
    return redirect(url_for("stalls.closing", stall_id=stall_id, shift_id=shift_id), 303)


@blueprint.get("/till/<int:stall_id>/closings")
@allow(Role.VENDOR)
def closings(stall_id: int) -> ResponseReturnValue:
    """All closed shifts, newest first."""
    stall = own_stall(stall_id)
    page = queries.list_closings(stall_id, page=asked_page())
    return render_template("stalls/closings.html", stall=stall, page=page)


@blueprint.get("/till/<int:stall_id>/closings/<int:shift_id>")
@allow(Role.VENDOR)
def closing(stall_id: int, shift_id: int) -> ResponseReturnValue:
    """The slip of a closed shift; an open one leads to its own page."""
    stall = own_stall(stall_id)
    found = queries.get_shift(stall_id, shift_id)
    if found.closed_at is None:
        return redirect(url_for("stalls.shift", stall_id=stall_id), 303)
    return render_template(
        "stalls/closing.html",
        stall=stall,
        shift=found,
        sales=queries.statuses_of(queries.sales_of_shift(found)),
        is_simulated=stall.bank_bin == SIMULATED_BIN,
    )


def _shift_page(
    stall: Stall, closing_form: ClosingForm, opening_form: OpeningForm, *, counted: Dong | None = None
) -> str:
    current = queries.find_open_shift(stall.id)
    found = queries.so_far(current, up_to=_seen(closing_form, current)) if current else None
    return render_template(
        "stalls/shift.html",
        stall=stall,
        found=found,
        closing_form=closing_form,
        opening_form=opening_form,
        difference=counted - found.expected_cash if found and counted is not None else None,
    )


def _seen(form: ClosingForm, shift: Shift) -> int | None:
    """The number of the last sale that the trader saw when counting, as long as it can be one of this shift."""
    typed = str(form.up_to.data or "")
    seen = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None
    return seen if seen is not None and seen >= shift.first_sequence - 1 else None
