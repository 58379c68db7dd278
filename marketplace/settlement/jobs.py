"""What the worker does: audit, comparison with bank and gateway, interrupted payouts, news of boards' accounts."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from marketplace.accounts import queries as people
from marketplace.core import clock
from marketplace.core.roles import Role
from marketplace.ledger import flows
from marketplace.outbox import handlers
from marketplace.producers.models import PayoutAccountState
from marketplace.settlement.flows import differences, payouts
from marketplace.settlement.queries import differences as queries
from marketplace.settlement.services.asking import AUDIT_NOW

log = structlog.get_logger(__name__)

_TOLD = ("changed", PayoutAccountState.VERIFIED, PayoutAccountState.REFUSED)
#: The worker asks every hour whether the comparison of the day is due; one that failed is tried again then.
_LOOK_EVERY = 3600
_DUE_AFTER = timedelta(hours=23)


def register() -> None:
    """Let the worker ask whether the hourly audit and the daily comparison are due, and for payouts left over; hand
    it the messages about accounts of boards.
    """
    for what in _TOLD:
        topic = f"board_account.{what}"
        handlers.register(topic, partial(tell_managers, topic))
    handlers.register(AUDIT_NOW, audit_now)
    handlers.every(300, "ledger.audit", flows.audit_when_due)
    handlers.every(_LOOK_EVERY, "settlement.reconcile", reconcile)
    handlers.every(60, "settlement.order_approved_payouts", order_approved_payouts)


def tell_managers(topic: str, payload: dict[str, Any]) -> None:
    """Tell everybody who manages the market. By ids only, to the log: the page of the account says the same."""
    managers = people.list_holders(Role.MARKET_MANAGER, subject_id=payload["market_id"])
    log.info("board_message", topic=topic, market=payload["market_id"], people=[person.id for person in managers])


def audit_now(payload: dict[str, Any]) -> None:
    """Prove the books because a person asked for it at ``asked_at``; once is enough when an audit began since."""
    flows.audit_since(datetime.fromisoformat(payload["asked_at"]))


def reconcile() -> None:
    """Compare yesterday and today, unless both sides were heard within the last 23 hours."""
    if not queries.is_due(clock.now() - _DUE_AFTER):
        return
    differences.reconcile()


def order_approved_payouts() -> None:
    """Order the transfers of payouts that were approved and not handed to the bank."""
    payouts.order_approved()
