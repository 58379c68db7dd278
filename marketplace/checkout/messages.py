"""Words for what can go wrong at checkout and with an order's money."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

MESSAGES: dict[str, LazyString] = {
    "cart_changed": _l("Your cart or a price has changed. Nothing was ordered: please look at it again."),
    "cart_not_ready": _l("Something in your cart cannot be bought any more. Nothing was ordered: please look at it."),
    "order_stock_short": _l("%(product)s: only %(left)s left. Nothing was ordered."),
    "idempotency_key_reused": _l("This form was used for another order already. Please begin again from your cart."),
    "idempotency_key_missing": _l("Send a random one-time key in the header Idempotency-Key (16 to 64 characters)."),
    "card_not_chosen": _l("Please choose a card."),
    "commune_unknown": _l("Please choose the province first, then the commune or ward."),
    "refund_too_large": _l("At most %(left)s đồng can still be given back here."),
    "refund_not_paid": _l("This order has not been paid, so there is nothing to give back."),
    "fee_rule_past": _l("A rule can begin today or later: what was sold before keeps its own rule."),
    "order_not_payable": _l("This order cannot be paid any more."),
}

#: How a refund stands, for pages.
REFUND_STATES: dict[str, LazyString] = {
    "pending": _l("on its way"),
    "succeeded": _l("paid back"),
    "failed": _l("did not work"),
}

#: What is withheld, and of what.
TAXES: dict[str, LazyString] = {"vat": _l("Value added tax"), "pit": _l("Personal income tax")}
SUPPLIED: dict[str, LazyString] = {"goods": _l("Goods"), "delivery": _l("Delivery")}
