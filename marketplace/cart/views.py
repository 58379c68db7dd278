"""Doors: the cart page and its buttons."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _

from marketplace.cart import queries, services, visitor
from marketplace.cart.forms import ItemForm, QuantityForm
from marketplace.cart.queries import CartLine
from marketplace.core import clock
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict
from marketplace.core.roles import OFFICERS, Role
from marketplace.web.access import PUBLIC, allow
from marketplace.web.messages import say, say_error
from marketplace.web.navigation import MenuItem
from marketplace.web.navigation import add as hang_up

blueprint = Blueprint("cart", __name__)


def _menu_word() -> str:
    count = visitor.count_packs()
    return str(_("Cart (%(count)s)", count=count) if count else _("Cart"))


#: Who rarely buys here at work.
_AT_THE_DESK = frozenset({*OFFICERS, Role.OPERATOR})

hang_up(MenuItem(LazyString(_menu_word), "cart.page", position=20, icon="basket", on_desk_of=_AT_THE_DESK))


@blueprint.get("/cart")
@allow(PUBLIC)
def page() -> ResponseReturnValue:
    """The cart, grouped by producer with the fee of each."""
    return _show()


@blueprint.post("/cart/items")
@allow(PUBLIC)
def add() -> ResponseReturnValue:
    """Put ``quantity`` of ``pack_id`` into the cart; more than there is is refused with what is left (S1)."""
    form = ItemForm()
    if not form.validate_on_submit():
        return _show(_first_problem(form), 422)
    try:
        with transaction():
            services.add(visitor.start_cart(), form.loaded["pack_id"], form.loaded["quantity"])
    except Conflict as refused:
        return _show(say_error(refused), 409)
    flash(_("Put into the cart."), "message")
    return redirect(url_for("cart.page"), 303)


@blueprint.post("/cart/items/<int:pack_id>")
@allow(PUBLIC)
def change(pack_id: int) -> ResponseReturnValue:
    """Set the quantity of a line; 0 takes it out."""
    form = QuantityForm()
    if not form.validate_on_submit():
        return _show(_first_problem(form), 422)
    try:
        with transaction():
            _set_quantity(pack_id, form.loaded["quantity"])
    except Conflict as refused:
        return _show(say_error(refused), 409)
    return redirect(url_for("cart.page"), 303)


@blueprint.post("/cart/items/<int:pack_id>/remove")
@allow(PUBLIC)
def remove(pack_id: int) -> ResponseReturnValue:
    """Take a line out."""
    with transaction():
        _set_quantity(pack_id, 0)
    return redirect(url_for("cart.page"), 303)


@blueprint.post("/cart/age")
@allow(PUBLIC)
def confirm_age() -> ResponseReturnValue:
    """The buyer says to be 18 or older."""
    with transaction():
        services.confirm_age(visitor.start_cart())
    return redirect(url_for("cart.page"), 303)


def _set_quantity(pack_id: int, quantity: int) -> None:
    cart = visitor.start_cart()
    if quantity:
        services.change(cart, pack_id, quantity)
    else:
        services.remove(cart, pack_id)


def _show(problem: str = "", status: int = 200) -> ResponseReturnValue:
    view = queries.view_of(visitor.find_cart(), clock.now())
    return render_template("cart/cart.html", cart=view, problem=problem, reasons_in_words=_reasons_in_words), status


def _reasons_in_words(line: CartLine) -> list[str]:
    return [say(reason.code, "conflict", **reason.facts) for reason in line.reasons]


def _first_problem(form: ItemForm | QuantityForm) -> str:
    found = [sentence for sentences in form.errors.values() for sentence in sentences]
    return str(found[0]) if found else _("Please check what you typed.")
