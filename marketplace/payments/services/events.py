"""Events are kept as they came, once per id (I26)."""

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, insert_ignoring_duplicates
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.payments.models import EventDecision, EventSource, GatewayEvent
from marketplace.payments.services.queue import Decision

REUSED_ID = "event_id_reused"


@dataclass(frozen=True)
class StoredEvent:
    """An event's row; ``is_new`` when it came for the first time, ``contradicts`` when its id had another body."""

    event: GatewayEvent
    is_new: bool
    contradicts: bool = False


def store_event(
    source: EventSource, event_id: str, *, kind: str, body: bytes, kept: bytes | None = None
) -> StoredEvent:
    """Keep an event. The same id with another content is kept beside the first, as an alarm for the operator; members
    in another order, or other blanks between them, are the same content.

    ``kept``: what is written down in place of ``body`` where that holds a card number; the hash is of what came.
    """
    digest = hashlib.sha256(body).hexdigest()
    body = body if kept is None else kept
    event, is_new = _insert(source, event_id, kind=kind, body=body, digest=digest)
    if is_new or event.body_hash == digest or _content(event.body) == _content(body.decode()):
        return StoredEvent(event, is_new=is_new)
    alarm, alarm_is_new = _insert(source, f"{event_id[:60]}#{digest[:16]}", kind=kind, body=body, digest=digest)
    alarm.ignored_reason = REUSED_ID
    db.session.flush()
    return StoredEvent(alarm, is_new=alarm_is_new, contradicts=True)


def note_refusal(source: EventSource, reason: str) -> None:
    """Let the operator see that messages of ``source`` were refused today (Vietnam's day): one row a day, no body."""
    event_id = f"refused-{reason}-{clock.today():%Y-%m-%d}"
    event, _is_new = _insert(source, event_id, kind="refused", body=b"", digest=hashlib.sha256(b"").hexdigest())
    event.ignored_reason = reason
    db.session.flush()


def close_event(event_id: int, decided: Decision) -> None:
    """A person has dealt with an event that changed nothing; why is kept with it. Nothing else changes.

    Raises ``NotFound`` (``event_unknown``; also for one that changed something), ``Conflict`` (``event_closed``),
    ``Invalid`` (``note_missing``).
    """
    event = db.session.get(GatewayEvent, event_id)
    if event is None or event.ignored_reason is None:
        raise NotFound("event_unknown")
    if not decided.note.strip():
        raise Invalid("note_missing", field="note")
    values = {
        "event_id": event_id,
        "note": decided.note,
        "decided_by_id": decided.actor_id,
        "decided_at": clock.now(),
    }
    if not insert_ignoring_duplicates(EventDecision, values, keys=["event_id"]):
        raise Conflict("event_closed")


def _content(body: str) -> str:
    """A body of JSON as every sender would write it, so that 1, 1.0 and true stay apart."""
    return json.dumps(json.loads(body), sort_keys=True)


def _insert(
    source: EventSource,
    event_id: str,
    *,
    kind: str,
    body: bytes,
    digest: str,
) -> tuple[GatewayEvent, bool]:
    values = {
        "source": source,
        "event_id": event_id,
        "type": kind[:80],
        "body": body.decode(),
        "body_hash": digest,
        "received_at": clock.now(),
    }
    is_new = insert_ignoring_duplicates(GatewayEvent, values, keys=["source", "event_id"])
    statement = select(GatewayEvent).where(GatewayEvent.source == source, GatewayEvent.event_id == event_id)
    return db.session.scalars(statement).one(), is_new
