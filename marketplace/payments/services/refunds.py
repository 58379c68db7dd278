"""Giving money back: never more than was captured, also when two people ask at once (I28)."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from marketplace.core import clock
from marketplace.core.db import changed_one, db, insert_ignoring_duplicates
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.outbox import services as outbox
from marketplace.payments import purposes
from marketplace.payments.models import (
    OutgoingTransfer,
    Payment,
    PaymentState,
    Rail,
    Refund,
    RefundState,
    TransferPurpose,
)
from marketplace.payments.services import payers, transferring
from marketplace.payments.settings import Payee

SEND_REFUND = "payments.send_refund"
#: Where refunds by transfer pass within one transaction, from what held the money to the bank.
TRANSIT = "refund:transit"


def request_refund(
    payment: Payment,
    amount: Dong,
    *,
    reason: str,
    actor_id: int | None,
    key: str | None = None,
    payee: Payee | None = None,
) -> Refund:
    """Promise ``amount`` dong of a settled payment back. Posts nothing yet: the money has not moved.

    After the commit a card refund is sent to the gateway, and a transfer is ordered at the bank when the payer's
    account is known; ``payee`` names another account, for a card that takes nothing back, too. One refund goes one
    way. What is left is paid back by a person (``pay_refund_to`` or ``settle_refund``). The same ``key`` again gives
    the same refund. Raises ``Conflict``: ``payment_not_settled``, ``refund_above_captured`` (fact ``left``),
    ``refund_key_used``.
    """
    if amount < 1:
        raise Invalid("payment_amount_too_low")
    idempotency_key = key or secrets.token_hex(16)
    if not _take(payment, amount):
        return _twin(payment, amount, idempotency_key) or _refuse(payment)
    refund, is_new = _open(payment, amount, idempotency_key, reason=reason, actor_id=actor_id)
    if not is_new:
        _give_back(payment, amount)
        return refund
    if payee is not None:
        send_by_bank(refund, payee)
    elif payment.rail is Rail.CARD:
        outbox.enqueue(SEND_REFUND, {"refund_id": refund.id}, key=f"{SEND_REFUND}:{refund.public_id}")
    elif payment.rail is Rail.VIETQR:
        to = payers.payer_of_payment(payment)
        if to is not None:
            send_by_bank(refund, to)
    return refund


def send_by_bank(refund: Refund, payee: Payee) -> OutgoingTransfer:
    """Let a pending refund be carried by a bank transfer of its own. Raises as ``open_transfer``."""
    transfer = transferring.open_transfer(
        TransferPurpose.REFUND,
        refund.amount,
        to=payee,
        memo=f"HOAN TIEN {refund.public_id[:12].upper()}",
        key=f"refund-{refund.public_id}",
    )
    refund.transfer_id = transfer.id
    db.session.flush()
    return transfer


def is_for_gateway(refund: Refund) -> bool:
    """Whether the gateway gives a pending refund back: to the card that paid, unless the bank carries it elsewhere."""
    is_on_card = refund.payment.rail is Rail.CARD and refund.payment.gateway_id is not None
    return refund.state is RefundState.PENDING and is_on_card and refund.transfer_id is None


def is_by_hand(refund: Refund) -> bool:
    """Whether a refund waits for a person: neither the gateway nor the bank carries it."""
    is_carried = refund.transfer_id is not None or refund.payment.rail is Rail.CARD
    return refund.state is RefundState.PENDING and not is_carried


def settle_refund(refund: Refund, *, occurred_at: datetime, gateway_id: str | None = None) -> bool:
    """The money went back, at ``occurred_at`` (UTC); ``gateway_id`` is the gateway's or bank's own reference.

    Posts ``refund_settled`` (fact: the refund): the account that held the payment (``order:escrow`` or
    ``unapplied``) + amount, the account it is paid from (``gateway:card``, ``bank:collecting``, ``cod:receivable``;
    ``refund:transit`` when a transfer of ours carries it, whose own posting follows) - amount. Then the purpose takes
    each one's share back. False when it was settled or failed before.
    """
    values = {"succeeded_at": occurred_at, **({"gateway_id": gateway_id} if gateway_id else {})}
    if not _move(refund, RefundState.SUCCEEDED, among=(RefundState.PENDING,), **values):
        return False
    payment = refund.payment
    handler = purposes.handler_of(payment)
    held = held_account(payment)
    paid_from = TRANSIT if refund.transfer_id is not None else handler.accounts(payment).paid_back_from
    ledger.post(
        "refund_settled",
        ref_type="refund",
        ref_id=refund.public_id,
        occurred_at=occurred_at,
        lines={held: refund.amount, paid_from: Dong(-refund.amount)},
    )
    if held == handler.accounts(payment).held:
        handler.on_refunded(refund, occurred_at)
    return True


def fail_refund(refund: Refund, *, code: str, occurred_at: datetime) -> bool:
    """The refund did not work, perhaps after it had seemed to; the amount may be asked for again.

    A posting made by ``settle_refund`` is reversed (``reversal``). False when it had failed before.
    """
    among = (RefundState.PENDING, RefundState.SUCCEEDED)
    return _undo(refund, RefundState.FAILED, among=among, code=code, occurred_at=occurred_at)


def drop_waiting(payment: Payment, *, code: str, occurred_at: datetime) -> None:
    """Refunds of a payment that wait for a person fail: there is nothing any more to give back."""
    statement = select(Refund).where(Refund.payment_id == payment.id, Refund.state == RefundState.PENDING)
    for refund in db.session.scalars(statement.order_by(Refund.id)).all():
        if is_by_hand(refund):
            fail_refund(refund, code=code, occurred_at=occurred_at)


def return_refund(refund: Refund, *, occurred_at: datetime) -> bool:
    """The refund was paid and the payee's bank sent it back: as ``fail_refund``, but it reads *returned*."""
    among = (RefundState.SUCCEEDED,)
    return _undo(refund, RefundState.RETURNED, among=among, code="returned", occurred_at=occurred_at)


