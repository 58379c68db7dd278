"""Doors: the page of one order, by account or by the secret of its link, and its buttons."""

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.checkout import flows, queries
from marketplace.checkout.deadlines import ANSWER_TIME
from marketplace.checkout.forms import CardForm
from marketplace.checkout.terms import return_address
from marketplace.checkout.views.blueprint import blueprint
from marketplace.core import clock
from marketplace.orders import queries as orders
from marketplace.orders.errors import OrderMoved
from marketplace.orders.models import Order, OrderState, PaymentMethod, SubOrderState
from marketplace.payments import qr
from marketplace.payments.models import Payment, PaymentState, Rail
from marketplace.web import auth
from marketplace.web.access import PUBLIC, allow


@blueprint.get("/orders/<number>")
@allow(PUBLIC)
def order(number: str) -> ResponseReturnValue:
    """An order: how it stands, what happens next, how to pay. Query: ``key``, the secret of a guest's link."""
    return _page(own_order(number), CardForm())


@blueprint.get("/orders/<number>/status")
@allow(PUBLIC)
def status(number: str) -> ResponseReturnValue:
    """How the order stands, for the page's script: ``{"mark": ...}`` changes whenever the page would."""
    found = own_order(number)
    return {"mark": _mark(found, queries.newest_payment(found))}


@blueprint.post("/orders/<number>/card")
@allow(PUBLIC)
def pay_by_card(number: str) -> ResponseReturnValue:
    """Pay with (another) card after one was declined."""
    found = own_order(number)
    form = CardForm()
    if not form.validate_on_submit():
        return _page(found, form, 422)
    flows.pay_by_card(found.id, form.loaded["card"], return_address(number, secret()))
    return redirect(order_address(number), 303)


@blueprint.get("/orders/<number>/bank")
@allow(PUBLIC)
def bank(number: str) -> ResponseReturnValue:
    """On to the bank that wants the buyer to confirm a card payment; back to the order when it does not (any more).

    A link and not the answer to a form: the content policy lets forms lead to this site only.
    """
    payment = queries.newest_payment(own_order(number))
    target = flows.ask_gateway(payment) if payment else None
    return redirect(target or order_address(number), 303)


@blueprint.get("/orders/<number>/return")
@allow(PUBLIC)
def payment_return(number: str) -> ResponseReturnValue:
    """Back from the bank: ask the gateway how the payment stands, then show the order."""
    payment = queries.newest_payment(own_order(number))
    if payment is not None:
        flows.ask_gateway(payment)
    return redirect(order_address(number), 303)


@blueprint.post("/orders/<number>/transfer")
@allow(PUBLIC)
def pay_by_transfer(number: str) -> ResponseReturnValue:
    """Pay by a transfer instead of a card, after one was declined. Sent twice it is one code."""
    flows.pay_by_transfer(own_order(number).id, actor_id=_actor_id())
    return redirect(order_address(number), 303)


@blueprint.get("/orders/<number>/cancel")
@allow(PUBLIC)
def ask_cancel(number: str) -> ResponseReturnValue:
    """Ask before cancelling, and say what happens with the money. Nothing to cancel: back to the order."""
    found = own_order(number)
    if not orders.can_be_cancelled(found) or _shown_state(found) is not found.state:
        return redirect(order_address(number), 303)
    return render_template("checkout/cancel.html", order=found, key=secret(), back=queries.back_when_cancelled(found))


@blueprint.post("/orders/<number>/cancel")
@allow(PUBLIC)
def cancel(number: str) -> ResponseReturnValue:
    """Cancel before shipping; what was paid is given back. An order that is cancelled already stays so."""
    try:
        flows.cancel_order(own_order(number).id, actor_id=_actor_id())
    except OrderMoved as moved:
        if moved.facts["state"] != OrderState.CANCELLED:
            raise
    flash(_("The order is cancelled."), "message")
    return redirect(order_address(number), 303)


