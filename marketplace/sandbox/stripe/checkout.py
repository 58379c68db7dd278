"""Checkout Sessions: a page of the gateway's own where the buyer types the card.

open -> complete (paid) or expired. The session makes its PaymentIntent at the first attempt to pay.
"""

from dataclasses import replace
from typing import Any

from marketplace.sandbox.settings import Settings, is_web_address

from . import confirming, intents, methods, products, setups, shares
from .addresses import SHIPPING
from .cards import BANK_DEBIT, BANK_DEBIT_CURRENCY, BY_ACCOUNT
from .currencies import MOST, check_currency
from .errors import BadParameter, StripeError, absent
from .events import record
from .known import SESSION_OPTIONS
from .objects import Body, Call, find, fresh, get, listing, now, page_of, plan, put, save, shown
from .params import (
    EXPAND,
    PAGE,
    PLAIN_PAGE,
    Descriptor,
    Email,
    Flag,
    Group,
    Kind,
    Many,
    Metadata,
    Text,
    Whole,
    check_size,
    merged,
    not_kept,
    refuse_both,
)

_PRODUCT = Group(
    {
        "name": Text(required=True),
        "description": Text(),
        "images": Many(Text(), most=8),
        "metadata": Metadata(),
        "tax_code": Text(),
    }
)
_PRICE = Group(
    {
        "currency": Text(required=True),
        "unit_amount": Whole(required=True, least=0, most=MOST),
        "product": Text(),
        "product_data": _PRODUCT,
        "tax_behavior": products.TAX,
        **not_kept("recurring", "unit_amount_decimal", why="its prices are fixed sums, paid once"),
    }
)
_LINE = Group(
    {
        "price": Text(),
        "price_data": _PRICE,
        "quantity": Whole(required=True, least=1, most=999_999),
        **not_kept("adjustable_quantity", "dynamic_tax_rates", "tax_rates", why="its lines are fixed and untaxed"),
    }
)
_INTENT = Group(
    {
        "capture_method": Text(choices=("automatic", "automatic_async", "manual")),
        "description": Text(longest=1000),
        "metadata": Metadata(),
        "receipt_email": Email(),
        "shipping": SHIPPING,
        "setup_future_usage": Text(choices=("off_session", "on_session")),
        "statement_descriptor": Descriptor(),
        "statement_descriptor_suffix": Descriptor(),
        **shares.PARAMS,
        "transfer_group": Text(),
    }
)
_LOCALES = (
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hi-IN",
    "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl",
    "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
)  # fmt: skip
CREATE: dict[str, Kind] = {
    "line_items": Many(_LINE, most=100),
    "mode": Text(required=True, choices=("payment", "setup", "subscription")),
    "success_url": Text(required=True),
    "ui_mode": Text(choices=("hosted",)),
    "cancel_url": Text(),
    "client_reference_id": Text(longest=200),
    "currency": Text(),
    "customer": Text(),
    "customer_email": Email(),
    "expires_at": Whole(),
    "locale": Text(choices=_LOCALES, clearable=True),
    "metadata": Metadata(),
    "payment_intent_data": _INTENT,
    "payment_method_types": Many(Text(choices=("card", BANK_DEBIT))),
    "setup_intent_data": Group({"description": Text(longest=1000), "metadata": Metadata(), "on_behalf_of": Text()}),
    "submit_type": Text(choices=("auto", "book", "donate", "pay")),
    "billing_address_collection": Text(choices=("auto", "required")),
    "phone_number_collection": Group({"enabled": Flag(required=True)}),
    "payment_method_options": SESSION_OPTIONS,
    "expand": EXPAND,
    **not_kept(
        "after_expiration", "allow_promotion_codes", "automatic_tax", "consent_collection", "custom_fields",
        "custom_text", "customer_creation", "customer_update", "discounts", "invoice_creation",
        "payment_method_collection", "shipping_address_collection", "shipping_options",
        "subscription_data", "tax_id_collection", why="its page takes one card for a fixed sum, and nothing else",
    ),
}  # fmt: skip
UPDATE: dict[str, Kind] = {"metadata": Metadata(), "expand": EXPAND}
LIST: dict[str, Kind] = {
    **PAGE,
    "customer": Text(),
    "payment_intent": Text(),
    "status": Text(choices=("open", "complete", "expired")),
    **not_kept("customer_details", "payment_link", "subscription", why="its sessions have none"),
}
LIST_ITEMS: dict[str, Kind] = dict(PLAIN_PAGE)
EXPIRE: dict[str, Kind] = {"expand": EXPAND}
_LIFETIME = 24 * 3600
_SHORTEST = 30 * 60
#: What an intent has to be for its session to be complete.
_ENOUGH = ("succeeded", "requires_capture", "processing")
#: What belongs to the other mode.
_FOREIGN = {"payment": ("setup_intent_data",), "setup": ("line_items", "payment_intent_data")}


