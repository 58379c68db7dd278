"""Money that we order our bank to pay: ordered once, booked once, and heard of by one function whoever tells it."""

import re
import secrets
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select, update

from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.outbox import services as outbox
from marketplace.payments import limits, settings, transfers
from marketplace.payments.bank import OrderedTransfer
from marketplace.payments.models import OutgoingTransfer, Rail, TransferPurpose, TransferState
from marketplace.payments.movements import ROW_KEY, Movement
from marketplace.payments.settings import Payee

SEND_TRANSFER = "payments.send_transfer"
COLLECTING = "bank:collecting"
_OPEN = (TransferState.CREATED, TransferState.SENT)
_BIN = re.compile(r"[0-9]{6}", re.ASCII)
_ACCOUNT = re.compile(r"[A-Za-z0-9]{1,19}", re.ASCII)
_LONGEST_MEMO: Final = 140


def open_transfer(purpose: TransferPurpose, amount: Dong, *, to: Payee, memo: str, key: str) -> OutgoingTransfer:
    """Order ``amount`` dong to be paid from the collecting account; it is sent after the commit. Posts nothing yet.

    The same ``key`` (at most 64 characters) again is the same transfer. Raises ``Conflict`` (``transfer_key_used``)
    when the key ordered something else, ``Invalid``: ``payment_amount_too_low``, ``transfer_amount_too_high`` (a bank
    carries less than 500 million dong at once), ``payee_unusable``.
    """
    known = db.session.scalars(select(OutgoingTransfer).where(OutgoingTransfer.idempotency_key == key)).one_or_none()
    if known is not None:
        wanted = (purpose, amount, to.bin, to.account)
        if (known.purpose, known.amount, known.payee_bin, known.payee_account) != wanted:
            raise Conflict("transfer_key_used")
        return known
    limits.check(Rail.VIETQR, amount)
    if not is_usable(to):
        raise Invalid("payee_unusable")
    transfer = OutgoingTransfer(
        public_id=secrets.token_hex(12),
        purpose=purpose,
        amount=amount,
        payee_bin=to.bin,
        payee_account=to.account,
        payee_name=to.name[:120],
        memo=memo[:_LONGEST_MEMO],
        state=TransferState.CREATED,
        idempotency_key=key,
        created_at=clock.now(),
    )
    db.session.add(transfer)
    db.session.flush()
    outbox.enqueue(SEND_TRANSFER, {"transfer": transfer.public_id}, key=f"{SEND_TRANSFER}:{transfer.public_id}")
    return transfer


def is_usable(payee: Payee) -> bool:
    """Whether a bank could pay there: six digits of BIN, an account without masks, and not our own account."""
    ours = settings.current().collecting
    is_well_formed = bool(_BIN.fullmatch(payee.bin) and _ACCOUNT.fullmatch(payee.account))
    return is_well_formed and (payee.bin, payee.account) != (ours.bin, ours.account)


def hear_transfer(public_id: str, told: OrderedTransfer) -> str | None:
    """Take over what the bank says about a transfer. Never moves one backwards, so the order of news does not matter.

    Returns None, or why nothing changed: ``wrong_amount``, ``other_transfer`` (another booking carries our key).
    Raises ``NotFound`` (``transfer_unknown``).
    """
    transfer = lock_transfer(OutgoingTransfer.public_id == public_id)
    if transfer is None:
        raise NotFound("transfer_unknown")
    problem = _mismatch(transfer, told.bank_reference, told.amount)
    if problem is not None:
        return problem
    _note_sent(transfer, told.bank_reference)
    if told.state == "failed":
        fail_transfer(transfer, code=told.failure or "refused")
    elif told.state in ("succeeded", "returned"):
        _succeed(transfer, told.booked_at or clock.now())
    if told.state == "returned":
        _come_back(transfer, told.returned_at or clock.now(), told.return_reference)
    return None


def hear_outgoing(movement: Movement) -> OutgoingTransfer | None:
    """A booking that took money from our account: the transfer that it carries out, or None when it is none of ours.

    Found by the bank's reference, or by our key where the bank repeats it.
    """
    if not _is_ours(movement):
        return None
    by_reference = OutgoingTransfer.bank_reference == movement.bank_reference
    by_key = OutgoingTransfer.idempotency_key == movement.client_reference
    transfer = lock_transfer(or_(by_reference, by_key) if movement.client_reference else by_reference)
    if transfer is None or _mismatch(transfer, movement.bank_reference, movement.amount) is not None:
        return None
    _note_sent(transfer, movement.bank_reference)
    _succeed(transfer, movement.transacted_at)
    return transfer


