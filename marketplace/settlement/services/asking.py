"""Asking the worker for an audit of the books: it takes longer than a page may."""

from datetime import datetime
from typing import Final

from marketplace.audit import services as audit
from marketplace.core import clock
from marketplace.outbox import queries as outbox_queries
from marketplace.outbox import services as outbox

AUDIT_NOW: Final = "settlement.audit_now"


def ask_for_audit(*, actor_id: int) -> None:
    """Let the worker prove the books as soon as it can. Asked twice in one minute is asked once."""
    now = clock.now()
    outbox.enqueue(AUDIT_NOW, {"asked_at": now.isoformat()}, key=f"{AUDIT_NOW}:{now:%Y-%m-%dT%H:%M}")
    audit.record("audit.asked", object_type="ledger_audit", object_id=0, actor_id=actor_id)


def audit_asked_at() -> datetime | None:
    """When somebody asked for an audit that the worker has not done yet; None when none is waited for."""
    return outbox_queries.waiting_since(AUDIT_NOW)
