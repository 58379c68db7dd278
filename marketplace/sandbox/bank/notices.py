"""Notices of the bank: one message to the shop for each booking, and what may go wrong on its way.

A message's trouble is written beside it, so that it strikes this message and no other one.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from marketplace.core import clock
from marketplace.sandbox.store import attempts, messages, troubles

#: Seconds between a notice and the second one that contradicts or repeats it.
_SECOND = 3.0
#: What a changed notice says more, in dong.
_MORE = 1_000


class Way(StrEnum):
    """How a notice travels."""

    RIGHT = ""
    LOST = "lost"
    TWICE = "twice"
    CHANGED = "changed"
    FORGED = "forged"
    STALE = "stale"


#: Ways of a notice that no booking stands behind, with the fault it is carried with.
FALSE_ONES = {Way.FORGED: "bad_signature", Way.STALE: "old_time"}


def send(
    db: sa.Connection, url: str | None, notice: Mapping[str, Any], *, after: float = 0.0, way: Way = Way.RIGHT
) -> None:
    """Queue a booking's notice ``after`` seconds; nothing when there is nobody to tell."""
    if url is None:
        return
    first = _queue(db, url, notice, after)
    if way is Way.LOST:
        db.execute(sa.update(messages).where(messages.c.id == first).values(state="dropped"))
        moment = int(clock.now().timestamp())
        note = {"message": first, "at": moment, "milliseconds": 0, "status": None, "note": "lost on purpose"}
        db.execute(sa.insert(attempts).values(note))
    elif way is Way.TWICE:
        _queue(db, url, notice, after + _SECOND)
    elif way is Way.CHANGED:
        _queue(db, url, {**notice, "amount": notice["amount"] + _MORE}, after + _SECOND)
    elif way in FALSE_ONES:
        db.execute(sa.insert(troubles).values(message=first, kind=FALSE_ONES[way]))


def trouble_of(db: sa.Connection, message_id: int) -> str | None:
    """The fault that a message is always carried with, or None."""
    kind: str | None = db.execute(sa.select(troubles.c.kind).where(troubles.c.message == message_id)).scalar()
    return kind


def _queue(db: sa.Connection, url: str, notice: Mapping[str, Any], after: float) -> int:
    now = clock.now()
    made = db.execute(
        sa.insert(messages).values(
            channel="bank",
            subject=notice["id"],
            title=notice["bank_reference"],
            endpoint="bank",
            url=url,
            body=json.dumps(notice, ensure_ascii=False),
            created=int(now.timestamp()),
            state="waiting",
            tries=0,
            due_at=(now + timedelta(seconds=after)).timestamp() if after else 0.0,
            leased_until=0.0,
        )
    )
    key = made.inserted_primary_key
    assert key is not None  # noqa: S101  # a fact for the type checker: the row was just written
    return int(key[0])