def _undo(
    refund: Refund, state: RefundState, *, among: tuple[RefundState, ...], code: str, occurred_at: datetime
) -> bool:
    had_succeeded = refund.state is RefundState.SUCCEEDED
    if not _move(refund, state, among=among, last_error=code[:80], succeeded_at=None, failed_at=occurred_at):
        return False
    payment = refund.payment
    _give_back(payment, refund.amount)
    if had_succeeded:
        entry = ledger_queries.find_entry("refund_settled", ref_type="refund", ref_id=refund.public_id)
        if entry is not None:
            ledger.reverse(entry, occurred_at=occurred_at)
    handler = purposes.handler_of(payment)
    if held_account(payment) == handler.accounts(payment).held:
        handler.on_refund_failed(refund)
    return True


def held_account(payment: Payment) -> str:
    """Where the money of a payment stands in the books; where it stood, when the bank has taken it back since."""
    return payment.held_account or purposes.handler_of(payment).accounts(payment).held


def _take(payment: Payment, amount: Dong) -> bool:
    """Take ``amount`` of what is left to give back, by one guarded UPDATE."""
    return _change(
        payment,
        Payment.state == PaymentState.SETTLED,
        Payment.refunded + amount <= Payment.amount,
        refunded=Payment.refunded + amount,
    )


def _give_back(payment: Payment, amount: Dong) -> None:
    _change(payment, Payment.refunded >= amount, refunded=Payment.refunded - amount)


def _change(payment: Payment, *conditions: Any, **values: Any) -> bool:
    db.session.flush()
    statement = update(Payment).where(Payment.id == payment.id, *conditions).values(**values)
    is_changed = changed_one(statement)
    db.session.refresh(payment)
    return is_changed


def _open(payment: Payment, amount: Dong, key: str, *, reason: str, actor_id: int | None) -> tuple[Refund, bool]:
    """A new refund, or the one of this key; the index decides when the key comes for two payments at once."""
    values = {
        "public_id": secrets.token_hex(12),
        "payment_id": payment.id,
        "amount": amount,
        "state": RefundState.PENDING,
        "idempotency_key": key,
        "reason": reason,
        "actor_id": actor_id,
        "created_at": clock.now(),
    }
    is_new = insert_ignoring_duplicates(Refund, values, keys=["idempotency_key"])
    refund = _twin(payment, amount, key)
    if refund is None:
        raise RuntimeError(f"the refund of key {key} is neither new nor known")
    return refund, is_new


def _twin(payment: Payment, amount: Dong, key: str) -> Refund | None:
    twin = db.session.scalars(select(Refund).where(Refund.idempotency_key == key)).one_or_none()
    if twin is not None and (twin.payment_id, twin.amount) != (payment.id, amount):
        raise Conflict("refund_key_used")
    return twin


def _refuse(payment: Payment) -> Refund:
    if payment.state is not PaymentState.SETTLED:
        raise Conflict("payment_not_settled")
    raise Conflict("refund_above_captured", left=payment.amount - payment.refunded)


def _move(refund: Refund, state: RefundState, *, among: tuple[RefundState, ...], **values: Any) -> bool:
    db.session.flush()
    statement = update(Refund).where(Refund.id == refund.id, Refund.state.in_(among)).values(state=state, **values)
    is_moved = changed_one(statement)
    db.session.refresh(refund)
    return is_moved
