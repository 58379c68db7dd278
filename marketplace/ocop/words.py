"""How groups, levels and standings are called, and the tone of a standing."""

from flask_babel import lazy_gettext as _l

from marketplace.ocop.models import AuthorityLevel, CertificateState, ProductGroup
from marketplace.ocop.queries import Expiry, Standing

GROUPS = {
    ProductGroup.FOOD: _l("Food"),
    ProductGroup.DRINK: _l("Drinks"),
    ProductGroup.HERBAL: _l("Herbs and herbal products"),
    ProductGroup.HANDICRAFT: _l("Handicraft"),
    ProductGroup.ORNAMENTAL: _l("Ornamental plants and animals"),
    ProductGroup.TOURISM: _l("Community tourism"),
}

LEVELS = {
    AuthorityLevel.DISTRICT: _l("District People's Committee"),
    AuthorityLevel.PROVINCE: _l("Provincial People's Committee"),
    AuthorityLevel.CENTRE: _l("Ministry of Agriculture"),
}

STANDINGS = {
    Standing.PROPOSED: _l("Waiting for the operator"),
    Standing.NOT_YET: _l("Not yet in force"),
    Standing.VALID: _l("Valid"),
    Standing.EXPIRED: _l("Expired"),
    Standing.WITHDRAWN: _l("Withdrawn"),
    Standing.SUPERSEDED: _l("Replaced by a newer one"),
}

TONES = {
    Standing.PROPOSED: "wait",
    Standing.NOT_YET: "wait",
    Standing.VALID: "good",
    Standing.EXPIRED: "bad",
    Standing.WITHDRAWN: "bad",
    Standing.SUPERSEDED: "neutral",
}

STATES = {
    CertificateState.PROPOSED: _l("Proposed"),
    CertificateState.AWARDED: _l("Awarded"),
    CertificateState.WITHDRAWN: _l("Withdrawn"),
    CertificateState.SUPERSEDED: _l("Replaced by a newer one"),
}

TABS = {
    Expiry.ALL: _l("All"),
    Expiry.VALID: _l("Valid"),
    Expiry.WITHIN_90_DAYS: _l("Ending within 90 days"),
    Expiry.WITHIN_30_DAYS: _l("Ending within 30 days"),
    Expiry.LAPSED: _l("Expired"),
    Expiry.ENDED: _l("Withdrawn or replaced"),
    Expiry.PROPOSED: _l("Proposed"),
}
