"""Messages of gateway and bank that changed nothing: what each one said, and what became of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from marketplace.accounts.models import User
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.payments.models import EventDecision, EventSource, GatewayEvent, Payment
from marketplace.settlement.queries.abouts import About, abouts_of

#: Reasons that a person has to look at; the others are ordinary (not needed, older than what we know).
ALARMS = (
    "unknown_payment",
    "unknown_refund",
    "other_intent",
    "other_refund",
    "wrong_amount",
    "wrong_currency",
    "unreadable",
    "dispute",
    "outgoing",
    "reference_reused",
    "event_id_reused",
    "bad_signature",
    "late_refunded",
)
_MOST = 100
_CLOSED_SINCE = timedelta(days=30)


@dataclass(frozen=True)
class Said:
    """What a message says about money, as far as it can be read. ``amount`` counts in ``currency``'s smallest unit."""

    amount: int | None = None
    currency: str = ""
    reference: str = ""
    memo: str = ""
    payer: str = ""

    @property
    def is_dong(self) -> bool:
        """Whether the amount is dong; a bank's notice always is unless it says otherwise."""
        return self.currency in ("", "VND")


@dataclass(frozen=True)
class Ignored:
    """A message that changed nothing. ``before``: what the first message of the same number said; ``payment`` and
    ``about``: the payment that it named, and what that is about.
    """

    event: GatewayEvent
    said: Said
    before: Said | None
    payment: Payment | None
    about: About | None


@dataclass(frozen=True)
class ClosedEvent:
    """A message that a person has dealt with: who, and the decision with its moment and note."""

    event: GatewayEvent
    decision: EventDecision
    person: str


def event_alarms() -> ColumnElement[bool]:
    """SQL clause: an event that changed nothing for a reason that a person has to look at, and nobody has closed."""
    is_closed = select(EventDecision.id).where(EventDecision.event_id == GatewayEvent.id).exists()
    return and_(GatewayEvent.ignored_reason.in_(ALARMS), ~is_closed)


def alarming_events() -> list[Ignored]:
    """Events and notices that changed nothing and should not be overlooked, newest first."""
    statement = select(GatewayEvent).where(event_alarms()).order_by(GatewayEvent.received_at.desc()).limit(_MOST)
    return told(db.session.scalars(statement).all())


def count_alarming_events() -> int:
    """How many such messages nobody has closed."""
    return int(db.session.scalar(select(func.count()).select_from(GatewayEvent).where(event_alarms())) or 0)


def closed_events() -> list[ClosedEvent]:
    """Messages that somebody has closed in the last thirty days, newest first."""
    statement = (
        select(EventDecision, GatewayEvent, User.name)
        .join(EventDecision.event)
        .join(User, User.id == EventDecision.decided_by_id)
        .where(EventDecision.decided_at >= clock.now() - _CLOSED_SINCE)
        .order_by(EventDecision.decided_at.desc(), EventDecision.id.desc())
        .limit(_MOST)
    )
    return [ClosedEvent(event, decision, name) for decision, event, name in db.session.execute(statement)]


def told(events: Sequence[GatewayEvent]) -> list[Ignored]:
    """What each of these messages said, with the payment that it named."""
    named = {event.payment_id for event in events} - {None}
    payments = {row.id: row for row in db.session.scalars(select(Payment).where(Payment.id.in_(named)))}
    abouts = abouts_of(named)
    first = _first_of(events)
    return [
        Ignored(
            event,
            said_by(event),
            said_by(first[event.id]) if event.id in first else None,
            payments.get(event.payment_id or 0),
            abouts.get(event.payment_id or 0),
        )
        for event in events
    ]


def said_by(event: GatewayEvent) -> Said:
    """What the body of an event says about money; nothing where it cannot be read."""
    try:
        body = json.loads(event.body)
    except ValueError:
        return Said()
    if not isinstance(body, dict):
        return Said()
    if event.source is EventSource.BANK:
        return Said(
            _whole(body, "amount"),
            _text(body, "currency"),
            _text(body, "bank_reference"),
            _text(body, "memo"),
            _text(body, "payer_name"),
        )
    data = body.get("data")
    found = data.get("object") if isinstance(data, dict) else None
    found = found if isinstance(found, dict) else {}
    return Said(_whole(found, "amount"), _text(found, "currency").upper(), _text(found, "id"))


def _first_of(events: Sequence[GatewayEvent]) -> dict[int, GatewayEvent]:
    """By id of a message whose number had come before with another content: that first message."""
    numbers = {event.id: event.event_id.rpartition("#")[0] for event in events if "#" in event.event_id}
    statement = select(GatewayEvent).where(GatewayEvent.event_id.in_(set(numbers.values())))
    known = {(row.source, row.event_id): row for row in db.session.scalars(statement)}
    pairs = ((event.id, known.get((event.source, numbers[event.id]))) for event in events if event.id in numbers)
    return {event_id: first for event_id, first in pairs if first is not None}


def _whole(body: dict[str, Any], name: str) -> int | None:
    value = body.get(name)
    return value if type(value) is int else None


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    return value[:200] if isinstance(value, str) else ""
