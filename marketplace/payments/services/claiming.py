"""One transfer told twice, once without the bank's reference, is one receipt: it is claimed, not booked again.

A row of a statement file may carry no reference of the bank. Whichever comes first, the row or a notice (or row) with a
reference, is booked; the other one claims it when account, amount, Vietnam's day and memo are the same, or the codes in
it where a bank adds words of its own. Each receipt is claimed once: of equal transfers the k-th row and the k-th notice
are one.
"""

from sqlalchemy import or_, select

from marketplace.core import clock
from marketplace.core.db import db, hold
from marketplace.payments import transfer_codes
from marketplace.payments.models import BankReceipt
from marketplace.payments.movements import Movement, bare_text


def find(movement: Movement) -> BankReceipt | None:
    """The receipt that is known under a name of this movement; from now on it is known under both. None: unknown."""
    receipt = find_by_name(movement.bank_reference)
    if receipt is None and movement.row_key:
        receipt = find_by_name(movement.row_key)
    if receipt is not None:
        _complete(receipt, movement)
    return receipt


def find_by_name(name: str) -> BankReceipt | None:
    """The receipt that bank or row call ``name``, or None."""
    names = (BankReceipt.bank_reference, BankReceipt.later_reference, BankReceipt.row_key)
    statement = select(BankReceipt).where(or_(*(column == name for column in names))).order_by(BankReceipt.id)
    return db.session.scalars(statement).first()


def hold_turn(movement: Movement) -> None:
    """Let nobody else record a transfer of that amount and day until this transaction ends (SQLite has one writer)."""
    hold(movement.bin, movement.account, str(movement.amount), _day(movement))


def claim(movement: Movement) -> BankReceipt | None:
    """The oldest receipt that this movement tells again and nobody claimed yet, now known by both names; or None.

    Under ``hold_turn``. A movement with the bank's reference claims what was booked from a row without one, and such a
    row claims what was booked from a movement with one.
    """
    begin, end = clock.local_day(clock.local_day_of(movement.transacted_at))
    statement = select(BankReceipt).where(
        BankReceipt.bin == movement.bin,
        BankReceipt.account == movement.account,
        BankReceipt.amount == movement.amount,
        BankReceipt.transacted_at >= begin,
        BankReceipt.transacted_at < end,
        BankReceipt.later_reference.is_(None),
        BankReceipt.row_key == BankReceipt.bank_reference if movement.is_named else BankReceipt.row_key.is_(None),
    )
    for receipt in db.session.scalars(statement.order_by(BankReceipt.id)):
        if _is_same_text(receipt.memo, movement.memo):
            _complete(receipt, movement)
            return receipt
    return None


def claim_for_row(receipt: BankReceipt, row_key: str) -> None:
    """A row of a statement without a reference tells a known receipt: no other such row can be it."""
    receipt.row_key = receipt.row_key or row_key
    db.session.flush()


def learn_reference(receipt_id: int, reference: str) -> None:
    """The bank's own list names a receipt that was booked from a row without a reference; once, and no name twice."""
    receipt = db.session.get_one(BankReceipt, receipt_id)
    if _lacks_reference(receipt) and find_by_name(reference) is None:
        receipt.later_reference = reference
        db.session.flush()


def _is_same_text(memo: str, other: str) -> bool:
    """The same words, or the same codes among a bank's other words."""
    codes = transfer_codes.codes_in(memo)
    return bare_text(memo) == bare_text(other) or (bool(codes) and codes == transfer_codes.codes_in(other))


def _complete(receipt: BankReceipt, movement: Movement) -> None:
    if movement.row_key and receipt.row_key is None:
        receipt.row_key = movement.row_key
    if movement.is_named and _lacks_reference(receipt):
        receipt.later_reference = movement.bank_reference
    db.session.flush()


def _lacks_reference(receipt: BankReceipt) -> bool:
    return receipt.row_key == receipt.bank_reference and receipt.later_reference is None


def _day(movement: Movement) -> str:
    return clock.local_day_of(movement.transacted_at).isoformat()
