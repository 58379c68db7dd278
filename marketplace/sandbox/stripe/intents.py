"""PaymentIntents: the state table of docs.stripe.com/payments/paymentintents/lifecycle, for cards.

create -> requires_payment_method -> requires_confirmation -> [requires_action] -> succeeded, or requires_capture
-> succeeded. A refused card leads back to requires_payment_method with HTTP 402; the refusal is kept.
"""

import hmac
from typing import Any

from marketplace.sandbox.ids import random_text
from marketplace.sandbox.settings import Settings, is_way_back

from . import charges, confirming, debits, shares
from .addresses import SHIPPING
from .cards import BANK_DEBIT, BANK_DEBIT_CURRENCY
from .currencies import check_currency
from .errors import BadParameter, StripeError, wrong_state
from .events import record
from .known import MANDATE, PAYMENT_OPTIONS, RADAR
from .methods import DATA, use, use_data
from .objects import PLATFORM, Body, Call, fresh, get, listing, now, put, save, shown
from .params import (
    EXPAND,
    PAGE,
    Amount,
    Descriptor,
    EitherOr,
    Email,
    Flag,
    Group,
    Kind,
    Many,
    Metadata,
    Text,
    check_size,
    merged,
    refuse_both,
)

_SHARED: dict[str, Kind] = {
    "capture_method": Text(choices=("automatic", "automatic_async", "manual")),
    "expand": EXPAND,
    "payment_method": Text(),
    "payment_method_data": Group(DATA),
    "payment_method_options": PAYMENT_OPTIONS,
    "payment_method_types": Many(Text()),
    "receipt_email": Email(clearable=True),
    "setup_future_usage": Text(choices=("off_session", "on_session"), clearable=True),
    "shipping": SHIPPING,
}
_WORDS: dict[str, Kind] = {
    "customer": Text(),
    "description": Text(clearable=True, longest=1000),
    "metadata": Metadata(),
    "statement_descriptor": Descriptor(clearable=True),
    "statement_descriptor_suffix": Descriptor(clearable=True),
    "transfer_group": Text(),
}
_CONFIRMING: dict[str, Kind] = {
    "error_on_requires_action": Flag(),
    "mandate": Text(),
    "mandate_data": MANDATE,
    "off_session": EitherOr((Flag(), Text(choices=("one_off", "recurring")))),
    "radar_options": RADAR,
    "return_url": Text(),
    "use_stripe_sdk": Flag(),
}
CREATE: dict[str, Kind] = {
    "amount": Amount(required=True),
    "currency": Text(required=True),
    **_SHARED,
    **_WORDS,
    **_CONFIRMING,
    "automatic_payment_methods": Group(
        {"enabled": Flag(required=True), "allow_redirects": Text(choices=("always", "never"))}
    ),
    "confirm": Flag(),
    "confirmation_method": Text(choices=("automatic", "manual")),
    **shares.PARAMS,
}
UPDATE: dict[str, Kind] = {
    "amount": Amount(),
    "currency": Text(),
    **_SHARED,
    **_WORDS,
    **shares.UPDATED,
}
CONFIRM: dict[str, Kind] = {**_SHARED, **_CONFIRMING, "client_secret": Text()}
CAPTURE: dict[str, Kind] = {
    "amount_to_capture": Amount(),
    "expand": EXPAND,
    "final_capture": Flag(),
    "metadata": Metadata(),
    "statement_descriptor": Descriptor(clearable=True),
    "statement_descriptor_suffix": Descriptor(clearable=True),
    **shares.LATER,
}
CANCEL: dict[str, Kind] = {
    "cancellation_reason": Text(choices=("duplicate", "fraudulent", "requested_by_customer", "abandoned")),
    "expand": EXPAND,
}
RETRIEVE: dict[str, Kind] = {"expand": EXPAND, "client_secret": Text()}
LIST: dict[str, Kind] = {**PAGE, "customer": Text()}

