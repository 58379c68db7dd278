"""Money that the bank reports: it pays for something, or it waits as *unapplied* with a reason. Nothing is dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, insert_ignoring_duplicates
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.money import Dong
from marketplace.ledger import services as ledger
from marketplace.payments import purposes, settings, transfer_codes
from marketplace.payments.models import (
    OPEN_STATES,
    BankReceipt,
    OutgoingTransfer,
    Payment,
    PaymentState,
    Rail,
    ReceiptApplication,
    ReceiptState,
    TransferPurpose,
)
from marketplace.payments.movements import Movement
from marketplace.payments.services import claiming, payers, queue, settling, transferring
from marketplace.payments.services.queue import Decision
from marketplace.payments.settings import Payee

#: Why a transfer waits whose code belongs to no payment (yet).
UNKNOWN_CODE = "unknown_code"


@dataclass(frozen=True)
class Recorded:
    """What became of a movement: its receipt, whether it was new, and whether it contradicts what we knew."""

    receipt: BankReceipt
    is_new: bool
    contradicts: bool = False


def record_receipt(movement: Movement) -> Recorded:
    """Keep one incoming movement, once per bank reference, and apply it where its memo says so.

    A transfer that was told before without a reference, or is now, is the receipt that it was then (``claiming``).

    Exact: the payment settles. Short: it becomes *partially funded*; parts that add up settle it. Over: it settles
    and the rest is unapplied (``over``). Unapplied as a whole, with its reason: ``no_code``, ``unknown_code``,
    ``two_codes``, ``wrong_account``, ``already_paid``, ``late``, ``payment_closed``, ``taken_back`` (the code of a
    payment that the bank undid; another one waits in its place). Late is judged by bank time.

    Posts on our own account only: ``receipt_received`` (fact: the bank reference) ``bank:collecting`` + amount,
    ``unapplied`` - amount; then ``receipt_applied`` (fact: the application) ``unapplied`` + part,
    ``payment:funding`` - part; then ``payment_settled`` from ``payment:funding``.
    Raises ``ValueError`` for outgoing money and other currencies: callers sort these out first.
    """
    if movement.direction != "in" or movement.currency != "VND":
        raise ValueError("only dong that came in is a receipt")
    receipt, is_new = claiming.find(movement), False
    if receipt is None:
        claiming.hold_turn(movement)  # notice and row of one transfer may come at the same moment
        receipt = claiming.find(movement) or claiming.claim(movement)
    if receipt is None:
        receipt, is_new = _store(movement)
    if not is_new:
        same = (receipt.bin, receipt.account, receipt.amount) == (movement.bin, movement.account, movement.amount)
        return Recorded(receipt, is_new=False, contradicts=not same)
    if receipt.is_ours:
        ledger.post(
            "receipt_received",
            ref_type="bank_receipt",
            ref_id=receipt.bank_reference,
            occurred_at=receipt.transacted_at,
            lines={"bank:collecting": receipt.amount, settling.UNAPPLIED: Dong(-receipt.amount)},
        )
    payment, reason = _match(receipt)
    if payment is not None:
        payment = settling.lock(payment.id)  # before the receipt names it: two receipts would wait for each other
        receipt.payment_id = payment.id
        reason = reason or _apply(receipt, payment, receipt.amount)
    _close(receipt, reason)
    if payment is not None and receipt.state is ReceiptState.UNAPPLIED:
        purposes.handler_of(payment).on_unapplied(payment, Dong(receipt.amount - receipt.applied), str(reason))
    return Recorded(receipt, is_new=True)


def apply_receipt(receipt_id: int, payment: Payment, *, decided: Decision | None = None) -> BankReceipt:
    """A person decides that the waiting rest of a receipt pays for ``payment``: the same path as a memo's.

    ``decided`` closes its work item with a reason; without it the vendor's own confirmation at the stall decides.
    Raises ``NotFound``, ``Conflict`` (``receipt_decided``, ``item_taken``) and ``Invalid`` (``note_missing``;
    ``receipt_cannot_pay`` with a ``reason`` as ``record_receipt`` gives them); then nothing changes.
    """
    payment = settling.lock(payment.id)
    receipt = _lock_waiting(receipt_id, decided)
    _pay(receipt, payment, Dong(receipt.amount - receipt.applied), must_fit=False)
    _close(receipt, _left_over(receipt, "over"), decision="applied", decided=decided)
    return receipt


def apply_waiting(payment: Payment, *, since: datetime) -> None:
    """Let money that came since ``since`` (UTC) with the reserved code of a new payment, before it was opened, pay it.

    The path of ``record_receipt``, only later. The caller holds the code (``PurposeHandler.hold_reserved``).
    """
    on_account = (BankReceipt.bin == payment.payee_bin, BankReceipt.account == payment.payee_account)
    of_code = (BankReceipt.reason == UNKNOWN_CODE, BankReceipt.payment_id.is_(None))
    waiting = select(BankReceipt.id, BankReceipt.memo).where(
        *on_account, *of_code, BankReceipt.state == ReceiptState.UNAPPLIED, BankReceipt.transacted_at >= since
    )
    found = db.session.execute(waiting.order_by(BankReceipt.transacted_at, BankReceipt.id)).all()
    named = [receipt_id for receipt_id, memo in found if transfer_codes.codes_in(memo) == [payment.transfer_code]]
    if not named:
        return
    payment = settling.lock(payment.id)
    for receipt_id in named:
        receipt = _lock_waiting(receipt_id, None)
        receipt.payment_id = payment.id
        _close(receipt, _apply(receipt, payment, receipt.amount))


def divide_receipt(receipt_id: int, parts: Sequence[tuple[Payment, Dong]], *, decided: Decision) -> BankReceipt:
    """A person divides the waiting rest of a receipt over several payments: all of it, or nothing changes.

    Raises as ``apply_receipt``; ``Invalid`` (``division_incomplete`` with ``left`` dong, below zero when the parts
    are too much; ``division_twice``: a payment is named twice) and, for a part above what its payment still asks,
    ``receipt_cannot_pay`` (``reason`` *over*).
    """
    if len({payment.id for payment, _ in parts}) != len(parts):
        raise Invalid("division_twice")
    locked = {payment.id: settling.lock(payment.id) for payment, _ in sorted(parts, key=lambda part: part[0].id)}
    receipt = _lock_waiting(receipt_id, decided)
    left = receipt.amount - receipt.applied - sum(amount for _, amount in parts)
    if left or any(amount < 1 for _, amount in parts):
        raise Invalid("division_incomplete", left=left)
    for payment, amount in parts:
        _pay(receipt, locked[payment.id], amount, must_fit=True)
    _close(receipt, None, decision="divided", decided=decided)
    return receipt


def return_receipt(
    receipt_id: int, *, decided: Decision, occurred_at: datetime, reference: str | None = None
) -> BankReceipt:
    """The waiting rest of a receipt was sent back to its payer outside this house, at ``occurred_at`` (UTC).

    ``reference`` is the bank's, under which its booking is known on the statement. Posts ``receipt_returned`` (fact:
    the bank reference): ``unapplied`` + rest, ``bank:collecting`` - rest.
    Raises ``NotFound``, ``Conflict`` (``receipt_decided``, ``item_taken``), ``Invalid`` (``receipt_not_ours``,
    ``note_missing``).
    """
    receipt = _lock_waiting(receipt_id, decided)
    if not receipt.is_ours:
        raise Invalid("receipt_not_ours")
    rest = Dong(receipt.amount - receipt.applied)
    ledger.post(
        "receipt_returned",
        ref_type="bank_receipt",
        ref_id=receipt.bank_reference,
        occurred_at=occurred_at,
        lines={settling.UNAPPLIED: rest, "bank:collecting": Dong(-rest)},
    )
    queue.settle_item(receipt, "returned_by_hand", decided)
    receipt.state, receipt.note, receipt.return_reference = ReceiptState.RETURNED, decided.note, reference
    db.session.flush()
    return receipt


def send_receipt_back(receipt_id: int, payee: Payee | None, *, decided: Decision) -> OutgoingTransfer:
    """Order the waiting rest of a receipt to be transferred back, to its payer or to ``payee`` (typed by a person).

    It stays in ``unapplied`` until the bank has paid it (``transfer_paid``). Raises ``NotFound``, ``Conflict``
    (``receipt_decided``, ``item_taken``), ``Invalid`` (``receipt_not_ours``, ``payer_unknown``, ``payee_unusable``,
    ``note_missing``).
    """
    receipt = _lock_waiting(receipt_id, decided)
    if not receipt.is_ours:
        raise Invalid("receipt_not_ours")
    to = payee or payers.payer_of(receipt)
    if to is None:
        raise Invalid("payer_unknown")
    transfer = transferring.open_transfer(
        TransferPurpose.RECEIPT_RETURN,
        Dong(receipt.amount - receipt.applied),
        to=to,
        memo=f"HOAN TRA {receipt.bank_reference}",
        key=f"receipt-{receipt.id}-{receipt.return_transfer_id or 0}",
    )
    queue.settle_item(receipt, "sent_back", decided)
    receipt.state, receipt.note, receipt.return_transfer_id = ReceiptState.RETURNING, decided.note, transfer.id
    db.session.flush()
    return transfer


def ignore_receipt(receipt_id: int, *, decided: Decision) -> BankReceipt:
    """Money on somebody else's account needs nothing of us. Posts nothing: it never was in our books.

    Raises ``NotFound``, ``Conflict`` (``receipt_decided``, ``item_taken``); ``Invalid`` (``receipt_cannot_pay``) for
    our own money, ``note_missing``.
    """
    receipt = _lock_waiting(receipt_id, decided)
    if receipt.is_ours:
        raise Invalid("receipt_cannot_pay", reason="ours")
    queue.settle_item(receipt, "ignored", decided)
    receipt.state, receipt.note = ReceiptState.IGNORED, decided.note
    db.session.flush()
    return receipt


def _store(movement: Movement) -> tuple[BankReceipt, bool]:
    ours = settings.current().collecting
    values = {
        "bank_reference": movement.bank_reference,
        "row_key": movement.row_key or None,
        "bin": movement.bin,
        "account": movement.account,
        "is_ours": (movement.bin, movement.account) == (ours.bin, ours.account),
        "amount": movement.amount,
        "applied": Dong(0),
        "memo": movement.memo,
        "payer_name": movement.payer_name,
        "payer_account": movement.payer_account,
        "payer_bin": movement.payer_bin,
        "transacted_at": movement.transacted_at,
        "received_at": clock.now(),
        "state": ReceiptState.UNAPPLIED,
        "note": "",
    }
    is_new = insert_ignoring_duplicates(BankReceipt, values, keys=["bank_reference"])
    statement = select(BankReceipt).where(BankReceipt.bank_reference == movement.bank_reference)
    return db.session.scalars(statement).one(), is_new


def _match(receipt: BankReceipt) -> tuple[Payment | None, str | None]:
    """The one payment whose code the memo carries, with the reason why it cannot be paid by this receipt."""
    codes = transfer_codes.codes_in(receipt.memo)
    if not codes:
        return None, "no_code"
    found = _asked_by(codes)
    if _holds_reserved(codes, found):
        found = _asked_by(codes)  # whoever opens the payment was waited for, or will find this receipt
    if not found:
        return None, UNKNOWN_CODE
    if len(found) > 1 or _holds_reserved(codes, found):
        return None, "two_codes"
    return found[0], None if _is_for(receipt, found[0]) else "wrong_account"


def _asked_by(codes: Sequence[str]) -> Sequence[Payment]:
    return db.session.scalars(select(Payment).where(Payment.transfer_code.in_(codes))).all()


def _holds_reserved(codes: Sequence[str], found: Sequence[Payment]) -> bool:
    """Whether one of the codes is given out, to a phone without network, and asks for no payment (yet)."""
    asked = {payment.transfer_code for payment in found}
    left = [code for code in codes if code not in asked]
    return bool(left) and purposes.hold_reserved(left)


def _is_for(receipt: BankReceipt, payment: Payment) -> bool:
    same_account = (receipt.bin, receipt.account) == (payment.payee_bin, payment.payee_account)
    return payment.rail is Rail.VIETQR and same_account


def _pay(receipt: BankReceipt, payment: Payment, amount: Dong, *, must_fit: bool) -> None:
    """Let ``amount`` of a receipt pay for a locked payment as a person decided, or refuse with the reason."""
    reason = None if _is_for(receipt, payment) else "wrong_account"
    before = receipt.applied
    reason = reason or _apply(receipt, payment, amount)
    if receipt.applied == before or (must_fit and receipt.applied != before + amount):
        raise Invalid("receipt_cannot_pay", reason=reason, payment=payment.transfer_code or payment.public_id)
    receipt.payment_id = payment.id


def _apply(receipt: BankReceipt, payment: Payment, rest: Dong) -> str | None:
    """Let ``rest`` of a receipt pay for a locked payment as far as it goes; why something of it is left, or None."""
    if payment.state is PaymentState.SETTLED:
        return "already_paid"
    missing = Dong(payment.amount - payment.received)
    is_late = payment.expires_at is not None and receipt.transacted_at > payment.expires_at
    refusal = "late" if is_late else "payment_closed"
    if settling.is_taken_back(payment):
        return "taken_back"
    if rest < missing:
        if is_late or payment.state not in OPEN_STATES:
            return refusal
        _take_part(receipt, payment, rest)
        payment.state = PaymentState.PARTIALLY_FUNDED
        db.session.flush()
        return None
    if not settling.may_settle(payment, sent_at=receipt.transacted_at):
        return refusal
    _take_part(receipt, payment, missing)
    settling.conclude(payment, occurred_at=receipt.transacted_at, is_wanted=True)
    return "over" if rest > missing else None


def _take_part(receipt: BankReceipt, payment: Payment, amount: Dong) -> None:
    now = clock.now()
    part = ReceiptApplication(receipt_id=receipt.id, payment_id=payment.id, amount=amount, applied_at=now)
    receipt.applied = Dong(receipt.applied + amount)
    payment.received = Dong(payment.received + amount)
    db.session.add(part)
    db.session.flush()
    if receipt.is_ours:
        ledger.post(
            "receipt_applied",
            ref_type="receipt_application",
            ref_id=str(part.id),
            occurred_at=receipt.transacted_at,
            lines={settling.UNAPPLIED: amount, "payment:funding": Dong(-amount)},
        )


def _left_over(receipt: BankReceipt, reason: str) -> str | None:
    return reason if receipt.applied < receipt.amount else None


def _close(
    receipt: BankReceipt, reason: str | None, *, decision: str = "applied", decided: Decision | None = None
) -> None:
    """Nothing is left and its work item is decided, or the rest waits for ``reason`` with an item of its own."""
    is_used_up = receipt.applied == receipt.amount
    receipt.state = ReceiptState.APPLIED if is_used_up else ReceiptState.UNAPPLIED
    receipt.reason = None if is_used_up else reason
    if decided is not None:
        receipt.note = decided.note
    db.session.flush()
    if is_used_up or decided is not None:
        queue.settle_item(receipt, decision, decided)
    if not is_used_up and (receipt.is_ours or receipt.payment_id is not None):
        queue.let_wait(receipt, str(reason))


def _lock_waiting(receipt_id: int, decided: Decision | None) -> BankReceipt:
    statement = select(BankReceipt).where(BankReceipt.id == receipt_id).with_for_update()
    receipt = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if receipt is None:
        raise NotFound("receipt_unknown")
    if receipt.state is not ReceiptState.UNAPPLIED:
        raise Conflict("receipt_decided")
    if decided is not None:
        queue.check_turn(receipt, decided)
    return receipt
