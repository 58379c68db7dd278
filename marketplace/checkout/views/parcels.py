"""Doors: a producer's parcel, its steps, and refunds by the producer or the operator."""

import secrets

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.checkout import flows, queries
from marketplace.checkout.forms import RefundForm
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
    return render_template(
        "checkout/parcel.html",
        part=part,
        recipient=orders.recipient_of(part),
        choices=queries.refund_choices(part),
        is_paid=queries.settled_payment_of(part) is not None,
        refunds=queries.list_parcel_refunds(part),
    )


@blueprint.post("/producer/orders/<int:sub_order_id>/<step>")
@allow(Role.PRODUCER)
def advance(sub_order_id: int, step: str) -> ResponseReturnValue:
    """Mark the parcel packed, shipped or delivered."""
    if step not in STEPS:
        raise OrderNotFound
    mine = auth.subject_ids(Role.PRODUCER)
    flows.advance_parcel(sub_order_id, mine, STEPS[step], actor_id=auth.require_user().id)
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
                {form.loaded["line_id"] or None: form.loaded["amount"]},
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


def _own(sub_order_id: int) -> SubOrder:
    """The parcel, when it is the producer's own or the operator asks. Raises ``OrderNotFound``."""
    user = auth.require_user()
    if Role.OPERATOR in user.roles:
        return orders.get_any_sub_order(sub_order_id)
    return orders.get_sub_order(sub_order_id, auth.subject_ids(Role.PRODUCER))
