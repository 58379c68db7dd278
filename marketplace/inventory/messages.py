"""Words for the refusals of this room."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "stock_short": _l("Only %(left)s left."),
    "lot_not_found": _l("There is no such lot."),
    "pack_not_found": _l("There is no such pack."),
    "lot_code_taken": _l("This product already has a lot with this code."),
    "lot_dates": _l("The expiry day must lie after the day on which the lot was made."),
    "lot_made_in_future": _l("The day on which the lot was made cannot lie in the future."),
    "lot_recalled": _l("A recalled lot stays recalled."),
    "lot_code_differs": _l("That is not the code of this lot. It is %(wanted)s."),
    "lot_state_unchanged": _l("The lot is in this state already."),
    "stock_promised": _l("%(reserved)s packs of this lot are promised to buyers, so it cannot hold fewer."),
    "stock_change_zero": _l("The number must change."),
    "reservation_held": _l("These goods are held for this order already."),
    "reservation_gone": _l("The goods are no longer held: the time to pay has passed."),
    "return_above_sale": _l("More cannot come back than was sold."),
}
