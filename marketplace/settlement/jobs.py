"""What the worker does for the books, and for payouts whose approval was interrupted."""

from marketplace.ledger import flows
from marketplace.outbox import handlers
from marketplace.settlement.flows import payouts


def order_approved_payouts() -> None:
    """Order the transfers of payouts that were approved and not handed to the bank."""
    payouts.order_approved()


def register() -> None:
    """Let the worker ask every few minutes whether the hourly audit is due, and every minute for payouts left over."""
    handlers.every(300, "ledger.audit", flows.audit_when_due)
    handlers.every(60, "settlement.order_approved_payouts", order_approved_payouts)
