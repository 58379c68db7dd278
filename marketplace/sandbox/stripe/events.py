"""Events: what happened, fixed at that moment, and one message to each webhook endpoint that asked for it."""

import json
from typing import Any

import sqlalchemy as sa

from marketplace.sandbox.store import messages

from .objects import PLATFORM, Body, Call, every, fresh, get, listing, put, shown
from .params import PAGE, Flag, Kind, Many, Text

#: What an event is written in, unless the endpoint pins another version.
API_VERSION = "2025-09-30.clover"

LIST: dict[str, Kind] = {**PAGE, "type": Text(), "types": Many(Text()), "delivery_success": Flag()}


def record(call: Call, kind: str, body: Body, *, before: Body | None = None) -> Body:
    """Store the event and queue it for every enabled endpoint. ``before`` is the object's former state."""
    data: dict[str, Any] = {"object": shown(body)}
    if before is not None:
        data["previous_attributes"] = {name: value for name, value in shown(before).items() if body.get(name) != value}
    owner = body.get("_account", PLATFORM)
    points = every(call.db, "webhook_endpoint", status="enabled")
    takers = [point for point in points if _wants(point, kind, is_connected=owner != PLATFORM)]
    event = fresh(
        "event", "evt",
        api_version=API_VERSION,
        data=data,
        pending_webhooks=len(takers),
        request={"id": call.request_id, "idempotency_key": call.idempotency_key},
        type=kind,
    )  # fmt: skip
    if owner != PLATFORM:
        event["account"] = owner
    put(call.db, event)
    for point in takers:
        call.db.execute(sa.insert(messages).values(_message(event, point)))
    return event


def _wants(endpoint: Body, kind: str, *, is_connected: bool) -> bool:
    """Events of connected accounts go to ``connect`` endpoints, all others to the rest; the default one hears both."""
    if endpoint["_connect"] != is_connected and not endpoint.get("_default"):
        return False
    return "*" in endpoint["enabled_events"] or kind in endpoint["enabled_events"]


def _message(event: Body, endpoint: Body) -> dict[str, Any]:
    written = {**event, "api_version": endpoint["api_version"] or event["api_version"]}
    return {
        "channel": "stripe",
        "subject": event["id"],
        "title": event["type"],
        "endpoint": endpoint["id"],
        "url": endpoint["url"],
        "body": json.dumps(written, ensure_ascii=False, indent=2),
        "created": event["created"],
        "state": "waiting",
        "tries": 0,
        "due_at": 0.0,
        "leased_until": 0.0,
    }


def retrieve(call: Call, ref: str) -> Body:
    """One event, with the number of endpoints that have not taken it yet."""
    return _with_pending(call, shown(get(call.db, "event", ref)))


def list_events(call: Call) -> Body:
    """Events, newest first, by ``type`` or ``types`` (``charge.*`` is not a type)."""
    wanted = call.params.get("types") or call.params.get("type")
    page = listing(call, "event", "/v1/events", type=wanted)
    page["data"] = [_with_pending(call, event) for event in page["data"]]
    return page


def _with_pending(call: Call, event: Body) -> Body:
    query = sa.select(sa.func.count()).where(messages.c.subject == event["id"], messages.c.state == "waiting")
    return {**event, "pending_webhooks": call.db.execute(query).scalar_one()}
