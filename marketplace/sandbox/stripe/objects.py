"""The cupboard of Stripe objects: put, get, list newest first, expand. ``Call`` is one request as endpoints see it."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import sqlalchemy as sa

from marketplace.core import clock
from marketplace.sandbox.ids import new_id
from marketplace.sandbox.settings import Settings
from marketplace.sandbox.store import objects as table
from marketplace.sandbox.store import timers

from .errors import StripeError, exclusive, missing

Body: TypeAlias = dict[str, Any]

#: Members that hold an id and may be answered with the object itself.
EXPANDABLE = frozenset(
    (
        "account", "application", "application_fee", "balance_transaction", "charge", "customer",
        "default_payment_method", "default_price", "default_source", "destination", "destination_payment",
        "destination_payment_refund", "failure_balance_transaction", "fee", "invoice", "latest_attempt",
        "latest_charge", "mandate", "on_behalf_of", "original_payout", "originating_transaction", "payment_intent",
        "payment_link", "payment_method", "product", "refund", "reversed_by", "review", "setup_intent",
        "single_use_mandate", "source", "source_refund", "source_transaction", "source_transfer",
        "source_transfer_reversal", "subscription", "tax_code", "test_clock", "transfer", "transfer_reversal",
    )
)  # fmt: skip
#: Members that an object only has when there is something in them: asked for and absent is no fault.
_SOMETIMES = {"charge": ("transfer",), "refund": ("failure_balance_transaction",)}
#: Lists that are shown when they are asked for; the sandbox keeps none of these of a customer.
_EMPTY = ("sources", "subscriptions", "tax_ids")
_DEEPEST_EXPANSION = 4


#: The account that the API key belongs to; connected accounts speak by ``Stripe-Account``.
PLATFORM = "acct_sandbox"


def now() -> int:
    """The present moment in Unix seconds, as Stripe writes moments."""
    return int(clock.now().timestamp())


@dataclass(frozen=True, slots=True)
class Call:
    """One request while it runs: its transaction, its parameters, and who asks under which id."""

    db: sa.Connection
    settings: Settings
    params: Mapping[str, Any] = field(default_factory=dict)
    request_id: str | None = None
    idempotency_key: str | None = None
    version: str | None = None
    account: str = PLATFORM


def put(call: Call, body: Body) -> Body:
    """Store a new object; it belongs to the account that asks, unless it says another ``_account`` itself."""
    body.setdefault("_account", call.account)
    values = {"id": body["id"], "kind": body["object"], "created": body["created"], "body": body}
    call.db.execute(sa.insert(table).values(values))
    return body


def owner_of(body: Body) -> str:
    """The account an object belongs to."""
    return str(body.get("_account", PLATFORM))


def call_for(db: sa.Connection, settings: Settings, body: Body | None) -> Call:
    """What happens to an object without a request of its account: by its timer, or on a page."""
    return Call(db, settings, account=owner_of(body or {}))


def save(db: sa.Connection, body: Body) -> None:
    """Store an object's new state."""
    db.execute(sa.update(table).where(table.c.id == body["id"]).values(body=body))


def find(db: sa.Connection, kind: str, ref: str) -> Body | None:
    """The object, whoever it belongs to, or None."""
    query = sa.select(table.c.body).where(table.c.id == ref, table.c.kind == kind)
    body: Body | None = db.execute(query).scalar_one_or_none()
    return None if body is None or body.get("_deleted") else body


def lookup(db: sa.Connection, ref: str) -> Body | None:
    """The object of any kind with this id, or None."""
    body: Body | None = db.execute(sa.select(table.c.body).where(table.c.id == ref)).scalar_one_or_none()
    return body


def was_deleted(db: sa.Connection, kind: str, ref: str) -> bool:
    """True for the id of an object that is no more."""
    query = sa.select(table.c.body).where(table.c.id == ref, table.c.kind == kind)
    return bool((db.execute(query).scalar_one_or_none() or {}).get("_deleted"))


def seek(call: Call, kind: str, ref: str) -> Body | None:
    """The object of the account that asks, or None. Accounts themselves are everybody's to name."""
    body = find(call.db, kind, ref)
    return body if body is None or kind == "account" or owner_of(body) == call.account else None


