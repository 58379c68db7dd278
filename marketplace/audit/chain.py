"""How one row of the chain holds the next: canonical JSON and its hash."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from marketplace.audit.models import AuditEvent

#: What stands before the first row.
GENESIS = "0" * 64


def canonical(value: Any) -> str:
    """JSON that is the same text for the same value: sorted keys, no blanks, letters as they are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def link_hash(event: AuditEvent) -> str:
    """SHA-256 over the previous hash and the canonical JSON of the row, in hex (I57)."""
    row = {
        "id": event.id,
        "at": _moment(event.at),
        "actor_id": event.actor_id,
        "action": event.action,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "detail": event.detail,
    }
    return hashlib.sha256((event.previous_hash + canonical(row)).encode()).hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
