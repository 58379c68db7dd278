"""Events: what happened, fixed at that moment, and one message to each webhook endpoint that asked for it."""

import json
import re
from datetime import date
from typing import Any

import sqlalchemy as sa

from marketplace.sandbox.settings import Settings
from marketplace.sandbox.store import messages, objects

from .errors import BadParameter
from .objects import PLATFORM, Body, Call, every, fresh, get, listing, owner_of, put, shown
from .params import PAGE, Flag, Kind, Many, Text, refuse_both

#: What an event is written in, unless the endpoint pins another version.
API_VERSION = "2025-09-30.clover"
_VERSION = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(\.[a-z_]+)?")

_MOST_TYPES = 20
LIST: dict[str, Kind] = {**PAGE, "type": Text(), "types": Many(Text()), "delivery_success": Flag()}


def is_version(text: str) -> bool:
    """True for a day, or a day and the name of a release: ``2024-06-20``, ``2025-09-30.clover``."""
    match = _VERSION.fullmatch(text)
    try:
        return match is not None and bool(date.fromisoformat(match[1]))
    except ValueError:
        return False


def record(call: Call, kind: str, body: Body, *, before: Body | None = None) -> Body:
    """Store the event and queue it for every enabled endpoint. ``before`` is the object's former state."""
    data: dict[str, Any] = {"object": shown(body)}
    if before is not None:
        data["previous_attributes"] = _changed(shown(before), shown(body))
    owner = owner_of(body)
    points = every(call.db, "webhook_endpoint", status="enabled")
    takers = [point for point in points if _wants(point, kind, owner)]
    event = fresh(
        "event", "evt",
        api_version=API_VERSION,
        data=data,
        pending_webhooks=len(takers),
        request={"id": call.request_id, "idempotency_key": call.idempotency_key},
        type=kind,
        _account=owner,
    )  # fmt: skip
    if owner != PLATFORM:
        event["account"] = owner
    put(call, event)
    for point in takers:
        call.db.execute(sa.insert(messages).values(_message(event, point)))
    return event


def _changed(before: Body, after: Body) -> Body:
    """What was otherwise before: changed members only, in objects too; a member that is new was null."""
    found: Body = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found |= {name: _changed(old, new)} if old != new else {}
        elif old != new:
            found[name] = old
    return found


def _wants(endpoint: Body, kind: str, owner: str) -> bool:
    """An account's events go to its own endpoints, and those of connected accounts to the platform's ``connect``
    endpoints; the default one hears all."""
    heard = owner != PLATFORM if endpoint["_connect"] else owner == owner_of(endpoint)
    if not heard and not endpoint.get("_default"):
        return False
    return "*" in endpoint["enabled_events"] or kind in endpoint["enabled_events"]


def _message(event: Body, endpoint: Body) -> dict[str, Any]:
    written = {**shown(event), "api_version": endpoint["api_version"] or event["api_version"]}
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
    return _with_pending(call, shown(get(call, "event", ref)))


def check_list(params: Any, _settings: Settings) -> None:
    """``type`` and ``types`` exclude each other; at most twenty types."""
    refuse_both(params, "type", "types", param="type")
    if len(params.get("types", ())) > _MOST_TYPES:
        raise BadParameter(f"You may ask for at most {_MOST_TYPES} types.", param="types")


def list_events(call: Call) -> Body:
    """Events, newest first: by ``type`` (``charge.*`` is a group of them), by ``types``, by ``delivery_success``."""
    where: list[sa.ColumnElement[bool]] = []
    if "type" in call.params:
        where.append(sa.func.json_extract(objects.c.body, "$.type").op("GLOB")(call.params["type"]))
    if "delivery_success" in call.params:
        undelivered = sa.exists().where(messages.c.subject == objects.c.id, messages.c.state != "delivered")
        where.append(sa.not_(undelivered) if call.params["delivery_success"] else undelivered)
    page = listing(call, "event", "/v1/events", where=where, type=call.params.get("types"))
    page["data"] = [_with_pending(call, event) for event in page["data"]]
    return page


def _with_pending(call: Call, event: Body) -> Body:
    query = sa.select(sa.func.count()).where(messages.c.subject == event["id"], messages.c.state == "waiting")
    return {**event, "pending_webhooks": call.db.execute(query).scalar_one()}
