"""What the worker does: close orders that were not paid in time, and note what buyers are to be told."""

from functools import partial
from typing import Any

import structlog

from marketplace.checkout.announcing import ANNOUNCED, RETURN_TOPICS
from marketplace.checkout.flows import RECALLED, expire_orders, stop_recalled_orders
from marketplace.inventory.services import LOT_RECALLED
from marketplace.orders.queries import get_order
from marketplace.outbox import handlers

log = structlog.get_logger(__name__)


def tell_buyer(topic: str, payload: dict[str, Any]) -> None:
    """Note that a buyer is to be told something. Nobody is told: no channel (mail, SMS) is connected.

    The message goes to the worker's log, by the order's number only; the order's page says the same in words.
    """
    log.info("buyer_message", topic=topic, order=get_order(payload["order_id"]).number)


def register() -> None:
    """Hand the room's messages and its minute's task to the worker."""
    for topic in (*(f"order.{what}" for what in ANNOUNCED), *RETURN_TOPICS):
        handlers.register(topic, partial(tell_buyer, topic))
    handlers.register(RECALLED, partial(tell_buyer, RECALLED))
    handlers.register(LOT_RECALLED, lambda payload: stop_recalled_orders(payload["lot_id"]))
    handlers.every(60, "checkout.expire_orders", expire_orders)
