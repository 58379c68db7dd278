"""The verbs of payments. They flush and never commit; postings are named in the docstring of each verb."""

from marketplace.payments.services.events import StoredEvent, note_refusal, store_event
from marketplace.payments.services.opening import open_payment
from marketplace.payments.services.receipts import (
    Recorded,
    apply_receipt,
    ignore_receipt,
    record_receipt,
    return_receipt,
)
from marketplace.payments.services.refunds import fail_refund, request_refund, settle_refund
from marketplace.payments.services.settling import Settlement, cancel, fail, give_up, settle
from marketplace.payments.services.telling import Told, apply_intent, apply_refund

__all__ = [
    "Recorded",
    "Settlement",
    "StoredEvent",
    "Told",
    "apply_intent",
    "apply_receipt",
    "apply_refund",
    "cancel",
    "fail",
    "fail_refund",
    "give_up",
    "ignore_receipt",
    "note_refusal",
    "open_payment",
    "record_receipt",
    "request_refund",
    "return_receipt",
    "settle",
    "settle_refund",
    "store_event",
]
