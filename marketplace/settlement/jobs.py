"""What the worker does for the books."""

from marketplace.ledger import flows
from marketplace.outbox import handlers


def register() -> None:
    """Let the worker ask every few minutes whether the hourly audit is due."""
    handlers.every(300, "ledger.audit", flows.audit_when_due)
