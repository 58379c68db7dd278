"""Rows as people read them: what happened, why it waits, and the way to the page where it is done."""

from marketplace.desk.items.item import Item
from marketplace.desk.items.markets import market, order, stall
from marketplace.desk.items.officers import certificate_of_area, not_for_sale_in_area, report, to_approve
from marketplace.desk.items.operator import (
    certificate_to_award,
    dead_message,
    ignored_event,
    money_gone_astray,
    producer_to_verify,
    receipt,
    refund_to_pay,
    unanswered,
)
from marketplace.desk.items.producers import (
    in_approval,
    lot,
    owed,
    own_certificate,
    own_not_for_sale,
    parcel,
    sent_back,
    unverified,
)

__all__ = [
    "Item",
    "certificate_of_area",
    "certificate_to_award",
    "dead_message",
    "ignored_event",
    "in_approval",
    "lot",
    "market",
    "money_gone_astray",
    "not_for_sale_in_area",
    "order",
    "owed",
    "own_certificate",
    "own_not_for_sale",
    "parcel",
    "producer_to_verify",
    "receipt",
    "refund_to_pay",
    "report",
    "sent_back",
    "stall",
    "to_approve",
    "unanswered",
    "unverified",
]