def get(call: Call, kind: str, ref: str, *, param: str = "id", status: int = 404) -> Body:
    """The object of the account that asks; raises Stripe's resource_missing (400 when a parameter named it)."""
    body = seek(call, kind, ref)
    if body is None:
        raise missing(kind, ref, param=param, status=status)
    return body


def every(db: sa.Connection, kind: str, **members: Any) -> list[Body]:
    """All objects of a kind with these members, oldest first. For use inside the sandbox, not for answers."""
    query = sa.select(table.c.body).where(table.c.kind == kind, *_having(members)).order_by(table.c.seq)
    return [body for body in db.execute(query).scalars() if not body.get("_deleted")]


def listing(
    call: Call, kind: str, url: str, /, *, where: Sequence[sa.ColumnElement[bool]] = (), **members: Any
) -> Body:
    """One page of a list, newest first, by ``limit``, ``starting_after``, ``ending_before``, ``created``.

    ``members`` narrows it to objects with these values; None means "not asked". ``where`` are further conditions.
    """
    params, limit = call.params, call.params.get("limit", 10)
    asked = {name: value for name, value in members.items() if value is not None}
    for name in _NAMING & set(asked):
        if not _exists(call, name, asked[name]):
            raise missing(name, asked[name], param=name, status=400)
    check_cursors(params)
    query = sa.select(table.c.body).where(table.c.kind == kind, *_having(asked), *_created(params), *where)
    query = query.where(sa.func.json_extract(table.c.body, "$._deleted").is_(None), _owned_by(call.account))
    if "ending_before" in params:
        mark = _place(call, kind, params["ending_before"], "ending_before")
        found = call.db.execute(query.where(table.c.seq > mark).order_by(table.c.seq).limit(limit + 1))
        bodies = list(found.scalars())
        page = bodies[:limit][::-1]
    else:
        if "starting_after" in params:
            query = query.where(table.c.seq < _place(call, kind, params["starting_after"], "starting_after"))
        bodies = list(call.db.execute(query.order_by(table.c.seq.desc()).limit(limit + 1)).scalars())
        page = bodies[:limit]
    return {"object": "list", "url": url, "has_more": len(bodies) > limit, "data": [shown(body) for body in page]}


#: Filters whose value is the id of an object of their own name: it must exist, or have existed.
_NAMING = {"charge", "customer", "payment_intent"}


def _exists(call: Call, kind: str, ref: str) -> bool:
    query = sa.select(table.c.id).where(table.c.id == ref, table.c.kind == kind, _owned_by(call.account))
    return call.db.execute(query).first() is not None


def check_cursors(params: Mapping[str, Any]) -> None:
    """A page begins after an object or ends before one; raises StripeError for both."""
    if "ending_before" in params and "starting_after" in params:
        raise exclusive("ending_before", "starting_after", param="ending_before")


def _owned_by(account: str) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(sa.func.json_extract(table.c.body, "$._account"), PLATFORM) == account


