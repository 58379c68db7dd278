"""The verbs of payments. They flush and never commit; postings are named in the docstring of each verb."""

from marketplace.payments.services.claiming import claim_for_row, find_by_name, learn_reference
from marketplace.payments.services.events import StoredEvent, close_event, note_refusal, store_event
from marketplace.payments.services.following import follow_movement
from marketplace.payments.services.opening import free_code, open_payment
from marketplace.payments.services.paying_back import pay_refund_to
from marketplace.payments.services.queue import Decision, close_item, leave_item, take_item
from marketplace.payments.services.receipts import (
    Recorded,
    apply_receipt,
    apply_waiting,
    divide_receipt,
    ignore_receipt,
    record_receipt,
    return_receipt,
    send_receipt_back,
)
from marketplace.payments.services.refunds import fail_refund, is_by_hand, is_for_gateway, request_refund, settle_refund
from marketplace.payments.services.settling import Settlement, cancel, fail, give_up, settle
from marketplace.payments.services.telling import Told, apply_intent, apply_refund, refuse_refund
from marketplace.payments.services.transferring import fail_transfer, hear_transfer, open_transfer

__all__ = [
    "Decision",
    "Recorded",
    "Settlement",
    "StoredEvent",
    "Told",
    "apply_intent",
    "apply_receipt",
    "apply_refund",
    "apply_waiting",
    "cancel",
    "claim_for_row",
    "close_event",
    "close_item",
    "divide_receipt",
    "fail",
    "fail_refund",
    "fail_transfer",
    "find_by_name",
    "follow_movement",
    "free_code",
    "give_up",
    "hear_transfer",
    "ignore_receipt",
    "is_by_hand",
    "is_for_gateway",
    "learn_reference",
    "leave_item",
    "note_refusal",
    "open_payment",
    "open_transfer",
    "pay_refund_to",
    "record_receipt",
    "refuse_refund",
    "request_refund",
    "return_receipt",
    "send_receipt_back",
    "settle",
    "settle_refund",
    "store_event",
    "take_item",
]