def check_create(params: Any, _settings: Settings) -> None:
    """What a session refuses before it is made; raises BadParameter."""
    for name in ("success_url", "cancel_url"):
        if name in params and not is_web_address(params[name].replace("{CHECKOUT_SESSION_ID}", "x")):
            raise BadParameter("Not a valid URL", param=name, code="url_invalid")
    refuse_both(params, "customer", "customer_email", param="customer_email")
    check_currency(params)
    mode = params["mode"]
    if mode == "subscription":
        raise BadParameter("The sandbox does not know mode subscription: its prices are paid once.", param="mode")
    for name in _FOREIGN[mode]:
        if name in params:
            raise BadParameter(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if mode == "payment" and not params.get("line_items"):
        raise absent("line_items")
    for at, line in enumerate(params.get("line_items", ())):
        _check_line(line, f"line_items[{at}]")
    intents.check_descriptor(
        params.get("payment_intent_data", {}), params.get("payment_method_types") or ["card"],
        within="payment_intent_data",
    )  # fmt: skip
    _check_end(params.get("expires_at", now() + _LIFETIME) - now())


def _check_end(left: int) -> None:
    bound = "at least 30 minutes" if left < _SHORTEST else "less than 24 hours" if left > _LIFETIME else None
    if bound:
        raise BadParameter(
            f"The `expires_at` timestamp must be {bound} from Checkout Session creation.", param="expires_at"
        )


def _check_line(line: Any, name: str) -> None:
    """A line names a price or describes one, and that one's product alike."""
    refuse_both(line, "price", "price_data", param=f"{name}[price]")
    data = line.get("price_data")
    if data is None:
        if "price" not in line:
            raise absent(f"{name}[price]")
        return
    check_currency(data, param=f"{name}[price_data][currency]")
    refuse_both(data, "product", "product_data", param=f"{name}[price_data][product]")
    if not {"product", "product_data"} & set(data):
        raise absent(f"{name}[price_data][product_data]")


def create(call: Call) -> Body:
    """An open session; send the buyer to its ``url``."""
    given = call.params
    if "customer" in given:
        get(call, "customer", given["customer"], param="customer", status=400)
    if given["mode"] == "setup":
        session = _new(given, None, given["currency"].lower() if "currency" in given else None)
        session |= {"payment_status": "no_payment_required", "setup_intent": _setup_of(call, session), "_items": []}
    else:
        prices = [products.price_of(call, line, at) for at, line in enumerate(given["line_items"])]
        session = _new(given, _total(given, prices), prices[0]["currency"])
        session["_items"] = [
            _item(call, session, at, price, line["quantity"])
            for at, (price, line) in enumerate(zip(prices, given["line_items"], strict=True))
        ]
    session["url"] = f"{call.settings.public_url}/checkout/{session['id']}"
    put(call, session)
    plan(call.db, "session_expires", session["id"], after=session["expires_at"] - session["created"])
    return shown(session)


def _setup_of(call: Call, session: Body) -> str:
    """The SetupIntent that a session without a payment keeps a card with."""
    given = call.params
    wanted = {**given.get("setup_intent_data", {}), **({"customer": given["customer"]} if "customer" in given else {})}
    wanted |= {"on_behalf_of": None, "payment_method_options": given.get("payment_method_options")}
    setup = get(call, "setup_intent", setups.create(replace(call, params=wanted))["id"])
    save(call.db, {**setup, "_checkout_session": session["id"]})
    return str(setup["id"])


def _new(given: Any, total: int | None, currency: str | None) -> Body:
    email = given.get("customer_email")
    return fresh(
        "checkout.session", "cs_test",
        after_expiration=None, allow_promotion_codes=None, amount_subtotal=total, amount_total=total,
        automatic_tax={"enabled": False, "status": None},
        billing_address_collection=given.get("billing_address_collection"),
        cancel_url=given.get("cancel_url"), client_reference_id=given.get("client_reference_id"), consent=None,
        consent_collection=None, currency=currency,
        currency_conversion=None, custom_fields=[],
        custom_text={"shipping_address": None, "submit": None},
        customer=given.get("customer"), customer_creation="if_required", customer_details=None, customer_email=email,
        expires_at=given.get("expires_at", now() + _LIFETIME), invoice=None, invoice_creation=None,
        locale=given.get("locale"), metadata=merged({}, given.get("metadata", {})), mode=given["mode"],
        payment_intent=None, payment_link=None, payment_method_collection="if_required", payment_method_options={},
        payment_method_types=given.get("payment_method_types") or ["card"], payment_status="unpaid",
        phone_number_collection=given.get("phone_number_collection", {"enabled": False}), recovered_from=None,
        setup_intent=None, shipping_address_collection=None, shipping_cost=None, shipping_options=[], status="open",
        submit_type=given.get("submit_type"), subscription=None, success_url=given["success_url"],
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}, url=None,
        _intent_data=given.get("payment_intent_data", {}),
        _options=given.get("payment_method_options"),
    )  # fmt: skip