def _having(members: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    found = []
    for name, value in members.items():
        column = sa.func.json_extract(table.c.body, f"$.{name}")
        found.append(column.in_(value) if isinstance(value, list) else column == value)
    return found


def _created(params: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    """Objects of the asked moments: each filter is a moment, or its bounds by ``gt``, ``gte``, ``lt``, ``lte``."""
    columns: dict[str, Any] = {
        "created": table.c.created, "arrival_date": sa.func.json_extract(table.c.body, "$.arrival_date")
    }  # fmt: skip
    compare = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le, "eq": operator.eq}
    found = []
    for name, column in columns.items():
        asked = params.get(name, {})
        bounds = asked if isinstance(asked, dict) else {"eq": asked}
        found += [compare[bound](column, value) for bound, value in bounds.items()]
    return found


def page_of(call: Call, items: list[Body], url: str) -> Body:
    """One page of a list that is already at hand, in its own order."""
    params, limit, ids = call.params, call.params.get("limit", 10), [item["id"] for item in items]
    check_cursors(params)
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in ids:
            raise missing(items[0]["object"] if items else "object", params[name], param=name, status=400)
    if "ending_before" in params:
        before = items[: ids.index(params["ending_before"])]
        page, more = before[-limit:], len(before) > limit
    else:
        after = items[ids.index(params["starting_after"]) + 1 :] if "starting_after" in params else items
        page, more = after[:limit], len(after) > limit
    return {"object": "list", "url": url, "has_more": more, "data": page}


def _place(call: Call, kind: str, ref: str, param: str) -> int:
    query = sa.select(table.c.seq).where(table.c.id == ref, table.c.kind == kind, _owned_by(call.account))
    place = call.db.execute(query).scalar_one_or_none()
    if place is None:
        raise missing(kind, ref, param=param, status=400)
    return int(place)


def shown(body: Body) -> Body:
    """The object as it is answered: without the sandbox's own members."""
    return {name: value for name, value in body.items() if not name.startswith("_")}


#: Objects that carry a list of what was taken back of them: its name, the kind in it, the member that leads back.
_CARRIED = {
    "transfer": ("reversals", "transfer_reversal", "transfer", "/v1/transfers/"),
    "application_fee": ("refunds", "fee_refund", "fee", "/v1/application_fees/"),
}


def face(db: sa.Connection, body: Body) -> Body:
    """As ``shown``, with the list that objects of this kind carry: the newest ten of it."""
    if body["object"] not in _CARRIED:
        return shown(body)
    name, kind, member, path = _CARRIED[body["object"]]
    items = [shown(item) for item in reversed(every(db, kind, **{member: body["id"]}))]
    page = {"object": "list", "url": f"{path}{body['id']}/{name}", "has_more": len(items) > 10, "data": items[:10]}
    return {**shown(body), name: page}


def expanded(db: sa.Connection, body: Body, paths: list[str]) -> Body:
    """The answer with the asked ids replaced by their objects, at most four levels deep."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > _DEEPEST_EXPANSION:
            raise StripeError(
                400,
                f"You cannot expand more than {_DEEPEST_EXPANSION} levels of a property. Property: {path}",
                code="property_expansion_max_depth",
            )
        _expand(db, body, parts, path)
    return body


def _expand(db: sa.Connection, body: Body, parts: list[str], path: str) -> None:
    name, rest = parts[0], parts[1:]
    if rest and name == "data" and body.get("object") == "list":
        for item in body["data"]:
            _expand(db, item, rest, path)
        return
    value = body.get(name)
    if name == "refunds" and body.get("object") == "charge" and value is None:
        value = body["refunds"] = _refunds_of(db, body)
    elif name == "line_items" and body.get("object") == "checkout.session" and value is None:
        value = body["line_items"] = _items_of(db, body)
    elif name in _EMPTY and body.get("object") == "customer":
        url = f"/v1/customers/{body['id']}/{name}"
        value = body[name] = {"object": "list", "url": url, "has_more": False, "data": []}
    elif name not in body and name in _SOMETIMES.get(str(body.get("object")), ()):
        return
    elif name not in body or not (_is_list(value) or name in EXPANDABLE or (rest and isinstance(value, dict | None))):
        deeper = body.get("object") == "list" and name != "data"
        hint = f" You may want to try expanding 'data.{path}' instead." if deeper else ""
        raise StripeError(400, f"This property cannot be expanded ({path}).{hint}")
    if isinstance(value, str):
        found = lookup(db, value)
        value = body[name] = face(db, found) if found else value
    if rest and isinstance(value, dict):
        _expand(db, value, rest, path)


def _is_list(value: Any) -> bool:
    return isinstance(value, dict) and value.get("object") == "list"


def _refunds_of(db: sa.Connection, charge: Body) -> Body:
    refunds = [shown(refund) for refund in reversed(every(db, "refund", charge=charge["id"]))]
    url = f"/v1/charges/{charge['id']}/refunds"
    return {"object": "list", "url": url, "has_more": False, "data": refunds}


def _items_of(db: sa.Connection, session: Body) -> Body:
    stored = find(db, "checkout.session", session["id"]) or session
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return {"object": "list", "url": url, "has_more": len(stored["_items"]) > 10, "data": stored["_items"][:10]}


def plan(db: sa.Connection, action: str, subject: str, *, after: float) -> None:
    """Let ``action`` happen to an object in ``after`` seconds (see ``later``)."""
    db.execute(sa.insert(timers).values(due_at=clock.now().timestamp() + after, action=action, subject=subject))


def fresh(kind: str, prefix: str, **members: Any) -> Body:
    """A new object with id, type, moment and ``livemode`` false, not stored yet."""
    return {"id": new_id(prefix), "object": kind, "created": now(), "livemode": False, **members}
