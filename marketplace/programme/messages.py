"""Words for what can go wrong with plans and declared figures."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "plan_not_found": _l("We do not know this plan. Please choose one of the list."),
    "counted_in_future": _l("The day of counting cannot lie in the future."),
    "market_of_area_unknown": _l("Please choose a market of this area, and only for the number of traders."),
}
