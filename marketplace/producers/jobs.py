"""What the worker does: tell a producer's team what happened to the account that its money goes to."""

from functools import partial
from typing import Any

import structlog

from marketplace.accounts import queries as people
from marketplace.core.roles import Role
from marketplace.outbox import handlers
from marketplace.producers.models import PayoutAccountState

log = structlog.get_logger(__name__)

_TOLD = ("changed", PayoutAccountState.VERIFIED, PayoutAccountState.REFUSED)


def tell_team(topic: str, payload: dict[str, Any]) -> None:
    """Tell everybody who acts for the producer. By ids only, to the log: the page of the account says the same."""
    team = people.list_holders(Role.PRODUCER, subject_id=payload["producer_id"])
    log.info("producer_message", topic=topic, producer=payload["producer_id"], people=[person.id for person in team])


def register() -> None:
    """Hand the room's messages to the worker."""
    for what in _TOLD:
        topic = f"payout_account.{what}"
        handlers.register(topic, partial(tell_team, topic))
