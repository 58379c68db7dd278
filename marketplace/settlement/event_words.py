"""Messages of gateway and bank that changed nothing: what kind they are, and what to do about each."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.payments.models import EventSource, GatewayEvent

#: What to do, by the reason why a message changed nothing.
EVENT_ADVICE: Final = {
    "unknown_payment": _l("Look for it at the gateway: it may belong to another shop, or be lost with an old backup."),
    "unknown_refund": _l(
        "Somebody gave money back at the gateway itself. Ask who; the comparison shows the difference."
    ),
    "other_intent": _l("The buyer may have been charged twice. Look at the gateway and give one charge back there."),
    "other_refund": _l("Money may have gone back twice. Look at the gateway before anything else."),
    "wrong_amount": _l("The order was not paid by this message. Ask the gateway which amount was really moved."),
    "wrong_currency": _l("It was not booked. Ask the bank or gateway what it was."),
    "unreadable": _l("Look at this object at the gateway; the worker asks about open payments by itself."),
    "dispute": _l(
        "The gateway takes the money back until it is decided. Send it what proves the delivery, and do not refund."
    ),
    "outgoing": _l("If the bank took a payment back, ask the bank which one; the statement shows the difference."),
    "reference_reused": _l("Ask the bank which of the two is right; the first one stands in the books."),
    "event_id_reused": _l(
        "The first message stands, this one changed nothing. Ask the bank which of the two is right: the statement "
        "decides."
    ),
    "bad_signature": _l(
        "Once is an accident. If it comes every day, somebody is trying: change the secret with bank or gateway."
    ),
    "late_refunded": _l("Nothing, as long as the refund arrives; see the money of the order."),
}

_KINDS: Final = {
    "in": _l("Notice of the bank: money came in"),
    "out": _l("Notice of the bank: money went out"),
    "payment_intent": _l("Card gateway: about a payment"),
    "charge": _l("Card gateway: about a charge"),
    "refund": _l("Card gateway: about a refund"),
}


def kind_of(event: GatewayEvent) -> LazyString:
    """What kind of message it was, and whose."""
    if event.type == "refused":
        return _l("A message that was turned away")
    if event.type.startswith("charge.dispute"):
        return _l("Card gateway: a dispute")
    fallback = _l("Message of the bank") if event.source is EventSource.BANK else _l("Message of the card gateway")
    return _KINDS.get(event.type.partition(".")[0], fallback)
