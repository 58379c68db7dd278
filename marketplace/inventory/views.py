"""Doors of the producer: the lots of the own products. A neighbour's lot answers like a missing one."""

import secrets
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice

from marketplace.catalogue.queries import list_own_products
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.roles import Role
from marketplace.inventory import queries, services
from marketplace.inventory.forms import AdjustForm, RecallForm, ReceiveForm, StateForm
from marketplace.inventory.models import LotState, MoveReason
from marketplace.web.access import allow
from marketplace.web.auth import require_user, subject_ids
from marketplace.web.messages import say_error
from marketplace.web.navigation import MenuItem, add

blueprint = Blueprint("inventory", __name__)
add(MenuItem(_l("Stock"), "inventory.lots", position=45, roles=frozenset({Role.PRODUCER}), icon="box-seam"))

STATES = {
    LotState.OPEN: _l("On the shelf"),
    LotState.BLOCKED: _l("Held back"),
    LotState.RECALLED: _l("Recalled"),
}
TONES = {LotState.OPEN: "good", LotState.BLOCKED: "wait", LotState.RECALLED: "bad"}
REASONS = {
    MoveReason.RECEIPT: _l("Received into store"),
    MoveReason.SALE: _l("Sold"),
    MoveReason.RETURN: _l("Came back"),
    MoveReason.ADJUSTMENT: _l("Corrected"),
}


@blueprint.get("/producer/lots")
@allow(Role.PRODUCER)
def lots() -> ResponseReturnValue:
    """Every lot of the own products."""
    found = queries.list_lots(subject_ids(Role.PRODUCER))
    return render_template("inventory/lots.html", lots=found, states=STATES, tones=TONES)


@blueprint.route("/producer/lots/new", methods=["GET", "POST"])
@allow(Role.PRODUCER)
def receive() -> ResponseReturnValue:
    """Put a new lot into store."""
    form = ReceiveForm()
    packs = [
        (str(pack.id), f"{product.name} · {pack.label}")
        for product in list_own_products(subject_ids(Role.PRODUCER))
        for pack in product.packs
    ]
    form.pack_id.choices = [SelectChoice(pack_id, label) for pack_id, label in packs]
    if form.validate_on_submit():
        try:
            return _receive(form.loaded, {int(pack_id) for pack_id, _label in packs})
        except (Invalid, Conflict) as error:
            form.refuse(Invalid(error.code, field=_FIELDS.get(error.field or "", error.field), **error.facts))
    return render_template("inventory/receive.html", form=form), 422 if form.is_submitted() else 200


#: The form asks for the last day *with*, the service for the first day *without*.
_FIELDS = {"expires_on": "best_before"}


def _receive(typed: dict[str, Any], own_packs: set[int]) -> ResponseReturnValue:
    if typed["pack_id"] not in own_packs:
        raise Invalid("choice_unknown", field="pack_id")
    best_before = typed.get("best_before")
    with transaction():
        lot = services.receive_lot(
            typed["pack_id"],
            typed["quantity"],
            code=typed["code"],
            made_on=typed["made_on"],
            expires_on=best_before + timedelta(days=1) if best_before else None,
            planting_area_code=typed.get("planting_area_code") or None,
            actor_id=require_user().id,
        )
        lot_id = lot.id
    flash(_("The lot is on the shelf."))
    return redirect(url_for("inventory.lot", lot_id=lot_id), 303)


@blueprint.get("/producer/lots/<int:lot_id>")
@allow(Role.PRODUCER)
def lot(lot_id: int) -> ResponseReturnValue:
    """One lot: what is left, what moved, what can be done."""
    return _show(lot_id, AdjustForm(key=secrets.token_urlsafe(18)), StateForm(formdata=None))


@blueprint.post("/producer/lots/<int:lot_id>/adjust")
@allow(Role.PRODUCER)
def adjust(lot_id: int) -> ResponseReturnValue:
    """Correct what is in store."""
    queries.get_lot(lot_id, producer_ids=subject_ids(Role.PRODUCER))
    actor_id, form = require_user().id, AdjustForm()
    if form.validate_on_submit():
        typed = form.loaded
        try:
            with transaction():
                services.adjust(lot_id, typed["delta"], note=typed["note"], key=typed["key"], actor_id=actor_id)
        except (Invalid, Conflict) as error:
            form.refuse(Invalid(error.code, field=error.field, **error.facts))
        else:
            flash(_("The stock was corrected."))
            return redirect(url_for("inventory.lot", lot_id=lot_id), 303)
    return _show(lot_id, form, StateForm(formdata=None)), 422


@blueprint.post("/producer/lots/<int:lot_id>/state")
@allow(Role.PRODUCER)
def change_state(lot_id: int) -> ResponseReturnValue:
    """Hold the lot back, or put it on the shelf again."""
    queries.get_lot(lot_id, producer_ids=subject_ids(Role.PRODUCER))
    actor_id, form = require_user().id, StateForm()
    if form.validate_on_submit():
        change = services.block if form.loaded["action"] == "block" else services.unblock
        try:
            with transaction():
                change(lot_id, reason=form.loaded["reason"], actor_id=actor_id)
        except Conflict as error:
            flash(say_error(error), "error")
        return redirect(url_for("inventory.lot", lot_id=lot_id), 303)
    return _show(lot_id, AdjustForm(formdata=None, key=secrets.token_urlsafe(18)), form), 422


@blueprint.route("/producer/lots/<int:lot_id>/recall", methods=["GET", "POST"])
@allow(Role.PRODUCER, Role.OPERATOR)
def recall(lot_id: int) -> ResponseReturnValue:
    """Recall the lot, on a page of its own because it cannot be taken back. Producers their own, operators any."""
    person = require_user()
    found = queries.get_lot(lot_id, producer_ids=None if Role.OPERATOR in person.roles else subject_ids(Role.PRODUCER))
    form = RecallForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.recall(lot_id, **form.loaded, actor_id=person.id)
        except (Invalid, Conflict) as error:
            form.refuse(Invalid(error.code, field=error.field, **error.facts))
        else:
            flash(_("The lot is recalled. Unpaid orders with it are being stopped."))
            return redirect(url_for("desk.recalled_sales", lot_id=lot_id), 303)
    return render_template("inventory/recall.html", lot=found, form=form), 422 if form.is_submitted() else 200


def _show(lot_id: int, adjust_form: AdjustForm, state_form: StateForm) -> str:
    found = queries.get_lot(lot_id, producer_ids=subject_ids(Role.PRODUCER))
    return render_template(
        "inventory/lot.html",
        lot=found,
        moves=queries.list_moves(lot_id),
        events=queries.list_events(lot_id),
        adjust_form=adjust_form,
        state_form=state_form,
        states=STATES,
        tones=TONES,
        reasons=REASONS,
    )
