"""The queue of money that waits for a person: waiting -> taken -> decided, with a reason. An item never vanishes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.payments.models import BankReceipt, Refund, WorkItem, WorkKind, WorkState

_OPEN = (WorkState.WAITING, WorkState.TAKEN)


@dataclass(frozen=True)
class Decision:
    """Who decides, and why: ``note`` is compulsory."""

    actor_id: int
    note: str


def take_item(item_id: int, *, actor_id: int) -> WorkItem:
    """Take a waiting item: nobody else decides about it then. Taking one's own again changes nothing.

    Raises ``NotFound`` (``item_unknown``), ``Conflict`` (``item_taken``, ``item_decided``).
    """
    item = lock_item(item_id)
    if item.state is WorkState.WAITING:
        item.state, item.taken_by_id, item.taken_at = WorkState.TAKEN, actor_id, clock.now()
        db.session.flush()
    _check(item, actor_id)
    return item


def leave_item(item_id: int, *, actor_id: int) -> WorkItem:
    """Put an item that one has taken back for others. Raises as ``take_item``."""
    item = lock_item(item_id)
    _check(item, actor_id)
    item.state, item.taken_by_id, item.taken_at = WorkState.WAITING, None, None
    db.session.flush()
    return item


def close_item(item_id: int, decided: Decision, *, decision: str = "closed") -> WorkItem:
    """Decide an item that needs no posting itself: what had to be done was done, and the note says what.

    Raises as ``take_item``; ``Invalid`` (``item_needs_decision``) for unapplied money, which has to go somewhere, and
    ``note_missing``.
    """
    item = lock_item(item_id)
    if item.kind is WorkKind.UNAPPLIED:
        raise Invalid("item_needs_decision")
    _decide(item, decision, decided)
    return item


def lock_item(item_id: int) -> WorkItem:
    """The item, read afresh, its row held until the transaction ends. Raises ``NotFound`` (``item_unknown``)."""
    statement = select(WorkItem).where(WorkItem.id == item_id).with_for_update()
    item = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if item is None:
        raise NotFound("item_unknown")
    return item


def let_wait(receipt: BankReceipt, reason: str, *, kind: WorkKind = WorkKind.UNAPPLIED) -> None:
    """See that a receipt has an open item of ``kind``; ``reason`` is why it waits now."""
    item = _open_item(receipt, kind)
    if item is None:
        item = _new(kind, reason)
        item.receipt_id = receipt.id
        db.session.add(item)
    item.reason = reason
    db.session.flush()


def let_refund_wait(refund: Refund, reason: str) -> None:
    """Let a person know that a refund did not reach its payee, once per refund."""
    if db.session.scalars(select(WorkItem.id).where(WorkItem.refund_id == refund.id)).first() is None:
        item = _new(WorkKind.REFUND, reason)
        item.refund_id = refund.id
        db.session.add(item)
        db.session.flush()


def settle_item(receipt: BankReceipt, decision: str, decided: Decision | None) -> None:
    """Nothing of a receipt waits any more: its open item is decided, by a person or (None) by what the bank told.

    Raises ``Conflict`` (``item_taken``) when somebody else has taken it, ``Invalid`` (``note_missing``).
    """
    item = _open_item(receipt, WorkKind.UNAPPLIED)
    if item is not None:
        _decide(item, decision, decided)


def check_turn(receipt: BankReceipt, decided: Decision) -> None:
    """Refuse a decision about a receipt whose item somebody else has taken, or without a note."""
    item = _open_item(receipt, WorkKind.UNAPPLIED)
    if item is not None:
        _check(item, decided.actor_id)
    if not decided.note.strip():
        raise Invalid("note_missing", field="note")


def _open_item(receipt: BankReceipt, kind: WorkKind) -> WorkItem | None:
    where = (WorkItem.receipt_id == receipt.id, WorkItem.kind == kind, WorkItem.state.in_(_OPEN))
    statement = select(WorkItem).where(*where).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def _decide(item: WorkItem, decision: str, decided: Decision | None) -> None:
    now: datetime = clock.now()
    values: dict[str, Any] = {"state": WorkState.DECIDED, "decision": decision, "decided_at": now}
    if decided is not None:
        _check(item, decided.actor_id)
        if not decided.note.strip():
            raise Invalid("note_missing", field="note")
        values |= {"decided_by_id": decided.actor_id, "note": decided.note}
        values |= {"taken_by_id": decided.actor_id, "taken_at": item.taken_at or now}
    where = (WorkItem.id == item.id, WorkItem.state.in_(_OPEN))
    db.session.execute(update(WorkItem).where(*where).values(**values).execution_options(synchronize_session=False))
    db.session.refresh(item)


def _check(item: WorkItem, actor_id: int) -> None:
    if item.state is WorkState.DECIDED:
        raise Conflict("item_decided")
    if item.taken_by_id not in (None, actor_id):
        raise Conflict("item_taken")


def _new(kind: WorkKind, reason: str) -> WorkItem:
    return WorkItem(kind=kind, reason=reason, state=WorkState.WAITING, note="", created_at=clock.now())
