"""Doors: a buyer calls goods off or sends them back, by account or by the secret of the order's link."""

import secrets

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.checkout import flows, queries
from marketplace.checkout.deadlines import ANSWER_TIME, LAWFUL_RETURN_DAYS, RETURN_DAYS
from marketplace.checkout.forms import ReturnForm, counted, counting
from marketplace.checkout.models import ReturnReason
from marketplace.checkout.queries import Returnable
from marketplace.checkout.services import ReturnWish
from marketplace.checkout.views.blueprint import blueprint
from marketplace.checkout.views.order_page import order_address, own_order, secret
from marketplace.core import clock
from marketplace.core.errors import Conflict, Invalid
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import Order, SubOrder
from marketplace.web import auth
from marketplace.web.access import PUBLIC, allow
from marketplace.web.messages import say_error


@blueprint.route("/orders/<number>/parcels/<int:sub_order_id>/return", methods=["GET", "POST"])
@allow(PUBLIC)
def ask_return(number: str, sub_order_id: int) -> ResponseReturnValue:
    """The form: how many packs of which line, and why. Query: ``key``, the secret of a guest's link."""
    found = own_order(number)
    part = _part(found, sub_order_id)
    offered = queries.returnable(part, clock.now())
    form = counting(ReturnForm, _lines(part, offered))
    if not form.is_submitted():
        if offered is None:
            raise Conflict("return_not_now")
        form.idempotency_key.data = secrets.token_urlsafe(16)
        return _page(found, part, offered, form)
    if form.validate_on_submit():
        try:
            flows.ask_return(found.id, part.id, _wish(form, offered), actor_id=_actor())
        except (Conflict, Invalid) as refused:
            form.form_errors.append(say_error(refused))
        else:
            flash(_("Your request has reached the producer."), "message")
            return redirect(order_address(number), 303)
    return _page(found, part, offered, form), 422


@blueprint.post("/orders/<number>/returns/<int:request_id>/withdraw")
@allow(PUBLIC)
def withdraw_return(number: str, request_id: int) -> ResponseReturnValue:
    """The buyer keeps the goods after all."""
    flows.withdraw_return(own_order(number).id, request_id, actor_id=_actor())
    flash(_("Your request is withdrawn."), "message")
    return redirect(order_address(number), 303)


def _part(found: Order, sub_order_id: int) -> SubOrder:
    for part in found.sub_orders:
        if part.id == sub_order_id:
            return part
    raise OrderNotFound


def _lines(part: SubOrder, offered: Returnable | None) -> dict[int, tuple[str, int]]:
    """What the form counts; nothing where only the whole parcel can be called off."""
    if offered is None or offered.only_whole:
        return {}
    lines = [line for line in part.lines if line.id in offered.packs]
    return {line.id: (f"{line.product_name} ({line.pack_label})", offered.packs[line.id]) for line in lines}


def _wish(form: ReturnForm, offered: Returnable | None) -> ReturnWish:
    packs = offered.packs if offered and offered.only_whole else counted(form)
    key = f"return-{form.loaded['idempotency_key']}"[:64]
    return ReturnWish(packs, ReturnReason(form.loaded["reason"]), form.loaded["note"], key)


def _actor() -> int | None:
    user = auth.current_user()
    return user.id if user else None


def _page(found: Order, part: SubOrder, offered: Returnable | None, form: ReturnForm) -> str:
    return render_template(
        "checkout/ask_return.html",
        order=found,
        part=part,
        offered=offered,
        form=form,
        key=secret(),
        back=order_address(found.number),
        days=RETURN_DAYS,
        lawful_days=LAWFUL_RETURN_DAYS,
        answer_days=ANSWER_TIME.days,
        action=url_for("checkout.ask_return", number=found.number, sub_order_id=part.id),
    )