#: Parameters of an update that are more than a new value of the member of their name.
_TAKEN_APART = (
    "expand", "metadata", "payment_method", "payment_method_data", "payment_method_options", *shares.LATER
)  # fmt: skip
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")


def check_create(params: Any, _settings: Settings) -> None:
    """What ``create`` refuses before it runs; raises BadParameter."""
    check_currency(params)
    check_size(params["amount"], params["currency"])
    _check_methods(params)
    confirming.check(params)
    if not params.get("confirm"):
        for name in ("error_on_requires_action", "off_session", "return_url", "mandate", "mandate_data"):
            if name in params:
                raise BadParameter(
                    f"The parameter `{name}` cannot be passed when creating a PaymentIntent unless `confirm` "
                    "is set to true.", param=name,
                )  # fmt: skip
    kinds = params.get("payment_method_types") or _kinds_of(params["currency"].lower())
    check_descriptor(params, kinds, within="")
    if params.get("automatic_payment_methods", {}).get("enabled"):
        refuse_both(params, "automatic_payment_methods", "payment_method_types", param="payment_method_types")


def check_descriptor(given: Any, kinds: list[str], *, within: str) -> None:
    """Only a payment that no card can make has a whole statement descriptor of its own; raises BadParameter."""
    if given.get("statement_descriptor") and "card" in kinds:
        raise BadParameter(
            "The statement_descriptor parameter is not supported for the payment_method_type `card`. To continue "
            "supporting payment_method_type `card`, please pass in `statement_descriptor_suffix` or remove the "
            "`statement_descriptor` parameter altogether.",
            param=f"{within}[statement_descriptor]" if within else "statement_descriptor",
        )


def check_update(params: Any, _settings: Settings) -> None:
    """What ``update`` refuses before it runs."""
    check_currency(params)
    _check_methods(params)
    confirming.check(params)


def check_confirm(params: Any, _settings: Settings) -> None:
    """What ``confirm`` refuses before it runs."""
    _check_methods(params)
    confirming.check(params)


def create(call: Call) -> Body:
    """A new intent; with ``confirm`` it is charged at once."""
    intent = start(call, call.params)
    if call.params.get("confirm"):
        confirming.confirm(call, intent, call.params)
    return shown(intent)


def start(call: Call, given: Any) -> Body:
    """Store a new intent and its method, unconfirmed."""
    if "customer" in given:
        get(call, "customer", given["customer"], param="customer", status=400)
    automatic = given.get("automatic_payment_methods")
    intent = _new(given, automatic)
    intent["client_secret"] = f"{intent['id']}_secret_{random_text(25)}"
    confirming.take_options(intent, given)
    shares.take(call, intent, given)
    _take_method(call, intent, given)
    put(call, intent)
    record(call, "payment_intent.created", intent)
    return intent


