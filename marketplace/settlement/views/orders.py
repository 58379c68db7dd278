"""Door: the money of one order. A buyer's own page stays the buyer's: this one shows no goods and no address."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.core.roles import Role
from marketplace.orders.messages import ORDER_STATES, PAYMENT_METHODS, TONES
from marketplace.settlement import book_words
from marketplace.settlement.queries.order_money import is_order_number, order_money
from marketplace.settlement.views.blueprint import blueprint
from marketplace.settlement.views.money import page_without_order
from marketplace.settlement.words import REASONS, STATES
from marketplace.web.access import allow


@blueprint.get("/orders")
@allow(Role.OPERATOR)
def find_order() -> ResponseReturnValue:
    """To the money of the order whose number somebody typed, or back with a word. Query: ``number``."""
    number = request.args.get("number", "").strip().upper()[:16]
    if not number:
        return page_without_order(""), 422
    if not is_order_number(number):
        return page_without_order(number), 404
    return redirect(url_for("settlement.money_of_order", number=number))


@blueprint.get("/orders/<number>")
@allow(Role.OPERATOR)
def money_of_order(number: str) -> ResponseReturnValue:
    """What was asked, paid, given back and booked for an order, whoever bought it."""
    found = order_money(number)
    producers = {part.producer_id: part.producer.name for part in found.order.sub_orders}
    return render_template(
        "settlement/order_money.html",
        found=found,
        order=found.order,
        order_states=ORDER_STATES,
        tones=TONES,
        rails=PAYMENT_METHODS,
        states=STATES,
        reasons=REASONS,
        postings=book_words.POSTINGS,
        account_name=lambda code: book_words.account_name(code, producers=producers),
    )