def _total(given: Any, prices: list[Body]) -> int:
    """What is paid for all lines; raises BadParameter when it is no sum, too small or too large."""
    currencies = {price["currency"] for price in prices}
    if len(currencies) > 1:
        raise BadParameter("All line items must have the same currency.", param="line_items")
    if "currency" in given and given["currency"].lower() not in currencies:
        raise BadParameter(
            f"The price specified only supports `{min(currencies)}`. This doesn't match the expected currency: "
            f"`{given['currency'].lower()}`.",
            param="line_items",
        )
    kinds = given.get("payment_method_types", ())
    if BANK_DEBIT in kinds and currencies != {BANK_DEBIT_CURRENCY}:
        raise BadParameter(
            f"The payment method type {BANK_DEBIT} takes {BANK_DEBIT_CURRENCY} only.", param="payment_method_types"
        )
    total: int = sum(
        price["unit_amount"] * line["quantity"] for price, line in zip(prices, given["line_items"], strict=True)
    )
    check_size(total, min(currencies), param="line_items")
    return total


def retrieve(call: Call, ref: str) -> Body:
    """One session."""
    return shown(get(call, "checkout.session", ref, param="session"))


def update(call: Call, ref: str) -> Body:
    """Change a session's metadata."""
    session = get(call, "checkout.session", ref, param="session")
    if "metadata" in call.params:
        session["metadata"] = merged(session["metadata"], call.params["metadata"])
    save(call.db, session)
    return shown(session)


def list_sessions(call: Call) -> Body:
    """Sessions, newest first."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("customer", "payment_intent", "status")}
    return listing(call, "checkout.session", "/v1/checkout/sessions", **asked)


def list_items(call: Call, ref: str) -> Body:
    """What the session sells."""
    session = get(call, "checkout.session", ref, param="session")
    return page_of(call, session["_items"], f"/v1/checkout/sessions/{ref}/line_items")


def _item(call: Call, session: Body, at: int, price: Body, quantity: int) -> Body:
    amount = price["unit_amount"] * quantity
    return {
        "id": f"li_{session['id'].removeprefix('cs_test_')}{at}",
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": session["currency"],
        "description": get(call, "product", price["product"])["name"],
        "price": shown(price),
        "quantity": quantity,
    }


def expire(call: Call, ref: str) -> Body:
    """Close an open session; its intent is cancelled."""
    session = get(call, "checkout.session", ref, param="session")
    if session["status"] != "open":
        raise StripeError(
            400,
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{session['status']}`.",
        )
    _close(call, session)
    return shown(session)


def expire_late(call: Call, ref: str) -> None:
    """The session's time is over."""
    session = find(call.db, "checkout.session", ref)
    if session is not None and session["status"] == "open":
        _close(call, session)


