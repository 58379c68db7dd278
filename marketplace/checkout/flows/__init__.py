"""The use cases of checkout: place, pay, expire, cancel, hand over, refund."""

from marketplace.checkout.flows.asking import ask_gateway
from marketplace.checkout.flows.closing import advance_parcel, cancel_order, expire_orders
from marketplace.checkout.flows.placing import Placed, Terms, Wish, pay_by_card, place_order
from marketplace.checkout.flows.refunding import refund_parcel

__all__ = [
    "Placed",
    "Terms",
    "Wish",
    "advance_parcel",
    "ask_gateway",
    "cancel_order",
    "expire_orders",
    "pay_by_card",
    "place_order",
    "refund_parcel",
]
