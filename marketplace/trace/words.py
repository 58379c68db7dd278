"""How the outcomes of link checks and the states of lots are called, and their tone."""

from flask_babel import lazy_gettext as _l

from marketplace.inventory.models import LotState
from marketplace.trace.models import LinkStatus

STATUSES = {
    LinkStatus.OK: _l("Well-formed link; the portal was not called"),
    LinkStatus.BAD_SYNTAX: _l("The link is not well formed"),
    LinkStatus.HOST_NOT_ALLOWED: _l("The site is not a known traceability portal"),
    LinkStatus.GTIN_MISMATCH: _l("The code in the link is not the product's"),
    LinkStatus.UNREACHABLE: _l("The page was not found"),
}

LOT_STATES = {
    LotState.OPEN: _l("In circulation"),
    LotState.BLOCKED: _l("Held back for checking"),
    LotState.RECALLED: _l("Recalled"),
}

TONES = {LotState.OPEN: "good", LotState.BLOCKED: "wait", LotState.RECALLED: "bad"}
