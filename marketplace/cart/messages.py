"""Words for what can go wrong with a cart."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

MESSAGES: dict[str, LazyString] = {
    "cart_not_found": _l("This cart is not known. Please begin a new one."),
    "pack_not_sold": _l("This product is not on sale just now."),
    "cart_stock_short": _l("%(product)s: only %(left)s left. Your cart was not changed."),
    "cart_full": _l("A cart holds at most %(highest)s different packs. Please order these first."),
}