def _close(call: Call, session: Body) -> None:
    if session["setup_intent"] is not None:
        setups.cancel(replace(call, params={}), session["setup_intent"])
    intent = find(call.db, "payment_intent", session.get("_intent") or "")
    if intent is not None and intent["status"] not in ("succeeded", "canceled"):
        intents.end(call, intent, "automatic")
    session |= {"status": "expired", "url": None}
    save(call.db, session)
    record(call, "checkout.session.expired", session)


def pay(call: Call, session: Body, number: str) -> Body:
    """Charge the typed test card or account. Returns the intent (paid, held, waiting for authentication or its bank).

    Raises StripeError for an unknown number, and the card's Refusal, whose effects are kept.
    """
    method = methods.use_data(call, _typed(session, number))
    back = f"{call.settings.public_url}/checkout/{session['id']}/return"
    if session["mode"] == "setup":
        asked = {"payment_method": method["id"], "return_url": back}
        setups.confirm(replace(call, params=asked), session["setup_intent"])
        setup = get(call, "setup_intent", session["setup_intent"])
        settle(call, setup)
        return setup
    intent = find(call.db, "payment_intent", session.get("_intent") or "")
    if intent is None:
        data = {name: value for name, value in session["_intent_data"].items() if value is not None}
        wanted = {
            "amount": session["amount_total"], "currency": session["currency"],
            "payment_method_types": session["payment_method_types"],
            "payment_method_options": session.get("_options"), **data,
        }  # fmt: skip
        if session["customer"]:
            wanted["customer"] = session["customer"]
        intent = intents.start(call, wanted)
        intent["_checkout_session"] = session["id"]
        session["_intent"] = intent["id"]
        save(call.db, session)
    confirming.check_state(intent)
    intent |= {"payment_method": method["id"], "status": "requires_confirmation", "next_action": None}
    confirming.confirm(call, intent, {"return_url": back})
    settle(call, intent)
    return intent


def _typed(session: Body, number: str) -> Body:
    if number in BY_ACCOUNT and BANK_DEBIT in session["payment_method_types"]:
        account = {"account_number": number, "routing_number": "110000000"}
        return {"type": BANK_DEBIT, BANK_DEBIT: account, "billing_details": {"name": "Jenny Rosen"}}
    return {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2034}}


def settle(call: Call, intent: Body) -> None:
    """Complete the session of an intent that was paid, held or handed to its bank, or of a card that is kept."""
    session = find(call.db, "checkout.session", intent.get("_checkout_session") or "")
    if session is None or session["status"] != "open" or intent["status"] not in _ENOUGH:
        return
    if intent["object"] == "payment_intent":
        paid = "paid" if intent["status"] == "succeeded" else "unpaid"
        session |= {"payment_status": paid, "payment_intent": intent["id"]}
    customer = find(call.db, "customer", session["customer"] or "") or {}
    session |= {
        "status": "complete",
        "customer_details": {
            "address": None, "email": session["customer_email"] or customer.get("email"), "name": None, "phone": None,
            "tax_exempt": "none", "tax_ids": [],
        },
        "url": None,
    }  # fmt: skip
    save(call.db, session)
    record(call, "checkout.session.completed", session)


def hear(call: Call, ref: str) -> None:
    """The bank has answered a debit: the session that was completed before is paid now, or never."""
    intent = get(call, "payment_intent", ref)
    session = find(call.db, "checkout.session", intent.get("_checkout_session") or "")
    if session is None or session["status"] != "complete" or session["payment_status"] != "unpaid":
        return
    if intent["status"] == "succeeded":
        session["payment_status"] = "paid"
        save(call.db, session)
        record(call, "checkout.session.async_payment_succeeded", session)
    elif intent["status"] == "requires_payment_method":
        record(call, "checkout.session.async_payment_failed", session)


def success_address(session: Body) -> str:
    """Where the buyer goes after paying: the success_url with the session's id filled in."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
