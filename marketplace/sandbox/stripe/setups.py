"""SetupIntents: keep a card for later without charging it, with the customer's authentication where the card asks.

create -> requires_payment_method -> requires_confirmation -> [requires_action] -> succeeded; or canceled.
"""

from typing import Any
from urllib.parse import urlencode

from marketplace.sandbox.ids import random_text
from marketplace.sandbox.settings import Settings, is_way_back

from .cards import Act, TestCard
from .confirming import Refusal, check_return, take_options, wants_authentication
from .errors import BadParameter, StripeError
from .events import record
from .known import MANDATE, SETUP_OPTIONS
from .methods import DATA, card_of, use, use_data
from .objects import Body, Call, fresh, get, listing, put, save, shown
from .params import EXPAND, PAGE, Flag, Group, Kind, Many, Metadata, Text, merged, not_kept, refuse_both

_SHARED: dict[str, Kind] = {
    "payment_method": Text(),
    "payment_method_data": Group(DATA),
    "payment_method_options": SETUP_OPTIONS,
    "expand": EXPAND,
}
_ALONE = "it keeps cards for its own customers only"
_WORDS: dict[str, Kind] = {
    "customer": Text(),
    "description": Text(clearable=True, longest=1000),
    "metadata": Metadata(),
    "payment_method_types": Many(Text(choices=("card",))),
    **not_kept("attach_to_self", "flow_directions", why=_ALONE),
}
CREATE: dict[str, Kind] = {
    **_SHARED,
    **_WORDS,
    "automatic_payment_methods": Group(
        {"enabled": Flag(required=True), "allow_redirects": Text(choices=("always", "never"))}
    ),
    "confirm": Flag(),
    "mandate_data": MANDATE,
    "return_url": Text(),
    "usage": Text(choices=("off_session", "on_session")),
    **not_kept("on_behalf_of", "single_use", why=_ALONE),
}
UPDATE: dict[str, Kind] = {**_SHARED, **_WORDS}
CONFIRM: dict[str, Kind] = {**_SHARED, "client_secret": Text(), "mandate_data": MANDATE, "return_url": Text()}
CANCEL: dict[str, Kind] = {
    "cancellation_reason": Text(choices=("abandoned", "duplicate", "requested_by_customer")),
    "expand": EXPAND,
}
RETRIEVE: dict[str, Kind] = {"client_secret": Text(), "expand": EXPAND}
LIST: dict[str, Kind] = {
    **PAGE, "customer": Text(), "payment_method": Text(), **not_kept("attach_to_self", why=_ALONE)
}  # fmt: skip
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def check(params: Any, _settings: Settings) -> None:
    """What is refused before anything runs; raises BadParameter."""
    refuse_both(params, "payment_method", "payment_method_data", param="payment_method")
    if "return_url" in params and not is_way_back(params["return_url"]):
        raise BadParameter("Not a valid URL", param="return_url", code="url_invalid")


def create(call: Call) -> Body:
    """A new intent; with ``confirm`` the card is set up at once. Raises the card's Refusal, which is kept."""
    given = call.params
    if "customer" in given:
        get(call, "customer", given["customer"], param="customer", status=400)
    setup = fresh(
        "setup_intent", "seti",
        application=None,
        automatic_payment_methods=given.get("automatic_payment_methods"),
        cancellation_reason=None,
        client_secret=None,
        customer=given.get("customer"),
        description=given.get("description"),
        flow_directions=None,
        last_setup_error=None,
        latest_attempt=None,
        mandate=None,
        metadata=merged({}, given.get("metadata", {})),
        next_action=None,
        on_behalf_of=None,
        payment_method=None,
        payment_method_options={
            "card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
        },
        payment_method_types=given.get("payment_method_types") or ["card"],
        single_use_mandate=None,
        status="requires_payment_method",
        usage=given.get("usage", "off_session"),
    )  # fmt: skip
    setup["client_secret"] = f"{setup['id']}_secret_{random_text(25)}"
    take_options(setup, given)
    _take_method(call, setup)
    put(call, setup)
    record(call, "setup_intent.created", setup)
    if given.get("confirm"):
        _confirm(call, setup)
    return shown(setup)


def retrieve(call: Call, ref: str) -> Body:
    """One intent; a ``client_secret`` that is given must be its own."""
    setup = get(call, "setup_intent", ref, param="intent")
    if call.params.get("client_secret", setup["client_secret"]) != setup["client_secret"]:
        raise StripeError(400, "The client_secret provided does not match this SetupIntent.", param="client_secret")
    return shown(setup)


