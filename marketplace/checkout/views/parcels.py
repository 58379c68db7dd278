"""Doors: a producer's parcel, its steps, and refunds by the producer or the operator."""

import secrets

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.checkout import flows, queries
from marketplace.checkout.forms import AtTheDoorForm, RefundForm, counted, counting
from marketplace.checkout.services import GiveBack
from marketplace.checkout.views.blueprint import blueprint
from marketplace.core.errors import Conflict
from marketplace.core.roles import Role
from marketplace.orders import queries as orders
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import SubOrder, SubOrderState
from marketplace.web import auth
from marketplace.web.access import allow
from marketplace.web.messages import say_error

#: The buttons of a producer, by the last part of their address.
STEPS = {
    "packed": SubOrderState.PACKED,
    "shipped": SubOrderState.SHIPPED,
    "delivered": SubOrderState.DELIVERED,
}


@blueprint.get("/producer/orders/<int:sub_order_id>")
@allow(Role.PRODUCER, Role.OPERATOR)
def parcel(sub_order_id: int) -> ResponseReturnValue:
    """One parcel: goods, what to do next, and the address only while it is needed."""
    part = _own(sub_order_id)
    return _parcel(part, _at_the_door_form(part, with_typed=False))


@blueprint.post("/producer/orders/<int:sub_order_id>/<step>")
@allow(Role.PRODUCER)
def advance(sub_order_id: int, step: str) -> ResponseReturnValue:
    """Mark the parcel packed, shipped or delivered."""
    if step not in STEPS:
        raise OrderNotFound
    mine = auth.subject_ids(Role.PRODUCER)
    flows.advance_parcel(sub_order_id, mine, STEPS[step], actor_id=auth.require_user().id)
    return redirect(url_for("checkout.parcel", sub_order_id=sub_order_id), 303)


@blueprint.post("/producer/orders/<int:sub_order_id>/came-back")
@allow(Role.PRODUCER)
def came_back(sub_order_id: int) -> ResponseReturnValue:
    """Nobody took the parcel: it is back, with so many packs damaged. What was paid for its goods goes back."""
    mine = auth.subject_ids(Role.PRODUCER)
    part = orders.get_sub_order(sub_order_id, mine)
    form = _at_the_door_form(part)
    if not form.validate_on_submit():
        return _parcel(part, form, 422)
    flows.refuse_at_door(part.id, mine, form.loaded["why"], counted(form), actor_id=auth.require_user().id)
    is_paid = queries.settled_payment_of(part) is not None
    nothing, goes_back = _("Nothing was paid for it."), _("What was paid for the goods is on its way to the buyer.")
    noted = _("Noted: the parcel came back.")
    flash(f"{noted} {goes_back if is_paid else nothing}", "message")
    return redirect(url_for("checkout.parcel", sub_order_id=sub_order_id), 303)


@blueprint.route("/producer/orders/<int:sub_order_id>/refund", methods=["GET", "POST"])
@allow(Role.PRODUCER, Role.OPERATOR)
def refund(sub_order_id: int) -> ResponseReturnValue:
    """Give back a part of what was paid for the parcel; more than is left is refused (P13)."""
    part = _own(sub_order_id)
    form = RefundForm()
    choices = queries.refund_choices(part)
    if not form.is_submitted():
        form.idempotency_key.data = secrets.token_urlsafe(16)
        return render_template("checkout/refund.html", part=part, form=form, choices=choices)
    if form.validate_on_submit():
        try:
            flows.refund_parcel(
                part,
                _wanted(form),
                reason=form.loaded["reason"],
                key=f"{part.id}-{form.loaded['idempotency_key']}"[:64],
                actor_id=auth.require_user().id,
            )
        except Conflict as refused:
            form.form_errors.append(say_error(refused))
        else:
            flash(_("The refund is on its way to the buyer."), "message")
            return redirect(url_for("checkout.parcel", sub_order_id=sub_order_id), 303)
    return render_template("checkout/refund.html", part=part, form=form, choices=choices), 422


def _wanted(form: RefundForm) -> GiveBack:
    what, amount, packs = form.loaded["line_id"], form.loaded["amount"], form.loaded["quantity"]
    if what == "all":
        return GiveBack(everything=True)
    if what == "spread":
        return GiveBack(spread=amount)
    if packs is not None:
        return GiveBack(quantities={int(what): packs})
    return GiveBack(amounts={int(what) or None: amount})


def _parcel(part: SubOrder, form: AtTheDoorForm, code: int = 200) -> ResponseReturnValue:
    is_paid = queries.settled_payment_of(part) is not None
    page = render_template(
        "checkout/parcel.html",
        part=part,
        form=form,
        recipient=orders.recipient_of(part),
        choices=queries.refund_choices(part),
        is_paid=is_paid,
        may_come_back=part.state is SubOrderState.SHIPPED,
        came_back=orders.note_of(part, SubOrderState.CANCELLED),
        refunds=queries.list_parcel_refunds(part),
        invoice=queries.invoice_request_of(part.order),
        packs_back=queries.packs_back(part),
        returns=[asked for asked in queries.list_returns_of(part.order) if asked.sub_order_id == part.id],
    )
    return page, code


def _at_the_door_form(part: SubOrder, *, with_typed: bool = True) -> AtTheDoorForm:
    lines = {line.id: (line.product_name, line.quantity) for line in part.lines}
    return counting(AtTheDoorForm, lines, **({} if with_typed else {"formdata": None}))


def _own(sub_order_id: int) -> SubOrder:
    """The parcel, when it is the producer's own or the operator asks. Raises ``OrderNotFound``."""
    user = auth.require_user()
    if Role.OPERATOR in user.roles:
        return orders.get_any_sub_order(sub_order_id)
    return orders.get_sub_order(sub_order_id, auth.subject_ids(Role.PRODUCER))
