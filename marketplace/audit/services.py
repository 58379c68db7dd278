"""Write the audit chain."""

from typing import Any

from sqlalchemy import select, text

from marketplace.audit.chain import GENESIS, canonical, link_hash
from marketplace.audit.models import AuditEvent
from marketplace.core import clock
from marketplace.core.db import db

#: The chain's own advisory lock on PostgreSQL ("AUDI" as a number).
_CHAIN_LOCK = 0x41554449


def record(action: str, *, object_type: str, object_id: object, actor_id: int | None, **detail: Any) -> None:
    """Append one act to the chain, in the caller's transaction: rolled back with it, committed with it (I58).

    ``detail`` holds ids, codes and numbers, JSON-ready, never names, phones, addresses or tokens (I59).
    Call it last: on PostgreSQL it holds the chain's lock until the transaction ends.
    """
    if db.session().get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    head = db.session.execute(select(AuditEvent.id, AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)).first()
    event = AuditEvent(
        id=head.id + 1 if head else 1,
        at=clock.now(),
        actor_id=actor_id,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        detail=canonical(detail),
        previous_hash=head.hash if head else GENESIS,
    )
    event.hash = link_hash(event)
    db.session.add(event)
    db.session.flush()
