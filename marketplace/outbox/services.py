"""Write messages and move them on. A message commits with the fact that it announces."""

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from marketplace.core import clock
from marketplace.core.db import changed_one, db, insert_ignoring_duplicates
from marketplace.core.errors import NotFound
from marketplace.outbox.models import OutboxMessage

#: How long a worker may take for one message before another may take it over.
LEASE = timedelta(seconds=60)
#: After this many tries a message is dead and waits for a person (about eight hours after the first).
MOST_TRIES = 12


@dataclass(frozen=True)
class Leased:
    """A message that this worker may deliver until ``until``; the ``until`` is also its proof of ownership."""

    id: int
    topic: str
    payload: dict[str, Any]
    attempts: int
    until: datetime


def enqueue(topic: str, payload: dict[str, Any], *, key: str, due_at: datetime | None = None) -> None:
    """Write a message in the caller's transaction, once per ``key``; a twin changes nothing (I64).

    ``payload`` is JSON of ids and codes. The handler of ``topic`` gets it after the commit, at least once,
    not before ``due_at`` (UTC, by default at once).
    """
    now = clock.now()
    text = json.dumps(payload, sort_keys=True, ensure_ascii=False, allow_nan=False)
    values = {"key": key, "topic": topic, "payload": text, "created_at": now, "due_at": due_at or now, "attempts": 0}
    insert_ignoring_duplicates(OutboxMessage, values, keys=["key"])


def lease_next(topics: list[str]) -> Leased | None:
    """Take the oldest due message of ``topics`` that nobody holds; None when there is none.

    The try is counted now, so that a message that kills its worker dies in the end, too. The one is named by a scalar
    subquery, which is asked once: ``IN`` may be planned as a join that asks it again for every row, and each time it
    finds the next message, so that all are leased and one is delivered.
    """
    now = clock.now()
    free = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.done_at.is_(None),
            OutboxMessage.dead_at.is_(None),
            OutboxMessage.due_at <= now,
            (OutboxMessage.leased_until.is_(None)) | (OutboxMessage.leased_until <= now),
            OutboxMessage.topic.in_(topics),
        )
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = db.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == free)
        .values(leased_until=now + LEASE, attempts=OutboxMessage.attempts + 1)
        .returning(OutboxMessage.id, OutboxMessage.topic, OutboxMessage.payload, OutboxMessage.attempts)
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:
        return None
    return Leased(row.id, row.topic, json.loads(row.payload), row.attempts, now + LEASE)


def mark_done(message: Leased) -> bool:
    """Close a delivered message; False when the lease ran out and somebody else holds it now."""
    return _if_still_ours(message, done_at=clock.now(), leased_until=None, last_error=None)


def mark_failed(message: Leased, reason: str) -> bool:
    """Put a message back for a later try (delay doubles up to an hour, with jitter), or bury it after the last.

    ``reason`` names the kind of fault, never personal data. False when the lease was lost.
    """
    now = clock.now()
    values: dict[str, Any] = {"leased_until": None, "last_error": reason[:500]}
    if message.attempts >= MOST_TRIES:
        values["dead_at"] = now
    else:
        values["due_at"] = now + delay_after(message.attempts)
    return _if_still_ours(message, **values)


def delay_after(attempts: int) -> timedelta:
    """How long to wait after so many failed tries: 5 s, 10 s, 20 s … one hour, of which up to a half is chance."""
    longest = min(5 * 2 ** (attempts - 1), 3600)
    return timedelta(seconds=longest * random.uniform(0.5, 1))


def revive(message_id: int) -> None:
    """Let a dead message be tried again from now on, with all its tries. Raises ``NotFound``."""
    found = changed_one(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.dead_at.is_not(None))
        .values(dead_at=None, attempts=0, due_at=clock.now(), leased_until=None)
    )
    if not found:
        raise NotFound("message_unknown")


def _if_still_ours(message: Leased, **values: Any) -> bool:
    statement = update(OutboxMessage).where(
        OutboxMessage.id == message.id,
        OutboxMessage.leased_until == message.until,
        OutboxMessage.attempts == message.attempts,
        OutboxMessage.done_at.is_(None),
    )
    return changed_one(statement.values(**values))
