"""Reading payments, receipts, events and refunds."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.payments import transfer_codes
from marketplace.payments.models import (
    EventSource,
    GatewayEvent,
    OutgoingTransfer,
    Payment,
    PaymentState,
    Rail,
    Refund,
    RefundState,
    TransferState,
    WorkItem,
)

#: How much one round of the reconciler takes on.
_BATCH = 200


def find_payment(public_id: str) -> Payment | None:
    """The payment with this public id, or None."""
    return db.session.scalars(select(Payment).where(Payment.public_id == public_id)).one_or_none()


def find_by_code(written: str) -> Payment | None:
    """The payment whose transfer code somebody wrote, blanks and case aside; None without a right code."""
    codes = transfer_codes.codes_in(written)
    if len(codes) != 1:
        return None
    return db.session.scalars(select(Payment).where(Payment.transfer_code == codes[0])).one_or_none()


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


def get_refund_of_item(item_id: int) -> Refund:
    """The refund that a work item is about. Raises ``NotFound`` (``item_unknown``) for one about anything else."""
    refund = db.session.scalars(
        select(Refund).join(WorkItem, WorkItem.refund_id == Refund.id).where(WorkItem.id == item_id)
    )
    found = refund.one_or_none()
    if found is None:
        raise NotFound("item_unknown")
    return found


def get_transfer(public_id: str) -> OutgoingTransfer:
    """One outgoing transfer by its public id. Raises ``NotFound`` (``transfer_unknown``)."""
    statement = select(OutgoingTransfer).where(OutgoingTransfer.public_id == public_id)
    transfer = db.session.scalars(statement).one_or_none()
    if transfer is None:
        raise NotFound("transfer_unknown")
    return transfer


def waiting_transfers(before: datetime) -> Sequence[str]:
    """Public ids of outgoing transfers opened before that moment that the bank has not decided, oldest first."""
    statement = (
        select(OutgoingTransfer.public_id)
        .where(OutgoingTransfer.state.in_((TransferState.CREATED, TransferState.SENT)))
        .where(OutgoingTransfer.created_at < before)
        .order_by(OutgoingTransfer.id)
        .limit(_BATCH)
    )
    return db.session.scalars(statement).all()


def refunds_of(payment: Payment) -> Sequence[Refund]:
    """Every refund of a payment, oldest first, failed ones included."""
    return db.session.scalars(select(Refund).where(Refund.payment_id == payment.id).order_by(Refund.id)).all()


def waiting_card_payments(before: datetime) -> Sequence[int]:
    """Ids of card payments opened before that moment that are still open, longest unasked first."""
    statement = (
        select(Payment.id)
        .where(
            Payment.rail == Rail.CARD,
            Payment.state.in_((PaymentState.CREATED, PaymentState.PENDING)),
            Payment.created_at < before,
        )
        .order_by(Payment.checked_at.is_not(None), Payment.checked_at, Payment.id)
        .limit(_BATCH)
    )
    return db.session.scalars(statement).all()


def waiting_card_refunds(before: datetime) -> Sequence[int]:
    """Ids of card refunds asked for before that moment that the gateway has not decided, oldest first."""
    statement = (
        select(Refund.id)
        .join(Refund.payment)
        .where(Refund.state == RefundState.PENDING, Payment.rail == Rail.CARD, Refund.transfer_id.is_(None))
        .where(Refund.created_at < before)
        .order_by(Refund.id)
        .limit(_BATCH)
    )
    return db.session.scalars(statement).all()


def accounts_waited_for(since: datetime) -> Sequence[str]:
    """Bank accounts that payments opened since then still expect money on."""
    statement = (
        select(Payment.payee_account)
        .where(
            Payment.rail == Rail.VIETQR,
            Payment.state.in_((PaymentState.PENDING, PaymentState.PARTIALLY_FUNDED)),
            Payment.created_at >= since,
        )
        .distinct()
    )
    return [account for account in db.session.scalars(statement) if account is not None]


def was_refused_today(source: EventSource, reason: str) -> bool:
    """Whether a refusal of a message of ``source`` for ``reason`` stands already for today."""
    start, _end = clock.local_day(clock.today())
    statement = select(GatewayEvent.id).where(
        GatewayEvent.source == source,
        GatewayEvent.type == "refused",
        GatewayEvent.ignored_reason == reason,
        GatewayEvent.received_at >= start,
    )
    return db.session.scalars(statement.limit(1)).first() is not None
