"""What buyers are told by mail, in their own language: one short letter for each thing that happened to an order."""

from typing import Any

from flask import current_app
from flask_babel import LazyString, force_locale, gettext
from flask_babel import lazy_gettext as _l

from marketplace.checkout.announcing import SHIPPED
from marketplace.checkout.flows import secret_of
from marketplace.checkout.queries import open_payment_of
from marketplace.checkout.terms import is_simulated
from marketplace.core.mail import Letter
from marketplace.core.money import format_dong
from marketplace.orders.models import Order, OrderState, PaymentMethod, hash_secret
from marketplace.web.templating import show_moment

#: Subject (after the order's number) and sentence by topic.
WORDS: dict[str, tuple[LazyString, LazyString]] = {
    "order.placed": (_l("we have your order"), _l("Thank you. We have your order; its page says what happens next.")),
    "order.paid": (
        _l("your payment arrived"),
        _l("We have received your payment. The producers pack your goods and send them to you."),
    ),
    "order.expired": (
        _l("not paid in time"),
        _l("The time to pay has passed, so the order was closed. If you paid just now, the money is given back."),
    ),
    "order.cancelled": (
        _l("cancelled"),
        _l("The order was cancelled. If you paid for it, its page shows how the money comes back to you."),
    ),
    "parcel.shipped": (_l("a parcel is on its way"), _l("Your parcel from %(producer)s is on its way.")),
    "order.completed": (
        _l("everything has arrived"),
        _l("Everything was delivered. Thank you for buying from the producers themselves."),
    ),
    "order.unpaid": (
        _l("your bank took the payment back"),
        _l("Your bank took the payment back, so the order waits for a new one. Please look at its page."),
    ),
    "order.money_waits": (
        _l("your money waits"),
        _l("Money for this order has arrived and could not be used for it. Its page says what happens with it."),
    ),
    "order.recalled": (
        _l("goods recalled"),
        _l("The producer recalls goods of this order. Please do not use them; the order's page says what to do."),
    ),
    "return.asked": (_l("we passed your request on"), _l("The seller has your request and answers on its page.")),
    "return.accepted": (_l("your request is accepted"), _l("The seller agreed. The order's page says what to do now.")),
    "return.received": (_l("your goods are back"), _l("The seller has the goods back and sees to your money.")),
    "return.refunded": (
        _l("your request is done"),
        _l("Your request is done. The order's page shows what you get back."),
    ),
    "return.refused": (
        _l("your request is refused"),
        _l("The seller refused your request. The order's page has the reason, and what you can do."),
    ),
    "return.withdrawn": (
        _l("your request is taken back"),
        _l("You took your request back. The order stands as before."),
    ),
}

#: What is said of an order that still waits for its money.
_PLEASE_PAY = _l("Thank you. We have your order. Please pay it by %(time)s: its page says how.")
#: What is said of a parcel that is paid at the door.
_CASH_AT_THE_DOOR = _l("Your parcel from %(producer)s is on its way. Please have %(amount)s ready in cash.")


def letter_about(order: Order, topic: str, payload: dict[str, Any]) -> Letter | None:
    """The letter that tells the buyer of ``topic``; None for an order without an address to write to."""
    if not order.contact_email:
        return None
    with force_locale(order.locale):
        subject, sentence = WORDS[topic]
        parts = [
            gettext("Hello %(name)s,", name=order.contact_name),
            _sentence(order, topic, payload, sentence),
            gettext("Order %(number)s, %(total)s", number=order.number, total=format_dong(order.total)),
            _way_to(order),
        ]
        if is_simulated():
            parts.append(gettext("Payments here are simulated: no real money moves."))
        subject_line = gettext("Order %(number)s: %(what)s", number=order.number, what=subject)
        return Letter(order.contact_email, subject_line, "\n\n".join(parts) + "\n", _key(topic, payload))


def _sentence(order: Order, topic: str, payload: dict[str, Any], sentence: LazyString) -> str:
    if topic == SHIPPED:
        part = next(part for part in order.sub_orders if part.id == payload["sub_order_id"])
        cash = open_payment_of(part) if order.payment_method is PaymentMethod.CASH_ON_DELIVERY else None
        if cash is not None:
            return str(_CASH_AT_THE_DOOR) % {"producer": part.producer.name, "amount": format_dong(cash.amount)}
        return str(sentence) % {"producer": part.producer.name}
    if topic == "order.placed" and order.state is OrderState.AWAITING_PAYMENT and order.hold_until:
        return str(_PLEASE_PAY) % {"time": show_moment(order.hold_until)}
    return str(sentence)


def _way_to(order: Order) -> str:
    """The address of the order's page. A guest's opens it for whoever has it; an owner signs in."""
    address = f"{current_app.config['PUBLIC_URL']}/orders/{order.number}"
    if order.user_id is not None:
        return str(gettext("Its page, once you are signed in: %(address)s", address=address))
    secret = secret_of(order.idempotency_key, str(current_app.config["SECRET_KEY"]))
    if hash_secret(secret) != order.secret_hash:  # placed under another SECRET_KEY: its link is not known any more
        return str(gettext("Its page is the one that you saw when you placed the order."))
    words = gettext(
        "Its page: %(address)s\nWhoever has this address can open the order: please keep it to yourself.",
        address=f"{address}?key={secret}",
    )
    return str(words)


def _key(topic: str, payload: dict[str, Any]) -> str:
    return ":".join([topic, *(f"{name}={value}" for name, value in sorted(payload.items()))])
