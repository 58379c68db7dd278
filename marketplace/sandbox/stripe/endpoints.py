"""Webhook endpoints: who hears which events, and the secrets that sign them."""

import re
from typing import Any

from marketplace.sandbox.ids import random_text
from marketplace.sandbox.settings import Settings, is_web_address

from .errors import BadParameter
from .events import is_version
from .objects import Body, Call, every, fresh, get, listing, now, put, save, shown
from .params import EXPAND, PLAIN_PAGE, Flag, Kind, Many, Metadata, Text, merged

#: What Stripe tells of the objects that the sandbox knows.
_TOLD = {
    "account": "updated",
    "application_fee": "created refunded",
    "application_fee.refund": "updated",
    "balance": "available",
    "charge": "captured expired failed pending refunded succeeded updated",
    "charge.dispute": "closed created funds_reinstated funds_withdrawn updated",
    "charge.refund": "updated",
    "checkout.session": "async_payment_failed async_payment_succeeded completed expired",
    "customer": "created deleted updated",
    "payment_intent": "amount_capturable_updated canceled created partially_funded payment_failed processing "
    "requires_action succeeded",
    "payment_method": "attached automatically_updated detached updated",
    "payout": "canceled created failed paid reconciliation_completed updated",
    "price": "created deleted updated",
    "product": "created deleted updated",
    "refund": "created failed updated",
    "setup_intent": "canceled created requires_action setup_failed succeeded",
    "transfer": "created reversed updated",
}
#: What it tells of others is taken as it is written.
_UNTOLD = re.compile(
    r"(account\.(application|external_account)|billing[a-z_]*(\.[a-z_]+)?|capability|cash_balance|climate\.[a-z_]+|coupon"
    r"|credit_note|customer\.(discount|source|subscription|tax_id)|customer_cash_balance_transaction"
    r"|entitlements\.[a-z_]+|file|financial_connections\.[a-z_]+|identity\.verification_session"
    r"|invoice(_payment|item)?|issuing_[a-z_]+(\.[a-z_]+)?|mandate|payment_link|person|plan|promotion_code|quote"
    r"|radar\.early_fraud_warning|reporting\.report_(run|type)|review|setup_intent|sigma\.scheduled_query_run"
    r"|source(\.transaction)?|subscription_schedule|tax(_rate|\.settings)|terminal\.reader|test_helpers\.test_clock"
    r"|topup|treasury\.[a-z_]+)\.[a-z_]+"
)
#: A rolled secret keeps signing beside the new one for a day, so that receivers can change over.
OVERLAP = 24 * 3600

_KNOWN = ("*", *(f"{family}.{word}" for family, words in _TOLD.items() for word in words.split()))
CREATE: dict[str, Kind] = {
    "enabled_events": Many(Text(), required=True),
    "url": Text(required=True),
    "api_version": Text(),
    "connect": Flag(),
    "description": Text(clearable=True),
    "metadata": Metadata(),
    "expand": EXPAND,
}
UPDATE: dict[str, Kind] = {
    "description": Text(clearable=True),
    "disabled": Flag(),
    "enabled_events": Many(Text()),
    "metadata": Metadata(),
    "url": Text(),
    "expand": EXPAND,
}
LIST: dict[str, Kind] = dict(PLAIN_PAGE)


def create(call: Call) -> Body:
    """A new endpoint; its ``secret`` is in this answer only."""
    _check(call.params)
    secret = "whsec_" + random_text(32)
    endpoint = put(call, _new(call.params, secret))
    return {**shown(endpoint), "secret": secret}


def retrieve(call: Call, ref: str) -> Body:
    """One endpoint, without its secret."""
    return shown(get(call, "webhook_endpoint", ref))


def update(call: Call, ref: str) -> Body:
    """Change address, events, description, or switch it off and on with ``disabled``."""
    _check(call.params)
    endpoint = get(call, "webhook_endpoint", ref)
    for name in ("description", "enabled_events", "url"):
        if name in call.params:
            endpoint[name] = call.params[name]
    if "metadata" in call.params:
        endpoint["metadata"] = merged(endpoint["metadata"], call.params["metadata"])
    if "disabled" in call.params:
        endpoint["status"] = "disabled" if call.params["disabled"] else "enabled"
    save(call.db, endpoint)
    return shown(endpoint)


def delete(call: Call, ref: str) -> Body:
    """Forget an endpoint; messages already queued for it are dropped when their turn comes."""
    endpoint = get(call, "webhook_endpoint", ref)
    save(call.db, {**endpoint, "_deleted": True, "status": "disabled"})
    return {"id": ref, "object": "webhook_endpoint", "deleted": True}


def list_endpoints(call: Call) -> Body:
    """Endpoints, newest first."""
    return listing(call, "webhook_endpoint", "/v1/webhook_endpoints")


def register_default(call: Call, settings: Settings) -> None:
    """The endpoint of the settings, made at the first start and kept in step at each later one."""
    if settings.webhook_url is None:
        return
    known = [point for point in every(call.db, "webhook_endpoint") if point.get("_default")]
    secrets = [{"secret": settings.webhook_secret, "until": None}]
    if known:
        save(call.db, {**known[0], "url": settings.webhook_url, "_secrets": secrets})
    else:
        chosen = {"url": settings.webhook_url, "enabled_events": ["*"], "description": "The marketplace"}
        put(call, {**_new(chosen, settings.webhook_secret), "_default": True})


def roll_secret(call: Call, ref: str) -> str:
    """A new secret; the old one signs beside it for ``OVERLAP`` seconds. Returns the new one."""
    endpoint = get(call, "webhook_endpoint", ref)
    secret = "whsec_" + random_text(32)
    old = [{**entry, "until": entry["until"] or now() + OVERLAP} for entry in endpoint["_secrets"]]
    save(call.db, {**endpoint, "_secrets": [{"secret": secret, "until": None}, *old]})
    return secret


def signing_secrets(endpoint: Body) -> list[str]:
    """The secrets that sign a message to this endpoint now, newest first."""
    return [e["secret"] for e in endpoint["_secrets"] if e["until"] is None or e["until"] > now()]


def _new(chosen: Any, secret: str) -> Body:
    return fresh(
        "webhook_endpoint", "we",
        api_version=chosen.get("api_version"),
        application=None,
        description=chosen.get("description"),
        enabled_events=chosen["enabled_events"],
        metadata=merged({}, chosen.get("metadata", {})),
        status="enabled",
        url=chosen["url"],
        _connect=bool(chosen.get("connect")),
        _secrets=[{"secret": secret, "until": None}],
    )  # fmt: skip


def _check(params: Any) -> None:
    if "url" in params and not is_web_address(params["url"]):
        raise BadParameter(
            "Invalid URL: An explicit scheme (such as https) must be provided.", param="url", code="url_invalid"
        )
    if "api_version" in params and not is_version(params["api_version"]):
        raise BadParameter(f"Invalid api_version: no such version: {params['api_version']}", param="api_version")
    for at, kind in enumerate(params.get("enabled_events", ["*"])):
        name = f"enabled_events[{at}]"
        if kind not in _KNOWN and not _UNTOLD.fullmatch(kind):
            raise BadParameter(f"Invalid {name}: must be one of {', '.join(_KNOWN)}", param=name)
