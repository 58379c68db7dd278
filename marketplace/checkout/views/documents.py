"""Doors: receipts to print, and the wish for an invoice. Nothing here is a tax invoice."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.checkout import queries, services
from marketplace.checkout.forms import InvoiceForm
from marketplace.checkout.services import InvoiceWish
from marketplace.checkout.terms import is_simulated
from marketplace.checkout.views.blueprint import blueprint
from marketplace.checkout.views.order_page import order_address, own_order, secret
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.orders import queries as orders
from marketplace.web import auth
from marketplace.web.access import PUBLIC, allow

#: What the form asks for.
_NAMES = ("buyer_name", "tax_code", "address", "email")


@blueprint.get("/orders/<number>/receipt")
@allow(PUBLIC)
def receipt(number: str) -> ResponseReturnValue:
    """What was paid for an order: what, to whom, when, how much, how. Query: ``key``."""
    found = own_order(number)
    payments = queries.settled_payments(found)
    if not payments:
        raise Conflict("receipt_not_yet")
    paid_parts = {share.sub_order_id for payment in payments for share in queries.list_shares(payment)}
    return render_template(
        "checkout/receipt.html",
        order=found,
        address=orders.address_of(found),
        payments=payments,
        parts=[part for part in found.sub_orders if part.id in paid_parts],
        paid=sum(payment.amount for payment in payments),
        refunds=queries.list_refunds(found),
        simulated=is_simulated(),
        back=order_address(number),
        key=secret(),
    )


@blueprint.get("/orders/<number>/refunds/<public_id>/receipt")
@allow(PUBLIC)
def refund_receipt(number: str, public_id: str) -> ResponseReturnValue:
    """What was or is being given back: for what, when, how much, how. Query: ``key``."""
    found = own_order(number)
    refund = queries.get_refund_of(found, public_id)
    return render_template(
        "checkout/refund_receipt.html",
        order=found,
        refund=refund,
        lines=queries.list_refund_lines(refund),
        producers={part.id: part.producer.name for part in found.sub_orders},
        simulated=is_simulated(),
        back=order_address(number),
    )


@blueprint.route("/orders/<number>/invoice", methods=["GET", "POST"])
@allow(PUBLIC)
def invoice(number: str) -> ResponseReturnValue:
    """In whose name the producers shall issue the invoice. Query: ``key``."""
    found, user = own_order(number), auth.current_user()
    form = InvoiceForm(obj=queries.invoice_request_of(found))
    if not form.is_submitted():
        if not form.buyer_name.data:
            form.buyer_name.data, form.address.data = found.contact_name, orders.address_of(found)
        return _invoice_page(number, form)
    if not form.validate_on_submit():
        return _invoice_page(number, form), 422
    wish, order_id = InvoiceWish(**{name: form.loaded[name] for name in _NAMES}), found.id

    def write() -> None:
        with transaction():
            services.request_invoice(orders.get_order(order_id), wish, actor_id=user.id if user else None)

    retrying(write)
    flash(_("Your wish is with the producers, who issue the invoice."), "message")
    return redirect(order_address(number), 303)


def _invoice_page(number: str, form: InvoiceForm) -> str:
    found = own_order(number)
    action = url_for("checkout.invoice", number=number)
    back = order_address(number)
    return render_template("checkout/invoice.html", order=found, form=form, key=secret(), action=action, back=back)
