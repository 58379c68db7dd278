"""Reading payments, receipts, events and refunds."""

from collections.abc import Sequence

from sqlalchemy import select

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.payments.models import Payment, Refund


def find_payment(public_id: str) -> Payment | None:
    """The payment with this public id, or None."""
    return db.session.scalars(select(Payment).where(Payment.public_id == public_id)).one_or_none()


def get_payment(payment_id: int) -> Payment:
    """One payment by its row id. Raises ``NotFound`` (``payment_unknown``)."""
    payment = db.session.get(Payment, payment_id)
    if payment is None:
        raise NotFound("payment_unknown")
    return payment


def get_refund(refund_id: int) -> Refund:
    """One refund by its row id. Raises ``NotFound`` (``refund_unknown``)."""
    refund = db.session.get(Refund, refund_id)
    if refund is None:
        raise NotFound("refund_unknown")
    return refund


def refunds_of(payment: Payment) -> Sequence[Refund]:
    """Every refund of a payment, oldest first, failed ones included."""
    return db.session.scalars(select(Refund).where(Refund.payment_id == payment.id).order_by(Refund.id)).all()
