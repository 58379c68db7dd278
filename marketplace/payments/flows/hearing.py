"""News from the gateway and the bank: the event and its whole effect are one transaction, or neither is."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError

from marketplace.core import clock
from marketplace.core.cardnumbers import mask_card_numbers
from marketplace.core.db import db, retrying, transaction
from marketplace.payments import gateway, queries, services
from marketplace.payments.errors import GatewayUnknown
from marketplace.payments.gateway import Intent
from marketplace.payments.models import EventSource, GatewayEvent
from marketplace.payments.movements import Movement, MovementIn
from marketplace.payments.services import StoredEvent, Told

NOT_NEEDED = "not_needed"
_INTENT_EVENTS = "payment_intent."
_REFUND_EVENTS = ("refund.", "charge.refund.")


@dataclass(frozen=True)
class Heard:
    """What became of a message: whether it was new, why it changed nothing, whether it contradicts an earlier one."""

    is_new: bool
    ignored: str | None = None
    contradicts: bool = False


class Unreadable(Exception):
    """A rightly signed message that is no event: answered with 400, nothing of it is kept."""


def hear_gateway(body: bytes) -> Heard:
    """Take over one event of the gateway from its raw body, once per event id. Raises ``Unreadable``."""
    event = _json_object(body)
    event_id, kind, data = event.get("id"), event.get("type"), event.get("data")
    found = data.get("object") if isinstance(data, dict) else None
    if not (isinstance(event_id, str) and 0 < len(event_id) <= 80 and isinstance(kind, str)):
        raise Unreadable
    if not (event_id + kind).isprintable():  # a NUL or half a character would not pass the database
        raise Unreadable
    if event.get("object") != "event" or not isinstance(found, dict):
        raise Unreadable
    occurred_at = _moment(event.get("created"))
    return _hear(
        lambda: services.store_event(EventSource.STRIPE, event_id, kind=kind, body=body),
        lambda: _follow_gateway(kind, found, occurred_at),
    )


def apply_bank_notice(body: bytes) -> Heard:
    """Take over one notice of the bank from its raw body, once per notice id. Raises ``Unreadable``."""
    notice = _json_object(body)
    try:
        movement = MovementIn().load(notice)
    except ValidationError as error:
        raise Unreadable from error
    kept = _without_card_numbers(notice)
    return _hear(
        lambda: services.store_event(EventSource.BANK, movement.id, kind=movement.direction, body=body, kept=kept),
        lambda: services.follow_movement(movement),
    )


def note_refusal(source: EventSource, reason: str) -> None:
    """Keep, once a day, that a message was refused; strangers who knock again write nothing."""
    if queries.was_refused_today(source, reason):
        return

    def write() -> None:
        with transaction():
            services.note_refusal(source, reason)

    retrying(write)


def settle_from_gateway(intent: Intent, *, occurred_at: datetime) -> Told:
    """Make the state of an intent true here, in its own transaction: the start of a payment and the reconciler."""

    def write() -> Told:
        with transaction():
            return services.apply_intent(intent, occurred_at=occurred_at)

    return retrying(write)


def apply_movement(movement: Movement) -> Told:
    """Make a line of a statement true here, in its own transaction, as a notice would."""

    def write() -> Told:
        with transaction():
            return services.follow_movement(movement)

    return retrying(write)


def _hear(store: Callable[[], StoredEvent], follow: Callable[[], Told]) -> Heard:
    def write() -> Heard:
        with transaction():
            stored = store()
            if stored.contradicts or not stored.is_new:
                return Heard(stored.is_new, stored.event.ignored_reason, stored.contradicts)
            told = follow()
            _mark(stored.event, told)
            return Heard(is_new=True, ignored=told.ignored)

    return retrying(write)


def _mark(event: GatewayEvent, told: Told) -> None:
    event.payment_id = told.payment_id
    event.ignored_reason = told.ignored
    if told.ignored is None:
        event.applied_at = clock.now()
    db.session.flush()


def _follow_gateway(kind: str, found: dict[str, Any], occurred_at: datetime) -> Told:
    try:
        if kind.startswith(_INTENT_EVENTS):
            return services.apply_intent(gateway.read_intent(found), occurred_at=occurred_at)
        if kind.startswith(_REFUND_EVENTS):
            return services.apply_refund(gateway.read_refund(found), occurred_at=occurred_at)
    except GatewayUnknown:
        return Told(None, "unreadable")
    return Told(None, "dispute" if kind.startswith("charge.dispute.") else NOT_NEEDED)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        text = body.decode()
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(found, dict) or "\x00" in text:
        raise Unreadable
    return found


def _moment(created: Any) -> datetime:
    if type(created) is not int or not 0 < created < 2**33:
        raise Unreadable
    return datetime.fromtimestamp(created, UTC)


def _without_card_numbers(notice: dict[str, Any]) -> bytes | None:
    """The notice to be kept when a payer wrote a card number into its free texts (S72), else None."""
    texts = {name: notice[name] for name in ("memo", "payer_name") if isinstance(notice.get(name), str)}
    masked = {name: mask_card_numbers(text) for name, text in texts.items()}
    return None if masked == texts else json.dumps({**notice, **masked}, ensure_ascii=False).encode()
