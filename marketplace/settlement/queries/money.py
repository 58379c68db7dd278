"""What waits for a person: money without a payment, news that changed nothing, refunds to be paid by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from marketplace.core.db import db
from marketplace.payments.models import (
    BankReceipt,
    GatewayEvent,
    Payment,
    PaymentState,
    Rail,
    ReceiptState,
    Refund,
    RefundState,
)

#: Reasons that a person has to look at; the others are ordinary (not needed, older than what we know).
ALARMS = (
    "unknown_payment",
    "unknown_refund",
    "other_intent",
    "other_refund",
    "wrong_amount",
    "wrong_currency",
    "unreadable",
    "dispute",
    "outgoing",
    "reference_reused",
    "event_id_reused",
    "bad_signature",
    "late_refunded",
)
_MOST = 100
_MOST_CANDIDATES = 5


def receipt_waits() -> ColumnElement[bool]:
    """SQL clause: unapplied money on our account, or money that named a payment but reached another account."""
    concerns_us = or_(BankReceipt.is_ours, BankReceipt.payment_id.is_not(None))
    return and_(BankReceipt.state == ReceiptState.UNAPPLIED, concerns_us)


def event_alarms() -> ColumnElement[bool]:
    """SQL clause: an event that changed nothing for a reason that a person has to look at."""
    return GatewayEvent.ignored_reason.in_(ALARMS)


def refund_is_by_hand() -> ColumnElement[bool]:
    """SQL clause (``Refund`` joined to its ``Payment``): a person has to pay it back."""
    return and_(Refund.state == RefundState.PENDING, Payment.rail != Rail.CARD, Refund.transfer_id.is_(None))


@dataclass(frozen=True)
class WaitingReceipt:
    """A receipt with something left, and open payments that ask for exactly that much."""

    receipt: BankReceipt
    candidates: Sequence[Payment]


def waiting_receipts() -> list[WaitingReceipt]:
    """Unapplied money on our account, and money that named a payment but reached another account; oldest first.

    Traders' own money without a code of ours is none of our business and is not shown.
    """
    statement = (
        select(BankReceipt).where(receipt_waits()).order_by(BankReceipt.transacted_at, BankReceipt.id).limit(_MOST)
    )
    return [WaitingReceipt(receipt, _candidates(receipt)) for receipt in db.session.scalars(statement)]


def alarming_events() -> Sequence[GatewayEvent]:
    """Events and notices that changed nothing and should not be overlooked, newest first."""
    statement = select(GatewayEvent).where(event_alarms()).order_by(GatewayEvent.received_at.desc()).limit(_MOST)
    return db.session.scalars(statement).all()


def refunds_by_hand() -> Sequence[Refund]:
    """Refunds of transfers and cash that a person has to pay back, oldest first."""
    statement = (
        select(Refund)
        .join(Refund.payment)
        .where(refund_is_by_hand())
        .order_by(Refund.created_at, Refund.id)
        .limit(_MOST)
    )
    return db.session.scalars(statement).all()


def _candidates(receipt: BankReceipt) -> Sequence[Payment]:
    statement = (
        select(Payment)
        .where(
            Payment.rail == Rail.VIETQR,
            Payment.state != PaymentState.SETTLED,
            Payment.amount - Payment.received == receipt.amount - receipt.applied,
            Payment.payee_bin == receipt.bin,
            Payment.payee_account == receipt.account,
            Payment.created_at <= receipt.transacted_at,
        )
        .order_by(Payment.created_at.desc())
        .limit(_MOST_CANDIDATES)
    )
    return db.session.scalars(statement).all()
