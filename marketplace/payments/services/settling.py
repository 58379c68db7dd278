"""One way to settle a payment, whoever brings the news: webhook, reconciler, bank, courier or a person."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update

from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict, NotFound
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.outbox import services as outbox
from marketplace.payments import purposes
from marketplace.payments.models import (
    OPEN_STATES,
    BankReceipt,
    Payment,
    PaymentState,
    Rail,
    ReceiptApplication,
    ReceiptState,
)
from marketplace.payments.services import queue, refunds

CANCEL_INTENT = "payments.cancel_intent"
UNAPPLIED = "unapplied"
#: ``last_error`` of a payment whose money the bank took back.
REVERSED = "reversed_by_bank"
#: A call to the gateway, with all its tries, is over after this long: whatever it did can be found then.
SEARCHED_AFTER = timedelta(minutes=1)
#: When a payment that was searched in vain is searched for the last time.
SEARCHED_AGAIN_AFTER = timedelta(hours=1)


class Settlement(StrEnum):
    """What became of the news that a payment was paid."""

    SETTLED = "settled"
    ALREADY_SETTLED = "already_settled"
    NOT_WANTED = "not_wanted"


def lock(payment_id: int) -> Payment:
    """The payment, read afresh, its row held until the transaction ends. Raises ``NotFound``."""
    statement = select(Payment).where(Payment.id == payment_id).with_for_update()
    payment = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if payment is None:
        raise NotFound("payment_unknown")
    return payment


def may_settle(payment: Payment, *, sent_at: datetime) -> bool:
    """Whether money for this (locked) payment is still wanted: it is open and in time, or its owner revives it.

    Money sent in time whose news comes after the deadline is asked about, too: the goods may be promised to others.
    A payment whose money the bank took back never comes alive again: its owner opened another one (``unsettle``).
    """
    if is_taken_back(payment):
        return False
    in_time = payment.expires_at is None or max(clock.now(), sent_at) <= payment.expires_at
    return (payment.state in OPEN_STATES and in_time) or purposes.handler_of(payment).may_revive(payment)


def is_taken_back(payment: Payment) -> bool:
    """Whether the bank took back the money that had settled this payment: a fact is posted once, so it stays closed."""
    return payment.state is PaymentState.FAILED and payment.last_error == REVERSED


def settle(payment: Payment, *, occurred_at: datetime) -> Settlement:
    """The whole amount of a card or cash payment is there, since ``occurred_at`` (UTC). At most once per payment.

    Posts ``payment_settled`` (fact: the payment): the source account (``gateway:card``, ``cod:receivable``, or what
    the purpose names) + amount, the held account (``order:escrow``) - amount. Then the purpose acts, in the same
    transaction. Money for a payment that is closed and that nobody revives is held in ``unapplied`` instead, and its
    refund is requested at once (*not wanted*).
    """
    payment = lock(payment.id)
    if payment.state is PaymentState.SETTLED:
        return Settlement.ALREADY_SETTLED
    return conclude(payment, occurred_at=occurred_at, is_wanted=may_settle(payment, sent_at=occurred_at))


def conclude(payment: Payment, *, occurred_at: datetime, is_wanted: bool) -> Settlement:
    """Mark a locked payment settled, post it and let its purpose act. Called by ``settle`` and by transfers."""
    handler = purposes.handler_of(payment)
    accounts = handler.accounts(payment)
    held = accounts.held if is_wanted else UNAPPLIED
    if not _move(payment, PaymentState.SETTLED, settled_at=occurred_at, held_account=held):
        return Settlement.ALREADY_SETTLED
    ledger.post(
        "payment_settled",
        ref_type="payment",
        ref_id=payment.public_id,
        occurred_at=occurred_at,
        lines={accounts.source: payment.amount, held: Dong(-payment.amount)},
    )
    if is_wanted:
        handler.on_settled(payment, occurred_at)
        return Settlement.SETTLED
    refunds.request_refund(payment, payment.amount, reason="late", actor_id=None)
    return Settlement.NOT_WANTED


def fail(payment: Payment, *, code: str) -> bool:
    """The card was declined or the gateway refused: an open payment becomes *failed* and its owner hears of it.

    Posts nothing. False (and no effect) when the payment is not open any more.
    """
    if not _move(payment, PaymentState.FAILED, among=OPEN_STATES, last_error=code[:80]):
        return False
    purposes.handler_of(payment).on_failed(payment)
    return True


def give_up(payment: Payment) -> bool:
    """The gateway has never heard of an old card payment: it becomes *failed* (``never_reached_gateway``).

    Should it still arrive there, its intent must not live on: it is searched once more, an hour later. False (and no
    effect) when the payment is not open any more.
    """
    if not fail(payment, code="never_reached_gateway"):
        return False
    _close_at_gateway(payment, after=SEARCHED_AGAIN_AFTER)
    return True


def cancel(payment: Payment) -> None:
    """Nobody waits for this payment any more; its owner calls this. A second call changes nothing.

    Parts that transfers have paid go back to ``unapplied``: ``receipt_released`` (fact: the application)
    ``payment:funding`` + part, ``unapplied`` - part. A card intent is cancelled at the gateway after the commit; one
    whose id we do not know (its call may be under way, or its answer was lost) is searched there a minute later.
    Raises ``Conflict`` (``payment_settled``) when the money is already there.
    """
    payment = lock(payment.id)
    if payment.state is PaymentState.SETTLED:
        raise Conflict("payment_settled")
    if payment.state not in OPEN_STATES:
        return
    release_parts(payment)
    _move(payment, PaymentState.CANCELLED, among=OPEN_STATES, received=Dong(0))
    if payment.rail is Rail.CARD:
        _close_at_gateway(payment, after=timedelta(0) if payment.gateway_id else SEARCHED_AFTER)


def unsettle(payment: Payment, *, occurred_at: datetime) -> None:
    """The bank took back money that had paid for a locked, settled payment: it is *failed* (``reversed_by_bank``).

    First its purpose takes back what it did; then ``payment_settled`` is reversed and the parts of other transfers
    are released. Refunds of it that wait for a person fail. Its purpose asks for the money by a payment of its own.
    """
    handler = purposes.handler_of(payment)
    handler.on_unpaid(payment, occurred_at)
    entry = ledger_queries.find_entry("payment_settled", ref_type="payment", ref_id=payment.public_id)
    if entry is not None:
        ledger.reverse(entry, occurred_at=occurred_at)
    refunds.drop_waiting(payment, code=REVERSED, occurred_at=occurred_at)
    release_parts(payment, reason="payment_reversed")
    unpaid = {"settled_at": None, "held_account": None, "received": Dong(0), "last_error": REVERSED}
    _move(payment, PaymentState.FAILED, among=(PaymentState.SETTLED,), **unpaid)


def _close_at_gateway(payment: Payment, *, after: timedelta) -> None:
    key = f"{CANCEL_INTENT}:{payment.public_id}"
    outbox.enqueue(CANCEL_INTENT, {"payment_id": payment.id}, key=key, due_at=clock.now() + after)


def release_parts(payment: Payment, *, reason: str = "payment_cancelled") -> None:
    """Give the parts of a payment that will not be completed back to their receipts, which wait for ``reason``."""
    now = clock.now()
    statement = select(ReceiptApplication).where(
        ReceiptApplication.payment_id == payment.id, ReceiptApplication.released_at.is_(None)
    )
    for part in db.session.scalars(statement).all():
        release_part(part, now)
        receipt: BankReceipt = part.receipt
        receipt.state, receipt.reason = ReceiptState.UNAPPLIED, reason
        queue.let_wait(receipt, reason)
    db.session.flush()


def release_part(part: ReceiptApplication, now: datetime) -> None:
    """Let a part pay for nothing any more: ``receipt_released``, see ``cancel``."""
    receipt: BankReceipt = part.receipt
    part.released_at = now
    receipt.applied = Dong(receipt.applied - part.amount)
    if receipt.is_ours:
        ledger.post(
            "receipt_released",
            ref_type="receipt_application",
            ref_id=str(part.id),
            occurred_at=now,
            lines={"payment:funding": part.amount, UNAPPLIED: Dong(-part.amount)},
        )


def _move(
    payment: Payment, state: PaymentState, *, among: tuple[PaymentState, ...] | None = None, **values: Any
) -> bool:
    """Move a payment along one edge by a conditional UPDATE; False when somebody was quicker."""
    here = Payment.state.in_(among) if among else Payment.state != PaymentState.SETTLED
    db.session.flush()
    is_moved = changed_one(update(Payment).where(Payment.id == payment.id, here).values(state=state, **values))
    db.session.refresh(payment)
    return is_moved
