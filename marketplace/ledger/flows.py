"""Proving the books by themselves: the audit reads outside any transaction, then keeps what it found."""

from datetime import datetime, timedelta

from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.ledger import alarms, audit_checks

#: How old the newest run may grow before the next one begins.
EVERY = timedelta(hours=1)


def audit_when_due() -> None:
    """Run the audit when the last one is an hour old. Asked often, by every worker: two at once harm nobody."""
    finished = alarms.last_finished()
    db.session.rollback()
    if finished is None or clock.now() - finished >= EVERY:
        audit_and_keep()


def audit_since(asked_at: datetime) -> None:
    """Run the audit unless one that began at ``asked_at`` (UTC) or later has finished."""
    begun = alarms.last_started()
    db.session.rollback()
    if begun is None or begun < asked_at:
        audit_and_keep()


def audit_and_keep() -> None:
    """Ask every promise now, keep the result, and raise or end alarms."""
    started = clock.now()
    findings = audit_checks.run_side_by_side()

    def write() -> None:
        with transaction():
            alarms.keep(started, findings)

    retrying(write)
