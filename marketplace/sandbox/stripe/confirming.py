"""Confirming a PaymentIntent: what the card answers, and what a customer's authentication leads to."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from . import charges, debits, methods
from .cards import BANK_DEBIT, Act, TestCard
from .endings import SLOWLY, fail, keep_or_spend
from .errors import StripeError, wrong_state
from .events import record
from .objects import Body, Call, get, plan, save, shown
from .params import refuse_both

#: A held authorisation is given back after seven days.
HOLD = 7 * 24 * 3600

_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


class Refusal(StripeError):
    """A card's refusal, HTTP 402. What the attempt left behind is kept: charge, intent and events."""

    keeps_effects = True


def check(params: Any) -> None:
    """``payment_method`` and ``payment_method_data`` exclude each other; raises BadParameter."""
    refuse_both(params, "payment_method", "payment_method_data", param="payment_method")


def check_state(intent: Body) -> None:
    """Raise unless the intent may be confirmed."""
    status = intent["status"]
    if status == "succeeded":
        raise wrong_state(
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.",
            shown(intent),
        )
    if status not in _CONFIRMABLE:
        raise wrong_state(
            f"You cannot confirm this PaymentIntent because it has a status of {status}. Only a PaymentIntent with one "
            "of the following statuses may be confirmed: requires_confirmation, requires_action.", shown(intent),
        )  # fmt: skip


def confirm(call: Call, intent: Body, options: Any) -> None:
    """Move the intent on as its card decides. ``options``: return_url, off_session, error_on_requires_action.

    Raises Refusal when the card declines or may not ask for authentication.
    """
    if intent["payment_method"] is None:
        raise wrong_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.", shown(intent),
        )  # fmt: skip
    check_return(intent, options, "PaymentIntent")
    method = get(call, "payment_method", intent["payment_method"])
    card = methods.card_of(method)
    if "return_url" in options:
        intent["_return_url"] = options["return_url"]
    debits.check(intent, method)
    if card.kind == BANK_DEBIT:
        debits.begin(call, intent, method, card)
    elif not _asks(card, method, options, wanted=wants_authentication(intent)):
        charge_card(call, intent, method, authenticated=False)
    elif options.get("off_session") or options.get("error_on_requires_action"):
        _refuse_unattended(call, intent, method)
    else:
        _ask_customer(call, intent)


def _asks(card: TestCard, method: Body, options: Any, *, wanted: bool) -> bool:
    if card.act is Act.ASK_OFF_SESSION:
        return wanted or not (options.get("off_session") and method["customer"])
    if card.act is Act.ASK_IF_WANTED:
        return wanted
    return card.act is Act.ASK


def take_options(intent: Body, given: Any) -> None:
    """Keep what is asked of cards, of an intent of either kind: whether 3-D Secure is requested."""
    card = (given.get("payment_method_options") or {}).get("card") or {}
    if "request_three_d_secure" in card:
        options = intent["payment_method_options"]
        asked = {**(options.get("card") or {}), "request_three_d_secure": card["request_three_d_secure"]}
        intent["payment_method_options"] = {**options, "card": asked}


def wants_authentication(intent: Body) -> bool:
    """True when the intent requests 3-D Secure of every card that can do it. Cards that are not enrolled go on."""
    card = intent["payment_method_options"].get("card") or {}
    return card.get("request_three_d_secure") in ("any", "challenge")


def check_return(intent: Body, options: Any, kind: str) -> None:
    """An intent that may lead to any method of the Dashboard needs a way back; ``kind`` names it in the refusal."""
    chosen = intent["automatic_payment_methods"] or {}
    told: Body = {intent["object"]: shown(intent)}
    if chosen.get("enabled") and chosen.get("allow_redirects") != "never" and "return_url" not in options:
        raise StripeError(
            400,
            f"This {kind} is configured to accept payment methods enabled in your Dashboard. Because some of these "
            "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you "
            "don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` "
            "and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment "
            "Intents.",
            **told,
        )


def _ask_customer(call: Call, intent: Body) -> None:
    address = f"{call.settings.public_url}/3ds/{intent['id']}?{urlencode({'secret': intent['client_secret']})}"
    back = intent.get("_return_url")
    intent["status"] = "requires_action"
    intent["next_action"] = (
        {"redirect_to_url": {"return_url": back, "url": address}, "type": "redirect_to_url"}
        if back
        else {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": address}}
    )
    save(call.db, intent)
    record(call, "payment_intent.requires_action", intent)


def answer_challenge(call: Call, intent: Body, *, passed: bool) -> str:
    """The customer finished (``passed``) or failed the authentication. Returns the intent's new status."""
    if intent["status"] != "requires_action":
        return str(intent["status"])
    method = get(call, "payment_method", intent["payment_method"])
    intent["next_action"] = None
    if not passed:
        fail(
            call, intent, method,
            {
                "type": "invalid_request_error",
                "code": "payment_intent_authentication_failure",
                "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
                "message": "The provided PaymentMethod has failed authentication. You can provide "
                "payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
            },
        )  # fmt: skip
        return str(intent["status"])
    with suppress(Refusal):  # the refusal stands in the intent; there is no caller to answer
        charge_card(call, intent, method, authenticated=True)
    return str(intent["status"])


def charge_card(call: Call, intent: Body, method: Body, *, authenticated: bool) -> None:
    """Charge and settle, hold or refuse. Raises Refusal."""
    card = methods.card_of(method)
    charge = charges.make(call, intent, method, card, authenticated=authenticated)
    intent |= {"latest_charge": charge["id"], "next_action": None}
    if card.code is not None:
        _refuse(call, intent, method, charge, card)
    intent["last_payment_error"] = None
    keep_or_spend(call, intent, method)
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        save(call.db, intent)
        plan(call.db, "release", intent["id"], after=HOLD)
        record(call, "payment_intent.amount_capturable_updated", intent)
        return
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    save(call.db, intent)
    record(call, "payment_intent.succeeded", intent)
    if card.act is Act.DISPUTE:
        plan(call.db, "dispute", charge["id"], after=SLOWLY)


def _refuse(call: Call, intent: Body, method: Body, charge: Body, card: TestCard) -> None:
    error = {
        "type": "card_error",
        "code": card.code,
        "decline_code": card.decline_code,
        "charge": charge["id"],
        "doc_url": f"https://stripe.com/docs/error-codes/{str(card.code).replace('_', '-')}",
        "message": card.message,
    }
    if card.code == "incorrect_cvc":
        error["param"] = "cvc"
    fail(call, intent, method, error)
    raise _refusal(error, intent, method)


def _refuse_unattended(call: Call, intent: Body, method: Body) -> None:
    error = {
        "type": "card_error",
        "code": "authentication_required",
        "decline_code": "authentication_required",
        "doc_url": "https://stripe.com/docs/error-codes/authentication-required",
        "message": "Your card was declined. This transaction requires authentication.",
    }
    fail(call, intent, method, error)
    raise _refusal(error, intent, method)


def _refusal(error: Body, intent: Body, method: Body) -> Refusal:
    rest = {name: value for name, value in error.items() if name not in ("type", "code", "message", "doc_url", "param")}
    return Refusal(
        402, error["message"], kind=error["type"], code=error["code"], param=error.get("param"),
        **rest, payment_intent=shown(intent), payment_method=shown(method),
    )  # fmt: skip