def list_setups(call: Call) -> Body:
    """Intents, newest first, by customer or method."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("customer", "payment_method")}
    return listing(call, "setup_intent", "/v1/setup_intents", **asked)


def update(call: Call, ref: str) -> Body:
    """Change an open intent."""
    setup = _open(call, ref, "update")
    if "customer" in call.params:
        setup["customer"] = get(call, "customer", call.params["customer"], param="customer", status=400)["id"]
    for name in ("description", "payment_method_types"):
        if name in call.params:
            setup[name] = call.params[name]
    if "metadata" in call.params:
        setup["metadata"] = merged(setup["metadata"], call.params["metadata"])
    take_options(setup, call.params)
    _take_method(call, setup)
    save(call.db, setup)
    return shown(setup)


def confirm(call: Call, ref: str) -> Body:
    """Set the card up. Raises the card's Refusal, which is kept."""
    setup = _open(call, ref, "confirm")
    take_options(setup, call.params)
    _take_method(call, setup)
    _confirm(call, setup)
    return shown(setup)


def cancel(call: Call, ref: str) -> Body:
    """Give an open intent up."""
    setup = _open(call, ref, "cancel")
    setup |= {
        "status": "canceled", "cancellation_reason": call.params.get("cancellation_reason"), "next_action": None
    }  # fmt: skip
    save(call.db, setup)
    record(call, "setup_intent.canceled", setup)
    return shown(setup)


def answer_challenge(call: Call, setup: Body, *, passed: bool) -> None:
    """The customer finished (``passed``) or failed the authentication; nothing for an intent that doesn't wait."""
    if setup["status"] != "requires_action":
        return
    method = get(call, "payment_method", setup["payment_method"])
    setup["next_action"] = None
    if passed and (card := card_of(method)).code is None:
        _succeed(call, setup, method)
    elif passed:
        _fail(call, setup, method, _declined(card))
    else:
        _fail(
            call, setup, method,
            {
                "type": "invalid_request_error", "code": "setup_intent_authentication_failure",
                "doc_url": "https://stripe.com/docs/error-codes/setup-intent-authentication-failure",
                "message": "The provided PaymentMethod has failed authentication.",
            },
        )  # fmt: skip


def _open(call: Call, ref: str, verb: str) -> Body:
    setup = get(call, "setup_intent", ref, param="intent")
    if setup["status"] not in _OPEN:
        raise StripeError(
            400, f"You cannot {verb} this SetupIntent because it has a status of {setup['status']}.",
            code="setup_intent_unexpected_state", setup_intent=shown(setup),
        )  # fmt: skip
    return setup


def _take_method(call: Call, setup: Body) -> None:
    if "payment_method" in call.params:
        method = use(call, call.params["payment_method"])
    elif "payment_method_data" in call.params:
        method = use_data(call, call.params["payment_method_data"])
    else:
        return
    if method["type"] != "card":
        raise StripeError(400, "The sandbox sets up cards only.", param="payment_method")
    setup |= {"payment_method": method["id"], "status": "requires_confirmation", "next_action": None}


def _confirm(call: Call, setup: Body) -> None:
    if setup["payment_method"] is None:
        raise StripeError(
            400, "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state", setup_intent=shown(setup),
        )  # fmt: skip
    check_return(setup, call.params, "SetupIntent")
    method = get(call, "payment_method", setup["payment_method"])
    card = card_of(method)
    wanted = card.act is Act.ASK_IF_WANTED and wants_authentication(setup)
    if wanted or card.act in (Act.ASK, Act.ASK_OFF_SESSION):
        _ask(call, setup)
    elif card.code is not None and card.act is not Act.KEPT:
        error = _declined(card)
        _fail(call, setup, method, error)
        raise Refusal(
            402, card.message, kind="card_error", code=card.code, decline_code=card.decline_code,
            setup_intent=shown(setup), payment_method=shown(method),
        )  # fmt: skip
    else:
        _succeed(call, setup, method)


def _ask(call: Call, setup: Body) -> None:
    address = f"{call.settings.public_url}/3ds/{setup['id']}?{urlencode({'secret': setup['client_secret']})}"
    back = setup["_return_url"] = call.params.get("return_url")
    setup["status"] = "requires_action"
    setup["next_action"] = (
        {"redirect_to_url": {"return_url": back, "url": address}, "type": "redirect_to_url"}
        if back
        else {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": address}}
    )
    save(call.db, setup)
    record(call, "setup_intent.requires_action", setup)


def _succeed(call: Call, setup: Body, method: Body) -> None:
    if setup["customer"] and method["customer"] is None:
        method = {**method, "customer": setup["customer"]}
        save(call.db, method)
        record(call, "payment_method.attached", method)
    setup |= {"status": "succeeded", "next_action": None, "last_setup_error": None}
    save(call.db, setup)
    record(call, "setup_intent.succeeded", setup)


def _declined(card: TestCard) -> Body:
    return {
        "type": "card_error", "code": card.code, "decline_code": card.decline_code, "message": card.message,
        "doc_url": f"https://stripe.com/docs/error-codes/{str(card.code).replace('_', '-')}",
    }  # fmt: skip


def _fail(call: Call, setup: Body, method: Body, error: Body) -> None:
    setup |= {
        "status": "requires_payment_method", "payment_method": None, "next_action": None,
        "last_setup_error": {**error, "payment_method": shown(method)},
    }  # fmt: skip
    save(call.db, setup)
    record(call, "setup_intent.setup_failed", setup)