def _new(given: Any, automatic: Any) -> Body:
    return fresh(
        "payment_intent", "pi",
        amount=given["amount"],
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        application=None,
        application_fee_amount=None,
        automatic_payment_methods=automatic,
        canceled_at=None,
        cancellation_reason=None,
        capture_method=given.get("capture_method", "automatic_async"),
        client_secret=None,
        confirmation_method=given.get("confirmation_method", "automatic"),
        currency=given["currency"].lower(),
        customer=given.get("customer"),
        description=given.get("description"),
        last_payment_error=None,
        latest_charge=None,
        metadata=merged({}, given.get("metadata", {})),
        next_action=None,
        on_behalf_of=None,
        payment_method=None,
        payment_method_options={
            "card": {
                "installments": None, "mandate_options": None, "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        payment_method_types=given.get("payment_method_types") or _kinds_of(given["currency"].lower()),
        processing=None,
        receipt_email=given.get("receipt_email"),
        review=None,
        setup_future_usage=given.get("setup_future_usage"),
        shipping=given.get("shipping"),
        statement_descriptor=given.get("statement_descriptor"),
        statement_descriptor_suffix=given.get("statement_descriptor_suffix"),
        status="requires_payment_method",
        transfer_data=None,
        transfer_group=given.get("transfer_group"),
    )  # fmt: skip


def _kinds_of(currency: str) -> list[str]:
    """What the account's Dashboard would offer: cards, and bank debits in their currency."""
    return ["card", BANK_DEBIT] if currency == BANK_DEBIT_CURRENCY else ["card"]


def retrieve(call: Call, ref: str) -> Body:
    """One intent; a ``client_secret`` that is given must be its own."""
    return shown(_own(call, ref))


def _own(call: Call, ref: str) -> Body:
    intent = get(call, "payment_intent", ref, param="intent")
    given = call.params.get("client_secret", intent["client_secret"])
    if not hmac.compare_digest(given.encode(), intent["client_secret"].encode()):
        raise StripeError(
            400, "The client_secret provided does not match the client_secret associated with this PaymentIntent.",
            param="client_secret",
        )  # fmt: skip
    return intent


def list_intents(call: Call) -> Body:
    """Intents, newest first, by customer."""
    return listing(call, "payment_intent", "/v1/payment_intents", customer=call.params.get("customer"))


def update(call: Call, ref: str) -> Body:
    """Change an intent. Money and method only while it is open; words and metadata always."""
    intent = get(call, "payment_intent", ref, param="intent")
    given = call.params
    money = [
        name
        for name in ("amount", "currency", "payment_method", "payment_method_data", "capture_method")
        if name in given
    ]
    if money and intent["status"] not in _OPEN:
        raise wrong_state(
            f"This PaymentIntent's {money[0]} could not be updated because it has a status of {intent['status']}. "
            f"You may only update the {money[0]} of a PaymentIntent with one of the following statuses: "
            f"{', '.join(_OPEN)}.", shown(intent),
        )  # fmt: skip
    check_descriptor(given, given.get("payment_method_types", intent["payment_method_types"]), within="")
    if "customer" in given:
        get(call, "customer", given["customer"], param="customer", status=400)
    if "amount" in given or "currency" in given:
        check_size(given.get("amount", intent["amount"]), given.get("currency", intent["currency"]))
    for name in UPDATE:
        if name in given and name not in _TAKEN_APART:
            intent[name] = given[name].lower() if name == "currency" else given[name]
    if "metadata" in given:
        intent["metadata"] = merged(intent["metadata"], given["metadata"])
    confirming.take_options(intent, given)
    shares.take(call, intent, given)
    _take_method(call, intent, given)
    save(call.db, intent)
    return shown(intent)


def confirm(call: Call, ref: str) -> Body:
    """Charge the intent's method, or the one given now. Raises the card's refusal, which is kept."""
    intent = _own(call, ref)
    confirming.check_state(intent)
    for name in ("capture_method", "receipt_email", "setup_future_usage", "shipping", "payment_method_types"):
        if name in call.params:
            intent[name] = call.params[name]
    confirming.take_options(intent, call.params)
    _take_method(call, intent, call.params)
    confirming.confirm(call, intent, call.params)
    return shown(intent)


def capture(call: Call, ref: str) -> Body:
    """Take the held money, or a part of it: the rest is released."""
    intent = get(call, "payment_intent", ref, param="intent")
    status = intent["status"]
    if status == "succeeded":
        raise wrong_state(
            "This PaymentIntent could not be captured because it has already been captured.", shown(intent)
        )
    if status != "requires_capture":
        raise wrong_state(
            f"This PaymentIntent could not be captured because it has a status of {status}. Only a PaymentIntent "
            "with one of the following statuses may be captured: requires_capture.", shown(intent),
        )  # fmt: skip
    check_descriptor(call.params, intent["payment_method_types"], within="")
    if not call.params.get("final_capture", True):
        raise StripeError(
            400, "The sandbox does not know final_capture=false: its cards can be captured once.", param="final_capture"
        )
    amount = call.params.get("amount_to_capture", intent["amount_capturable"])
    if amount > intent["amount_capturable"]:
        raise StripeError(
            400,
            f"The amount_to_capture ({amount}) is greater than the amount capturable ({intent['amount_capturable']}).",
            code="amount_too_large", param="amount_to_capture", payment_intent=shown(intent),
        )  # fmt: skip
    charge = get(call, "charge", intent["latest_charge"])
    for payment in (intent, charge):
        shares.change(call, payment, call.params)
    shares.check_amounts(charge, amount, is_direct=call.account != PLATFORM)
    charges.capture(call, charge, amount)
    if "metadata" in call.params:
        intent["metadata"] = merged(intent["metadata"], call.params["metadata"])
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    save(call.db, intent)
    record(call, "payment_intent.succeeded", intent)
    return shown(intent)


def cancel(call: Call, ref: str) -> Body:
    """Give an open intent up; held money is released."""
    intent = get(call, "payment_intent", ref, param="intent")
    if intent["status"] not in _CANCELABLE:
        raise wrong_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            f"with one of the following statuses may be canceled: {', '.join(_CANCELABLE)}.", shown(intent),
        )  # fmt: skip
    if intent.get("_checkout_session"):
        raise wrong_state(
            "You cannot cancel this PaymentIntent because it was created by a Checkout Session. "
            "Expire the Checkout Session instead.", shown(intent),
        )  # fmt: skip
    end(call, intent, call.params.get("cancellation_reason"))
    return shown(intent)


def end(call: Call, intent: Body, reason: str | None) -> None:
    """Cancel, whoever asked: the caller, a checkout session that ran out, or seven days without a capture."""
    if intent["status"] == "processing":
        debits.stop(call, get(call, "charge", intent["latest_charge"]))
    if intent["status"] == "requires_capture":
        charges.release(call, get(call, "charge", intent["latest_charge"]), is_expired=reason == "automatic")
    intent |= {
        "status": "canceled", "canceled_at": now(), "cancellation_reason": reason, "next_action": None,
        "amount_capturable": 0,
    }  # fmt: skip
    save(call.db, intent)
    record(call, "payment_intent.canceled", intent)


def _take_method(call: Call, intent: Body, given: Any) -> None:
    if "payment_method" in given:
        method = use(call, given["payment_method"])
        if method["customer"] is not None and method["customer"] != intent["customer"]:
            raise StripeError(
                400, "The provided PaymentMethod cannot be attached. To reuse a PaymentMethod, you must attach it to a "
                "Customer first.", param="payment_method",
            )  # fmt: skip
    elif "payment_method_data" in given:
        method = use_data(call, given["payment_method_data"])
    else:
        return
    intent["payment_method"] = method["id"]
    if intent["status"] in ("requires_payment_method", "requires_action"):
        intent |= {"status": "requires_confirmation", "next_action": None}


def _check_methods(params: Any) -> None:
    for at, kind in enumerate(params.get("payment_method_types", [])):
        if kind not in ("card", BANK_DEBIT):
            raise BadParameter(
                f'The payment method type "{kind}" is invalid. The sandbox\'s account takes card and {BANK_DEBIT}.',
                param=f"payment_method_types[{at}]",
            )
        currency = params.get("currency", BANK_DEBIT_CURRENCY).lower()
        if kind == BANK_DEBIT and currency != BANK_DEBIT_CURRENCY:
            raise BadParameter(
                f"The currency provided ({currency}) is invalid for one of the payment method types ({BANK_DEBIT}). "
                f"It takes {BANK_DEBIT_CURRENCY} only.",
                param="currency",
            )
    if "return_url" in params and not is_way_back(params["return_url"]):
        raise BadParameter("Not a valid URL", param="return_url", code="url_invalid")
