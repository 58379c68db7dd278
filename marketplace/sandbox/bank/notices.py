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
#: What a changed notice says more, or a misstated one than the statement, in dong.
MORE = 1_000


class Way(StrEnum):
    """How a notice travels."""

    RIGHT = ""
    LOST = "lost"
    TWICE = "twice"
    CHANGED = "changed"
    FORGED = "forged"
    STALE = "stale"
    UNREACHED = "unreached"
    UNANSWERED = "unanswered"
    UNBOOKED = "unbooked"
    MISSTATED = "misstated"


#: Ways of a notice that is never carried rightly, with the fault it is carried with each time.
FALSE_ONES = {Way.FORGED: "bad_signature", Way.STALE: "old_time"}
#: Ways of a notice whose first try goes wrong, with that fault; then it is carried rightly.
_FIRST_TRIES = {Way.UNREACHED: "unreached", Way.UNANSWERED: "unanswered"}
_TROUBLES = {**FALSE_ONES, **_FIRST_TRIES}


def send(
    db: sa.Connection, url: str | None, notice: Mapping[str, Any], *, after: float = 0.0, way: Way = Way.RIGHT
) -> None:
    """Queue a booking's notice ``after`` seconds; nothing when there is nobody to tell."""
    if url is None:
        return
    told = {**notice, "amount": notice["amount"] + MORE} if way is Way.MISSTATED else notice
    first = _queue(db, url, told, after)
    if way is Way.LOST:
        db.execute(sa.update(messages).where(messages.c.id == first).values(state="dropped"))
        moment = int(clock.now().timestamp())
        note = {"message": first, "at": moment, "milliseconds": 0, "status": None, "note": "lost on purpose"}
        db.execute(sa.insert(attempts).values(note))
    elif way is Way.TWICE:
        _queue(db, url, notice, after + _SECOND)
    elif way is Way.CHANGED:
        _queue(db, url, {**notice, "amount": notice["amount"] + MORE}, after + _SECOND)
    elif way in _TROUBLES:
        db.execute(sa.insert(troubles).values(message=first, kind=_TROUBLES[way]))


def trouble_of(db: sa.Connection, message_id: int, *, tries: int) -> str | None:
    """The fault that a message, tried so often before, is carried with now, or None."""
    kind: str | None = db.execute(sa.select(troubles.c.kind).where(troubles.c.message == message_id)).scalar()
    return None if tries and kind in _FIRST_TRIES.values() else kind


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