def own_order(number: str) -> Order:
    """The order of this person, or of the secret in the address. Raises ``OrderNotFound``."""
    user = auth.current_user()
    return orders.get_order_for(number, user_id=user.id if user else None, secret=secret())


def secret() -> str:
    """The secret of a guest's link as the request brings it; empty without one."""
    return request.values.get("key", "")


def order_address(number: str) -> str:
    """The path of the order's page, with the secret when the request has one."""
    return url_for("checkout.order", number=number, key=secret() or None)


def _actor_id() -> int | None:
    user = auth.current_user()
    return user.id if user else None


def _shown_state(found: Order) -> OrderState:
    """A deadline that has passed counts, whether the job has run or not (P12)."""
    return OrderState.EXPIRED if orders.is_overdue(found, clock.now()) else found.state


def _mark(found: Order, payment: Payment | None) -> str:
    """Everything on the page that can change while somebody looks at it."""
    facts = [_shown_state(found), payment.state if payment else "", str(payment.received) if payment else ""]
    return "|".join([*facts, *(part.state for part in found.sub_orders)])


def _page(found: Order, form: CardForm, code: int = 200) -> ResponseReturnValue:
    payment = queries.newest_payment(found)
    state = _shown_state(found)
    awaits = state is OrderState.AWAITING_PAYMENT and payment is not None
    page = render_template(
        "checkout/order.html",
        order=found,
        state=state,
        key=secret(),
        address=orders.address_of(found),
        payment=payment,
        mark=_mark(found, payment),
        late_address=_late_address(found, payment) if state is OrderState.EXPIRED and payment else "",
        transfer=_transfer(found, payment) if awaits and payment and _is_transfer(payment) else None,
        is_unanswered=awaits and payment is not None and _is_unanswered(payment),
        must_choose_card=awaits and found.payment_method is PaymentMethod.CARD and _card_failed(payment),
        form=form,
        story=queries.story_of(found),
        refunded=queries.refunded_total(found),
        refunds=queries.list_refunds(found),
        returns=queries.list_returns_of(found),
        offers={part.id: queries.returnable(part, clock.now()) for part in found.sub_orders},
        packs_back={line_id: n for part in found.sub_orders for line_id, n in queries.packs_back(part).items()},
        came_back={part.id: orders.note_of(part, SubOrderState.CANCELLED) for part in found.sub_orders},
        has_receipt=bool(queries.settled_payments(found)),
        invoice=queries.invoice_request_of(found),
        answer_days=ANSWER_TIME.days,
        can_be_cancelled=orders.can_be_cancelled(found) and state is found.state,
    )
    return page, code


def _is_transfer(payment: Payment) -> bool:
    return payment.rail is Rail.VIETQR and payment.state in (PaymentState.PENDING, PaymentState.PARTIALLY_FUNDED)


def _is_unanswered(payment: Payment) -> bool:
    """The gateway was asked for this card and has not said yet what became of it: webhook or reconciler will."""
    return payment.rail is Rail.CARD and payment.state is PaymentState.CREATED and payment.gateway_id is None


def _card_failed(payment: Payment | None) -> bool:
    return payment is None or payment.state in (PaymentState.FAILED, PaymentState.CANCELLED)


def _late_address(found: Order, payment: Payment) -> str:
    """Where the pretend bank pays the code of an order whose time is over; "" without such a bank, or by card."""
    if payment.transfer_code is None:
        return ""
    back = current_app.config["PUBLIC_URL"] + order_address(found.number)
    return qr.app_address(qr.payload_as_shown(payment), app_url=current_app.config["BANK_APP_URL"], back=back)


def _transfer(found: Order, payment: Payment) -> dict[str, object]:
    """What the buyer needs to pay by transfer: the code as drawing and text, and the way to the pretend bank."""
    text = qr.payload(payment)
    back = current_app.config["PUBLIC_URL"] + order_address(found.number)
    return {
        "drawing": qr.drawing(text, label=_("VietQR code for this order")),
        "missing": payment.amount - payment.received,
        "app_address": qr.app_address(text, app_url=current_app.config["BANK_APP_URL"], back=back),
    }
