"""What the gateway says about an intent or a refund becomes true here. Webhook and reconciler both come this way."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from marketplace.core.db import db
from marketplace.payments import purposes
from marketplace.payments.gateway import GatewayRefund, Intent
from marketplace.payments.models import OPEN_STATES, Payment, PaymentState, Rail, Refund
from marketplace.payments.services import queue, refunds, settling
from marketplace.payments.services.settling import Settlement


@dataclass(frozen=True)
class Told:
    """Which payment the news was about, and why it changed nothing (a stable code) or None when it did or was known.

    ``is_new`` for money that the books had not heard of; ``known_as`` is the name by which they knew it.
    """

    payment_id: int | None
    ignored: str | None = None
    is_new: bool = False
    known_as: str | None = None


def apply_intent(intent: Intent, *, occurred_at: datetime) -> Told:
    """Take over the state of an intent. Never moves a payment backwards, so the order of news does not matter.

    Ignored, with nothing changed: ``unknown_payment``, ``other_intent``, ``wrong_currency``, ``wrong_amount``,
    ``older_state``; ``late_refunded`` when the money came too late and goes back.
    """
    payment = _payment_of(intent)
    if payment is None:
        return Told(None, "unknown_payment")
    payment = settling.lock(payment.id)
    problem = _mismatch(payment, intent)
    if problem is not None:
        return Told(payment.id, problem)
    if payment.gateway_id is None:
        payment.gateway_id = intent.id
        db.session.flush()
    return Told(payment.id, _follow(payment, intent, occurred_at))


def apply_refund(found: GatewayRefund, *, occurred_at: datetime) -> Told:
    """Take over the state of a refund. Ignored: ``unknown_refund``, ``wrong_currency``, ``wrong_amount``,
    ``other_refund``, ``older_state``.
    """
    by_either = (Refund.gateway_id == found.id) | (Refund.public_id == (found.reference or ""))
    refund = db.session.scalars(select(Refund).where(by_either)).first()
    if refund is None:
        return Told(None, "unknown_refund")
    settling.lock(refund.payment_id)
    db.session.refresh(refund)
    if refund.gateway_id not in (None, found.id):
        return Told(refund.payment_id, "other_refund")
    if found.currency != "vnd":
        return Told(refund.payment_id, "wrong_currency")
    if found.amount != refund.amount:
        return Told(refund.payment_id, "wrong_amount")
    refund.gateway_id = found.id
    db.session.flush()
    if found.status == "succeeded":
        moved = refunds.settle_refund(refund, occurred_at=occurred_at)
        return Told(refund.payment_id, None if moved or refund.succeeded_at else "older_state")
    why = found.failure or found.status
    if found.status in ("failed", "canceled") and refunds.fail_refund(refund, code=why, occurred_at=occurred_at):
        queue.let_refund_wait(refund, "card_refund_failed")
    return Told(refund.payment_id)


def refuse_refund(refund: Refund, *, code: str, occurred_at: datetime) -> None:
    """The gateway said no to a refund and will not carry it out: it failed, and a person is told."""
    settling.lock(refund.payment_id)
    db.session.refresh(refund)
    if refunds.fail_refund(refund, code=code, occurred_at=occurred_at):
        queue.let_refund_wait(refund, "card_refund_refused")


def _payment_of(intent: Intent) -> Payment | None:
    known = db.session.scalars(select(Payment).where(Payment.gateway_id == intent.id)).one_or_none()
    if known is not None or not intent.reference:
        return known
    # the webhook may be quicker than our own note of the gateway's answer
    return db.session.scalars(
        select(Payment).where(Payment.public_id == intent.reference, Payment.rail == Rail.CARD)
    ).one_or_none()


def _mismatch(payment: Payment, intent: Intent) -> str | None:
    if payment.gateway_id not in (None, intent.id):
        return "other_intent"
    if intent.currency != "vnd":
        return "wrong_currency"
    if intent.amount != payment.amount or (intent.status == "succeeded" and intent.received != payment.amount):
        return "wrong_amount"
    return None


def _follow(payment: Payment, intent: Intent, occurred_at: datetime) -> str | None:
    if intent.status == "succeeded":
        outcome = settling.settle(payment, occurred_at=occurred_at)
        return "late_refunded" if outcome is Settlement.NOT_WANTED else None
    if payment.state not in OPEN_STATES:
        return "older_state"
    if intent.status == "canceled":
        settling.cancel(payment)
        purposes.handler_of(payment).on_cancelled(payment)
    elif intent.status == "requires_payment_method" and intent.error_code:
        settling.fail(payment, code=intent.error_code)
    elif payment.state is PaymentState.CREATED:
        payment.state = PaymentState.PENDING
        db.session.flush()
    return None
