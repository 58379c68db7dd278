"""What the worker does for the books: audit, comparison with bank and gateway, payouts that were interrupted."""

from datetime import timedelta

from marketplace.core import clock
from marketplace.ledger import flows
from marketplace.outbox import handlers
from marketplace.settlement.flows import differences, payouts
from marketplace.settlement.queries import differences as queries

#: The worker asks every hour whether the comparison of the day is due; one that failed is tried again then.
_LOOK_EVERY = 3600
_DUE_AFTER = timedelta(hours=23)


def register() -> None:
    """Let the worker ask whether the hourly audit and the daily comparison are due, and for payouts left over."""
    handlers.every(300, "ledger.audit", flows.audit_when_due)
    handlers.every(_LOOK_EVERY, "settlement.reconcile", reconcile)
    handlers.every(60, "settlement.order_approved_payouts", order_approved_payouts)


def reconcile() -> None:
    """Compare yesterday and today, unless both sides were heard within the last 23 hours."""
    if not queries.is_due(clock.now() - _DUE_AFTER):
        return
    differences.reconcile()


def order_approved_payouts() -> None:
    """Order the transfers of payouts that were approved and not handed to the bank."""
    payouts.order_approved()
