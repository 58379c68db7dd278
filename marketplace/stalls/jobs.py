"""What the worker does for stalls: stop sales of goods that were recalled, tell people what happened to accounts."""

from functools import partial
from typing import Any

import structlog

from marketplace.accounts import queries as people
from marketplace.core.roles import Role
from marketplace.inventory.services import LOT_RECALLED
from marketplace.outbox import handlers
from marketplace.producers.models import PayoutAccountState
from marketplace.stalls import queries
from marketplace.stalls.flows import stop_recalled_sales

log = structlog.get_logger(__name__)

_TOLD = ("changed", "withdrawn", PayoutAccountState.VERIFIED, PayoutAccountState.REFUSED)


def register() -> None:
    """Listen to recalls beside the rooms below, and to what happens to accounts of stalls."""
    handlers.register(LOT_RECALLED, lambda payload: stop_recalled_sales(payload["lot_id"]), room="stalls")
    for what in _TOLD:
        topic = f"stall_account.{what}"
        handlers.register(topic, partial(tell_the_stall, topic))


def tell_the_stall(topic: str, payload: dict[str, Any]) -> None:
    """Tell the stall's traders and the market's managers. By ids only, to the log: their pages say the same."""
    stall = queries.get_stall(payload["stall_id"])
    traders = people.list_holders(Role.VENDOR, subject_id=stall.id)
    managers = people.list_holders(Role.MARKET_MANAGER, subject_id=stall.market_id)
    told = [person.id for person in (*traders, *managers)]
    log.info("stall_message", topic=topic, stall=stall.id, people=told)
