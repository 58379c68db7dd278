"""Read what waits, what is overdue and what is dead."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.outbox.models import OutboxMessage


@dataclass(frozen=True)
class OutboxState:
    """Counts of open and dead messages, and since when (UTC) the oldest open one is due."""

    waiting: int
    dead: int
    oldest_due_at: datetime | None


def state() -> OutboxState:
    """How the outbox stands now."""
    open_ones = (OutboxMessage.done_at.is_(None), OutboxMessage.dead_at.is_(None))
    waiting, oldest = db.session.execute(
        select(func.count(), func.min(OutboxMessage.due_at)).where(*open_ones, OutboxMessage.due_at <= clock.now())
    ).one()
    dead = db.session.scalar(select(func.count()).where(OutboxMessage.dead_at.is_not(None))) or 0
    return OutboxState(waiting=waiting, dead=dead, oldest_due_at=oldest)


def waiting_since(topic: str) -> datetime | None:
    """When the newest message of a topic was written that is neither delivered nor given up (UTC); None without one."""
    is_open = (OutboxMessage.topic == topic, OutboxMessage.done_at.is_(None), OutboxMessage.dead_at.is_(None))
    return db.session.scalar(select(func.max(OutboxMessage.created_at)).where(*is_open))


def list_dead(*, limit: int = 100) -> list[OutboxMessage]:
    """Messages that were given up, oldest first."""
    statement = select(OutboxMessage).where(OutboxMessage.dead_at.is_not(None)).order_by(OutboxMessage.id).limit(limit)
    return list(db.session.scalars(statement))
