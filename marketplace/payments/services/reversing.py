"""The bank takes back money that it had reported as received: what it paid for is unpaid, through the ledger."""

from sqlalchemy import or_, select, update

from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.payments import purposes
from marketplace.payments.models import (
    BankReceipt,
    BankReversal,
    Payment,
    PaymentState,
    ReceiptApplication,
    ReceiptState,
    WorkKind,
)
from marketplace.payments.movements import ROW_KEY, Movement
from marketplace.payments.services import queue, settling

#: A receipt whose money we have ordered to go back, or that never was in our books: nothing is left to reverse.
_GONE = (ReceiptState.RETURNING, ReceiptState.RETURNED, ReceiptState.IGNORED, ReceiptState.REVERSED)


def record_reversal(movement: Movement) -> BankReversal | None:
    """Keep a booking that takes a receipt back, once per bank reference, and unpay what the receipt paid for.

    It names the receipt as a member of its own or in the memo; account and amount have to be the same. One that names
    a receipt not heard of yet is kept until that comes (``overtaken_by_reversal``). None when it is no reversal, or
    another booking about money that was taken back already: that is a difference, and a person has to ask the bank.
    Posts for money of ours: ``reversal`` of ``receipt_received``, after the postings of ``settling.unsettle``.
    """
    names = (BankReversal.bank_reference, BankReversal.other_name)
    known = select(BankReversal).where(or_(*(name == movement.bank_reference for name in names)))
    reversal = db.session.scalars(known.order_by(BankReversal.id)).first()
    if reversal is not None:
        return reversal
    named = sorted({movement.related_reference, *movement.memo.split()} - {""})[:40]
    receipt = _find_receipt(named, movement)
    reference = receipt.bank_reference if receipt else movement.related_reference
    if not reference:
        return None
    taken = _find_taken(reference, receipt)
    if taken is not None:
        return taken if _is_same_booking(taken, movement) and _learns_name(taken, movement) else None
    reversal = BankReversal(
        bank_reference=movement.bank_reference,
        receipt_reference=reference,
        bin=movement.bin,
        account=movement.account,
        amount=movement.amount,
        transacted_at=movement.transacted_at,
        recorded_at=clock.now(),
    )
    db.session.add(reversal)
    db.session.flush()
    if receipt is not None:
        _reverse(receipt.id, reversal)
    return reversal


def overtaken_by_reversal(receipt: BankReceipt) -> None:
    """Reverse a receipt that was just recorded when its reversal came first: every order of news has the same end."""
    names = [receipt.bank_reference, receipt.reference]
    statement = select(BankReversal).where(BankReversal.receipt_reference.in_(names), BankReversal.receipt_id.is_(None))
    reversal = db.session.scalars(statement).one_or_none()
    if reversal is not None and _is_same_sum(reversal, receipt):
        _reverse(receipt.id, reversal)


def _reverse(receipt_id: int, reversal: BankReversal) -> None:
    payments = _lock_payments(receipt_id)
    statement = select(BankReceipt).where(BankReceipt.id == receipt_id).with_for_update()
    receipt = db.session.scalars(statement.execution_options(populate_existing=True)).one()
    reversal.receipt_id = receipt.id
    settled = [payment for payment in payments if payment.state is PaymentState.SETTLED]
    if receipt.state in _GONE or not all(purposes.handler_of(payment).may_unpay(payment) for payment in settled):
        queue.let_wait(receipt, "reversal_not_booked", kind=WorkKind.REVERSAL)
        return
    for payment in settled:
        settling.unsettle(payment, occurred_at=reversal.transacted_at)
    for part in _live_parts(receipt):
        _release(part)
    entry = ledger_queries.find_entry("receipt_received", ref_type="bank_receipt", ref_id=receipt.bank_reference)
    if entry is not None:
        ledger.reverse(entry, occurred_at=reversal.transacted_at)
    receipt.state, receipt.reason, reversal.is_booked = ReceiptState.REVERSED, None, True
    queue.settle_item(receipt, "reversed", None)
    if payments:
        queue.let_wait(receipt, "reversal_unpaid" if settled else "reversal_part", kind=WorkKind.REVERSAL)
    db.session.flush()


def _release(part: ReceiptApplication) -> None:
    """Release a part of a payment that is not settled: it asks for that much more again."""
    payment = db.session.get_one(Payment, part.payment_id)
    settling.release_part(part, clock.now())
    payment.received = Dong(payment.received - part.amount)
    if payment.state is PaymentState.PARTIALLY_FUNDED and not payment.received:
        payment.state = PaymentState.PENDING
    db.session.flush()


def _lock_payments(receipt_id: int) -> list[Payment]:
    """The payments that a receipt pays for, locked in the order of their ids, before the receipt is."""
    statement = select(ReceiptApplication.payment_id).where(
        ReceiptApplication.receipt_id == receipt_id, ReceiptApplication.released_at.is_(None)
    )
    return [settling.lock(payment_id) for payment_id in sorted(set(db.session.scalars(statement)))]


def _live_parts(receipt: BankReceipt) -> list[ReceiptApplication]:
    where = (ReceiptApplication.receipt_id == receipt.id, ReceiptApplication.released_at.is_(None))
    return list(db.session.scalars(select(ReceiptApplication).where(*where)))


def _find_receipt(named: list[str], movement: Movement) -> BankReceipt | None:
    where = (
        or_(BankReceipt.bank_reference.in_(named), BankReceipt.later_reference.in_(named)),
        BankReceipt.bin == movement.bin,
        BankReceipt.account == movement.account,
        BankReceipt.amount == movement.amount,
    )
    found = db.session.scalars(select(BankReceipt).where(*where)).all()
    return found[0] if len(found) == 1 else None


def _find_taken(reference: str, receipt: BankReceipt | None) -> BankReversal | None:
    """The reversal that took this receipt back already; nothing is taken back twice, a reversal never."""
    taken = or_(BankReversal.receipt_reference == reference, BankReversal.bank_reference == reference)
    if receipt is not None:
        taken = or_(taken, BankReversal.receipt_id == receipt.id)
    return db.session.scalars(select(BankReversal).where(taken).order_by(BankReversal.id)).first()


def _is_same_booking(reversal: BankReversal, movement: Movement) -> bool:
    """Whether a reversal is told again, once with the bank's reference and once by a row without one."""
    same_sum = (reversal.bin, reversal.account, reversal.amount) == (movement.bin, movement.account, movement.amount)
    return same_sum and reversal.bank_reference.startswith(ROW_KEY) == movement.is_named


def _learns_name(reversal: BankReversal, movement: Movement) -> bool:
    """Let a reversal be known by the name of its second telling, too; False when it was told a second time already."""
    unnamed = update(BankReversal).where(BankReversal.id == reversal.id, BankReversal.other_name.is_(None))
    return changed_one(unnamed.values(other_name=movement.bank_reference), synchronize="fetch")


def _is_same_sum(reversal: BankReversal, receipt: BankReceipt) -> bool:
    theirs = (reversal.bin, reversal.account, reversal.amount)
    return theirs == (receipt.bin, receipt.account, receipt.amount)
