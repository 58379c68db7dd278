"""Doors: the second and third step of buying, delivery and payment. They work without script."""

from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from marketplace.cart import visitor
from marketplace.cart.models import Cart
from marketplace.cart.queries import CartView, view_of
from marketplace.checkout import flows, queries, services
from marketplace.checkout.flows import Wish
from marketplace.checkout.forms import DeliveryForm, OrderForm
from marketplace.checkout.terms import page_address, terms
from marketplace.checkout.views.blueprint import blueprint
from marketplace.core import clock
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.fields import format_phone
from marketplace.orders import queries as orders
from marketplace.places.queries import get_unit, place_choice
from marketplace.web import auth
from marketplace.web.access import PUBLIC, allow
from marketplace.web.messages import say_error


@blueprint.route("/checkout/delivery", methods=["GET", "POST"])
@allow(PUBLIC)
def delivery() -> ResponseReturnValue:
    """Who receives the goods and where. The button of the place picker shows the form again as it was typed."""
    cart = visitor.find_cart()
    view = view_of(cart, clock.now())
    if cart is None or not view.can_check_out:
        return redirect(url_for("cart.page"), 303)
    form = DeliveryForm(data=_known_delivery(cart))
    if "pick_place" not in request.form and form.validate_on_submit():
        try:
            wanted = services.read_delivery(form.loaded)
            with transaction():
                services.save_draft(cart, wanted)
            return redirect(url_for("checkout.payment"), 303)
        except Invalid as refused:
            form.refuse(refused)
    status = 422 if form.errors or form.form_errors else 200
    choice = place_choice(request.form.get("province"), form.commune.data)
    return render_template("checkout/delivery.html", form=form, cart=view, choice=choice), status


@blueprint.get("/checkout/payment")
@allow(PUBLIC)
def payment() -> ResponseReturnValue:
    """Everything once more, and how to pay."""
    cart = visitor.find_cart()
    if cart is None or not view_of(cart, clock.now()).can_check_out:
        return redirect(url_for("cart.page"), 303)
    draft = queries.find_draft(cart.id)
    if draft is None:
        return redirect(url_for("checkout.delivery"), 303)
    form = OrderForm(data={**_typed(draft), "idempotency_key": draft.idempotency_key, "payment_method": "vietqr"})
    return _payment_page(form, view_of(cart, clock.now()))


@blueprint.post("/checkout/payment")
@allow(PUBLIC)
def place() -> ResponseReturnValue:
    """Place the order. Refused means told why, on the same page, with everything that was typed and chosen."""
    cart = visitor.find_cart()
    form = OrderForm()
    if cart is None:
        return redirect(url_for("cart.page"), 303)
    if not form.validate_on_submit() or not form.idempotency_key.data:
        return _payment_page(form, view_of(cart, clock.now()), status=422)
    try:
        return redirect(page_address(flows.place_order(_wish(cart, form), terms())), 303)
    except Conflict as refused:
        return _payment_page(form, view_of(visitor.find_cart(), clock.now()), problem=say_error(refused), status=409)
    except Invalid as refused:
        form.refuse(refused)
        return _payment_page(form, view_of(visitor.find_cart(), clock.now()), status=422)


def _wish(cart: Cart, form: OrderForm) -> Wish:
    user = auth.current_user()
    return Wish(
        key=f"web:{form.idempotency_key.data}",
        cart_id=cart.id,
        delivery=services.read_delivery(form.loaded),
        payment_method=form.loaded["payment_method"],
        card=form.loaded["card"],
        quote=form.loaded["quote"],
        user_id=user.id if user else None,
        locale=str(get_locale() or "vi"),
    )


def _payment_page(form: OrderForm, cart: CartView, *, problem: str = "", status: int = 200) -> ResponseReturnValue:
    form.quote.data = cart.quote
    if not cart.groups and not problem and form.form_errors:
        problem = str(form.form_errors[0])
    choice = place_choice(None, form.commune.data)
    page = render_template(
        "checkout/payment.html",
        form=form,
        cart=cart,
        commune=choice.commune,
        problem=problem,
        hold_minutes=current_app.config["HOLD_MINUTES"],
    )
    return page, status


def _known_delivery(cart: Cart) -> dict[str, Any]:
    """What to fill in: what was typed for this cart, else where the person's last order went."""
    draft = queries.find_draft(cart.id)
    if draft is not None:
        return _typed(draft)
    user = auth.current_user()
    if user is None:
        return {}
    last = orders.latest_delivery_of(user.id)
    return _typed(last) if last is not None else {"contact_name": user.name}


def _typed(source: Any) -> dict[str, Any]:
    """A draft's or an order's delivery as the form shows it."""
    return {
        "contact_name": source.contact_name,
        "contact_phone": format_phone(source.contact_phone),
        "contact_email": source.contact_email or "",
        "commune": get_unit(source.commune_id).code,
        "address_line": source.address_line,
        "note": source.note,
    }
