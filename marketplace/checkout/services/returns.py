"""Writing down requests to call off or send back goods, and moving them. Money and goods are the flow's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update

from marketplace.checkout import queries
from marketplace.checkout.deadlines import last_day
from marketplace.checkout.models import (
    ReturnEvent,
    ReturnKind,
    ReturnLine,
    ReturnReason,
    ReturnRequest,
    ReturnState,
)
from marketplace.checkout.return_states import RETURN_EDGES
from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict, Invalid
from marketplace.orders.models import SubOrder


@dataclass(frozen=True)
class ReturnWish:
    """What a buyer asks for: packs by id of the order line, why, and under which one-time key."""

    packs: Mapping[int, int]
    reason: ReturnReason
    note: str
    key: str


def ask_return(part: SubOrder, wish: ReturnWish, *, actor_id: int | None) -> ReturnRequest:
    """Write down a request about a parcel whose order is locked. The same key again is the same request.

    Raises ``Conflict``: ``return_not_now`` when nothing may be asked for, ``return_too_late`` after the deadline of
    the reason, ``return_packs`` for no packs of a line or more than are left, ``return_only_whole`` for a part of a
    parcel that is to be paid at the door, ``return_key_used``; ``Invalid`` (``return_nothing``) without a line.
    """
    known = queries.find_return_by_key(wish.key)
    if known is not None:
        return _same_request(known, part, wish)
    now = clock.now()
    kind = _checked(part, wish, now)
    request = ReturnRequest(
        sub_order_id=part.id,
        idempotency_key=wish.key,
        kind=kind,
        reason=wish.reason,
        note=wish.note,
        state=ReturnState.ASKED,
        asked_at=now,
        lines=[ReturnLine(order_line_id=line_id, quantity=packs) for line_id, packs in sorted(wish.packs.items())],
    )
    db.session.add(request)
    db.session.flush()
    _note(request, None, ReturnState.ASKED, actor_id)
    return request


def move_return(request: ReturnRequest, to: ReturnState, *, actor_id: int | None, answer: str = "") -> None:
    """Move a request along an allowed edge by one conditional UPDATE and write the step.

    A refusal needs an ``answer`` (``Invalid``, ``return_answer_missing``). Raises ``Conflict`` (``return_moved``)
    when the edge does not exist or somebody was quicker.
    """
    start = request.state
    if to is ReturnState.REFUSED and not answer:
        raise Invalid("return_answer_missing", field="answer")
    values: dict[str, Any] = {"state": to, **({"answer": answer} if answer else {})}
    statement = update(ReturnRequest).where(ReturnRequest.id == request.id, ReturnRequest.state == start)
    if to not in RETURN_EDGES[start] or not changed_one(statement.values(**values)):
        raise Conflict("return_moved")
    db.session.refresh(request, ["state", "answer"])
    _note(request, start, to, actor_id)


def _checked(part: SubOrder, wish: ReturnWish, now: datetime) -> ReturnKind:
    offered = queries.returnable(part, now)
    if offered is None:
        raise Conflict("return_not_now")
    if not wish.packs:
        raise Invalid("return_nothing")
    if part.delivered_at and clock.local_day_of(now) > last_day(part.delivered_at, wish.reason):
        raise Conflict("return_too_late")
    for line_id, packs in wish.packs.items():
        if not 1 <= packs <= offered.packs.get(line_id, 0):
            raise Conflict("return_packs", left=offered.packs.get(line_id, 0))
    if offered.only_whole and dict(wish.packs) != dict(offered.packs):
        raise Conflict("return_only_whole")
    return offered.kind


def _same_request(known: ReturnRequest, part: SubOrder, wish: ReturnWish) -> ReturnRequest:
    packs = {line.order_line_id: line.quantity for line in known.lines}
    if (known.sub_order_id, known.reason, packs) != (part.id, wish.reason, dict(wish.packs)):
        raise Conflict("return_key_used")
    return known


def _note(request: ReturnRequest, start: ReturnState | None, to: ReturnState, actor_id: int | None) -> None:
    db.session.add(ReturnEvent(request_id=request.id, from_state=start, to_state=to, actor_id=actor_id, at=clock.now()))
    db.session.flush()
