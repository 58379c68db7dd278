"""What the tables say now."""

from sqlalchemy import select

from marketplace.core.db import db
from marketplace.payments.models import (
    BankReceipt,
    GatewayEvent,
    Payment,
)


def fresh(payment: Payment) -> Payment:
    """The payment as it is now."""
    db.session.rollback()
    db.session.refresh(payment)
    return payment


def events() -> dict[str, str | None]:
    """Why each kind of event changed nothing, None when it did."""
    db.session.rollback()
    return {event.type: event.ignored_reason for event in db.session.scalars(select(GatewayEvent))}


def receipts() -> list[tuple[str, str | None]]:
    """State and reason of each receipt, oldest first."""
    db.session.rollback()
    rows = db.session.scalars(select(BankReceipt).order_by(BankReceipt.id))
    return [(row.state.value, row.reason) for row in rows]
