"""How kinds and states of producers are called, and the tone of a state."""

from flask_babel import lazy_gettext as _l

from marketplace.producers.models import ProducerKind, ProducerState

KINDS = {
    ProducerKind.COOPERATIVE: _l("Cooperative"),
    ProducerKind.COOPERATIVE_GROUP: _l("Cooperative group"),
    ProducerKind.COMPANY: _l("Company"),
    ProducerKind.HOUSEHOLD_BUSINESS: _l("Household business"),
    ProducerKind.CRAFT_VILLAGE_OR_FARM: _l("Craft village or farm"),
}

STATES = {
    ProducerState.PENDING: _l("Waiting for verification"),
    ProducerState.VERIFIED: _l("Verified"),
    ProducerState.REJECTED: _l("Not accepted"),
    ProducerState.SUSPENDED: _l("Suspended"),
}

TONES = {
    ProducerState.PENDING: "wait",
    ProducerState.VERIFIED: "good",
    ProducerState.REJECTED: "bad",
    ProducerState.SUSPENDED: "bad",
}