def hear_return(movement: Movement) -> OutgoingTransfer | None:
    """A booking that brought money back: the transfer that it returns, or None when it is an ordinary receipt.

    It names the first booking as a member of its own or, where a bank writes it there, in the memo; amount and
    account have to be the same.
    """
    if not _is_ours(movement):
        return None
    known = lock_transfer(OutgoingTransfer.return_reference == movement.bank_reference)
    if known is not None:
        return known
    named = {movement.related_reference, *movement.memo.split()} - {""}
    transfer = lock_transfer(OutgoingTransfer.bank_reference.in_(sorted(named)[:40]))
    if transfer is None or transfer.amount != movement.amount:
        return None
    if movement.payer_account not in ("", transfer.payee_account):
        return None
    if transfer.state is TransferState.RETURNED:
        return transfer if _is_same_return(transfer, movement) else None
    _succeed(transfer, movement.transacted_at)
    return transfer if _come_back(transfer, movement.transacted_at, movement.bank_reference) else None


def _is_same_return(transfer: OutgoingTransfer, movement: Movement) -> bool:
    """Whether a return that is known without the bank's reference is told again with one, or the other way round."""
    if transfer.return_reference is None:
        transfer.return_reference = movement.bank_reference
        db.session.flush()
        return True
    return transfer.return_reference.startswith(ROW_KEY) == movement.is_named


def fail_transfer(transfer: OutgoingTransfer, *, code: str) -> bool:
    """The bank will not carry it out: nothing was paid, and its owner hears of it. False when it is not open."""
    if not _move(transfer, TransferState.FAILED, among=_OPEN, last_error=code[:80]):
        return False
    transfers.handler_of(transfer).on_failed(transfer)
    return True


def lock_transfer(condition: Any) -> OutgoingTransfer | None:
    """The transfer that meets ``condition``, read afresh, its row held until the transaction ends; or None."""
    statement = select(OutgoingTransfer).where(condition).order_by(OutgoingTransfer.id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).first()


def _succeed(transfer: OutgoingTransfer, occurred_at: datetime) -> bool:
    """Post ``transfer_paid`` (fact: the transfer): the owner's account + amount, ``bank:collecting`` - amount."""
    if not _move(transfer, TransferState.SUCCEEDED, among=_OPEN, done_at=occurred_at):
        return False
    handler = transfers.handler_of(transfer)
    ledger.post(
        "transfer_paid",
        ref_type="outgoing_transfer",
        ref_id=transfer.public_id,
        occurred_at=occurred_at,
        lines={handler.account(transfer): transfer.amount, COLLECTING: Dong(-transfer.amount)},
    )
    handler.on_succeeded(transfer, occurred_at)
    return True


def _come_back(transfer: OutgoingTransfer, occurred_at: datetime, reference: str) -> bool:
    """Reverse the posting of a transfer whose money came back; its owner hears of it."""
    values = {"returned_at": occurred_at, "return_reference": reference or None}
    if not _move(transfer, TransferState.RETURNED, among=(TransferState.SUCCEEDED,), **values):
        return False
    entry = ledger_queries.find_entry("transfer_paid", ref_type="outgoing_transfer", ref_id=transfer.public_id)
    if entry is not None:
        ledger.reverse(entry, occurred_at=occurred_at)
    transfers.handler_of(transfer).on_returned(transfer, occurred_at)
    return True


def _note_sent(transfer: OutgoingTransfer, bank_reference: str) -> None:
    if transfer.bank_reference is None:
        transfer.bank_reference = bank_reference
    if transfer.state is TransferState.CREATED:
        transfer.state, transfer.sent_at = TransferState.SENT, clock.now()
    db.session.flush()


def _mismatch(transfer: OutgoingTransfer, bank_reference: str, amount: Dong) -> str | None:
    if transfer.bank_reference not in (None, bank_reference):
        return "other_transfer"
    return None if transfer.amount == amount else "wrong_amount"


def _is_ours(movement: Movement) -> bool:
    ours = settings.current().collecting
    return (movement.bin, movement.account) == (ours.bin, ours.account)


def _move(transfer: OutgoingTransfer, state: TransferState, *, among: tuple[TransferState, ...], **values: Any) -> bool:
    db.session.flush()
    statement = update(OutgoingTransfer).where(OutgoingTransfer.id == transfer.id, OutgoingTransfer.state.in_(among))
    is_moved = changed_one(statement.values(state=state, **values))
    db.session.refresh(transfer)
    return is_moved
