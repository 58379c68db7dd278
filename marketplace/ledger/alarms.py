"""What the audit found, kept: each run, and an alarm per broken promise that stays until it is kept again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict
from marketplace.ledger import audit_checks
from marketplace.ledger.audit_checks import Finding
from marketplace.ledger.models import Alarm, AuditRun

#: An audit that has not finished for so long is an alarm of its own.
OVERDUE_AFTER = timedelta(hours=2)
_RUNS_ARE_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class OpenAlarm:
    """A promise that is broken now: its words, at most twenty offenders, and what a person said of it."""

    id: int
    name: str
    promise: str
    offenders: Sequence[dict[str, Any]]
    first_seen_at: datetime
    last_seen_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: int | None
    reason: str


@dataclass(frozen=True)
class Standing:
    """How the books stand: when the audit last finished, whether that is too long ago, and the open alarms."""

    finished_at: datetime | None
    is_overdue: bool
    alarms: Sequence[OpenAlarm]

    @property
    def waits(self) -> int:
        """How many alarms nobody has looked at yet, the one about a missing audit included."""
        return sum(alarm.acknowledged_at is None for alarm in self.alarms) + self.is_overdue


def standing() -> Standing:
    """What the operator must know of the audit."""
    finished = last_finished()
    is_overdue = finished is None or clock.now() - finished > OVERDUE_AFTER
    statement = select(Alarm).where(Alarm.ended_at.is_(None)).order_by(Alarm.first_seen_at, Alarm.name)
    promises = {check.name: check.promise for check in audit_checks.checks()}
    return Standing(finished, is_overdue, [_shown(alarm, promises) for alarm in db.session.scalars(statement)])


def last_finished() -> datetime | None:
    """When an audit finished last (UTC), or None."""
    return db.session.scalar(select(func.max(AuditRun.finished_at)))


def last_started() -> datetime | None:
    """When the newest audit that has finished began (UTC), or None."""
    return db.session.scalar(select(func.max(AuditRun.started_at)))


def keep(started_at: datetime, findings: Sequence[Finding]) -> None:
    """Write down a run that is finished now: raise or renew the alarms of broken promises, end those of kept ones.

    An alarm that a person acknowledged keeps that while it is broken; when it breaks anew it is a new alarm.
    """
    now = clock.now()
    broken = {finding.check.name: _as_json(finding.rows) for finding in findings}
    run = AuditRun(started_at=started_at, finished_at=now, asked=len(audit_checks.checks()), findings=_as_json(broken))
    db.session.add(run)
    db.session.execute(delete(AuditRun).where(AuditRun.finished_at < now - _RUNS_ARE_KEPT))
    known = {alarm.name: alarm for alarm in db.session.scalars(select(Alarm).where(Alarm.ended_at.is_(None)))}
    for name, alarm in known.items():
        if name in broken:
            alarm.offenders, alarm.last_seen_at = broken[name], now
        else:
            alarm.ended_at = now
    for name in broken.keys() - known.keys():
        db.session.add(Alarm(name=name, offenders=broken[name], first_seen_at=now, last_seen_at=now))
    db.session.flush()


def acknowledge(alarm_id: int, *, reason: str, actor_id: int) -> None:
    """Somebody has seen an open alarm and says why it is there. It stays open. Raises ``Conflict`` (``alarm_over``)."""
    still_open = update(Alarm).where(Alarm.id == alarm_id, Alarm.ended_at.is_(None))
    seen = still_open.values(acknowledged_at=clock.now(), acknowledged_by=actor_id, reason=reason)
    if not changed_one(seen, synchronize="auto"):
        raise Conflict("alarm_over")


def _shown(alarm: Alarm, promises: dict[str, str]) -> OpenAlarm:
    return OpenAlarm(
        id=alarm.id,
        name=alarm.name,
        promise=promises.get(alarm.name, ""),
        offenders=json.loads(alarm.offenders),
        first_seen_at=alarm.first_seen_at,
        last_seen_at=alarm.last_seen_at,
        acknowledged_at=alarm.acknowledged_at,
        acknowledged_by=alarm.acknowledged_by,
        reason=alarm.reason,
    )


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
