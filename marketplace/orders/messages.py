"""Words for what can go wrong with orders, and for their states."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

MESSAGES: dict[str, LazyString] = {
    "order_not_found": _l("We could not find this order. Please open it again from the link that you were given."),
    "order_moved": _l("This order has moved on in the meantime. Please look at how it stands now."),
}

ORDER_STATES: Mapping[str, LazyString] = {
    "awaiting_payment": _l("Waiting for payment"),
    "confirmed": _l("Confirmed, pay on delivery"),
    "paid": _l("Paid"),
    "completed": _l("Completed"),
    "cancelled": _l("Cancelled"),
    "expired": _l("Not paid in time"),
}

SUB_ORDER_STATES: Mapping[str, LazyString] = {
    "waiting": _l("Waiting for payment"),
    "to_pack": _l("To be packed"),
    "packed": _l("Packed"),
    "shipped": _l("On its way"),
    "delivered": _l("Delivered"),
    "cancelled": _l("Cancelled"),
}

#: The same states for the buyer, who packs nothing.
PARCEL_STATES: Mapping[str, LazyString] = {
    **SUB_ORDER_STATES,
    "to_pack": _l("Being got ready"),
    "packed": _l("Packed, about to leave"),
}

#: The tone in which ``components/ui.html`` shows a state.
TONES: Mapping[str, str] = {
    "awaiting_payment": "wait",
    "confirmed": "good",
    "paid": "good",
    "completed": "good",
    "cancelled": "bad",
    "expired": "bad",
    "waiting": "wait",
    "to_pack": "wait",
    "packed": "wait",
    "shipped": "wait",
    "delivered": "good",
}

PAYMENT_METHODS: Mapping[str, LazyString] = {
    "card": _l("Card"),
    "vietqr": _l("VietQR transfer"),
    "cash_on_delivery": _l("Cash on delivery"),
}
