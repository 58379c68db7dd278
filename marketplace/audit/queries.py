"""Read the audit chain."""

from dataclasses import dataclass

from sqlalchemy import select

from marketplace.audit.chain import GENESIS, link_hash
from marketplace.audit.models import AuditEvent
from marketplace.core.db import db


@dataclass(frozen=True)
class ChainFault:
    """A row that does not fit: ``gap`` (an id is missing before it), ``link`` (it does not follow the row before
    it) or ``content`` (it was changed after it was written)."""

    event_id: int
    reason: str


def check_chain() -> list[ChainFault]:
    """Every fault of the chain, oldest first; an empty list when it is whole (I57)."""
    faults = []
    expected_id, previous = 1, GENESIS
    for event in db.session.scalars(select(AuditEvent).order_by(AuditEvent.id).execution_options(yield_per=500)):
        if event.id != expected_id:
            faults.append(ChainFault(event.id, "gap"))
        if event.previous_hash != previous:
            faults.append(ChainFault(event.id, "link"))
        if event.hash != link_hash(event):
            faults.append(ChainFault(event.id, "content"))
        expected_id, previous = event.id + 1, event.hash
    return faults


def head() -> tuple[int, str]:
    """Id and hash of the newest row, for keeping outside the database; ``(0, GENESIS)`` for an empty chain."""
    row = db.session.execute(select(AuditEvent.id, AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)).first()
    return (row.id, row.hash) if row else (0, GENESIS)


def list_events(object_type: str, object_id: object, *, limit: int = 100) -> list[AuditEvent]:
    """What was done to one thing, newest first."""
    statement = (
        select(AuditEvent)
        .where(AuditEvent.object_type == object_type, AuditEvent.object_id == str(object_id))
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(statement))
