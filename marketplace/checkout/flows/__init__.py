"""The use cases of checkout: place, pay, expire, cancel, hand over, refund."""

from marketplace.checkout.flows.asking import ask_gateway
from marketplace.checkout.flows.closing import advance_parcel, cancel_order, expire_orders
from marketplace.checkout.flows.placing import Placed, Terms, Wish, pay_by_card, pay_by_transfer, place_order, secret_of
from marketplace.checkout.flows.recalling import RECALLED, stop_recalled_orders
from marketplace.checkout.flows.refunding import refund_parcel
from marketplace.checkout.flows.refusing import refuse_at_door
from marketplace.checkout.flows.returning import (
    Decider,
    accept_return,
    ask_return,
    receive_return,
    refuse_return,
    withdraw_return,
)

__all__ = [
    "RECALLED",
    "Decider",
    "Placed",
    "Terms",
    "Wish",
    "accept_return",
    "advance_parcel",
    "ask_gateway",
    "ask_return",
    "cancel_order",
    "expire_orders",
    "pay_by_card",
    "pay_by_transfer",
    "place_order",
    "receive_return",
    "refund_parcel",
    "refuse_at_door",
    "refuse_return",
    "secret_of",
    "stop_recalled_orders",
    "withdraw_return",
]
