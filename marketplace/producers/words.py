"""How kinds and states of producers are called, and the tone of a state."""

from flask_babel import lazy_gettext as _l

from marketplace.producers.models import PayoutAccountState, ProducerKind, ProducerState

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

ACCOUNT_STATES = {
    PayoutAccountState.WAITING: _l("Waits for the operator to verify it"),
    PayoutAccountState.VERIFIED: _l("Account verified"),
    PayoutAccountState.REFUSED: _l("Account refused"),
    PayoutAccountState.REPLACED: _l("Replaced by a newer account"),
}

ACCOUNT_TONES = {
    PayoutAccountState.WAITING: "wait",
    PayoutAccountState.VERIFIED: "good",
    PayoutAccountState.REFUSED: "bad",
    PayoutAccountState.REPLACED: "neutral",
}
