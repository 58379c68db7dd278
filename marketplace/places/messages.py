"""Words for what can go wrong with places."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "place_not_found": _l("We do not know this place."),
    "commune_unknown": _l("Please choose the province first, then the commune."),
    "vintage_unknown": _l("Please ask for 2025-07 (the units of today) or pre-2025 (those before 1 July 2025)."),
}
