"""What the worker does: close orders that were not paid in time, and tell buyers what happened."""

from functools import partial
from typing import Any

import structlog

from marketplace.checkout.announcing import ANNOUNCED, RETURN_TOPICS, SHIPPED
from marketplace.checkout.flows import RECALLED, expire_orders, stop_recalled_orders
from marketplace.checkout.letters import letter_about
from marketplace.core.db import db
from marketplace.core.mail import MailRefused, MailServer
from marketplace.inventory.services import LOT_RECALLED
from marketplace.orders.queries import get_order
from marketplace.outbox import handlers

log = structlog.get_logger(__name__)


def tell_buyer(server: MailServer | None, topic: str, payload: dict[str, Any]) -> None:
    """Write to the buyer when there is a mail server and an address; note it in the log in any case.

    The log has the order's number and no address, no link and no words. A server that does not answer raises, so that
    the outbox tries again; an address that it will never take ends the matter.
    """
    order = get_order(payload["order_id"])
    number = order.number
    letter = letter_about(order, topic, payload) if server is not None else None
    db.session.rollback()  # nothing is held open while the server thinks
    channel = "none"
    if server is not None and letter is not None:
        try:
            server.send(letter)
            channel = "mail"
        except MailRefused:
            channel = "refused"
    log.info("buyer_message", topic=topic, order=number, channel=channel)


def register(server: MailServer | None) -> None:
    """Hand the room's messages and its minute's task to the worker."""
    for topic in (*(f"order.{what}" for what in ANNOUNCED), SHIPPED, *RETURN_TOPICS, RECALLED):
        handlers.register(topic, partial(tell_buyer, server, topic))
    handlers.register(LOT_RECALLED, lambda payload: stop_recalled_orders(payload["lot_id"]))
    handlers.every(60, "checkout.expire_orders", expire_orders)
