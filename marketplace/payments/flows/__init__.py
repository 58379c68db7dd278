"""Use cases with a call over the wire in the middle: commit, call with nothing open, commit what was answered."""

from marketplace.payments.flows.hearing import (
    Heard,
    apply_bank_notice,
    apply_movement,
    hear_gateway,
    note_refusal,
    settle_from_gateway,
)
from marketplace.payments.flows.reconciling import Reconciled, reconcile
from marketplace.payments.flows.refunding import cancel_intent, send_refund
from marketplace.payments.flows.starting import Started, start
from marketplace.payments.flows.transferring import send_transfer

__all__ = [
    "Heard",
    "Reconciled",
    "Started",
    "apply_bank_notice",
    "apply_movement",
    "cancel_intent",
    "hear_gateway",
    "note_refusal",
    "reconcile",
    "send_refund",
    "send_transfer",
    "settle_from_gateway",
    "start",
]
