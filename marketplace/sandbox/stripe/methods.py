"""PaymentMethods and customers, as far as a checkout needs them."""

import re
from datetime import UTC, datetime
from typing import Any

from .addresses import BILLING
from .cards import BANK_DEBIT, BY_ACCOUNT, BY_NAME, BY_NUMBER, BY_TOKEN, Act, TestCard
from .chargeform import NO_BILLING
from .errors import StripeError, absent, missing
from .events import record
from .known import RADAR, known
from .objects import Body, Call, fresh, get, listing, now, put, save, seek, shown
from .params import (
    EXPAND,
    PLAIN_PAGE,
    Group,
    Kind,
    Metadata,
    Text,
    Whole,
    merged,
    not_kept,
)

_MONTH, _YEAR = Whole(), Whole()
_CARD = Group(
    {
        "number": Text(),
        "exp_month": _MONTH,
        "exp_year": _YEAR,
        "cvc": Text(longest=4),
        "token": Text(),
        "networks": known("preferred"),
    }
)
_OTHERS = (
    "acss_debit", "affirm", "afterpay_clearpay", "alipay", "au_becs_debit", "bacs_debit", "bancontact", "blik",
    "boleto", "cashapp", "customer_balance", "eps", "fpx", "giropay", "grabpay", "ideal", "interac_present", "klarna",
    "konbini", "link", "oxxo", "p24", "paynow", "pix", "promptpay", "sepa_debit", "sofort",
    "wechat_pay",
)  # fmt: skip
_KINDS = ("card", BANK_DEBIT)
_TYPE = Text(required=True, choices=_KINDS)
_ACCOUNT = Group(
    {
        "account_holder_type": Text(choices=("company", "individual")),
        "account_number": Text(),
        "account_type": Text(choices=("checking", "savings")),
        "financial_connections_account": Text(),
        "routing_number": Text(),
    }
)
#: ``payment_method_data`` of intents and the body of ``POST /v1/payment_methods``.
DATA: dict[str, Kind] = {
    "type": _TYPE,
    "card": _CARD,
    BANK_DEBIT: _ACCOUNT,
    "billing_details": Group(BILLING),
    "metadata": Metadata(),
    "allow_redisplay": Text(choices=("always", "limited", "unspecified")),
    "radar_options": RADAR,
    **not_kept(*_OTHERS, why="the sandbox's account takes card and us_bank_account only"),
}
CREATE: dict[str, Kind] = {
    **DATA,
    "expand": EXPAND,
    **not_kept("customer", "payment_method", why="it copies no PaymentMethod to another account"),
}
UPDATE: dict[str, Kind] = {
    "billing_details": Group(BILLING),
    "card": Group({"exp_month": _MONTH, "exp_year": _YEAR, "networks": known("preferred")}),
    "metadata": Metadata(),
    "expand": EXPAND,
    **not_kept("link", "us_bank_account", why="the sandbox's account takes card and us_bank_account only"),
}
ATTACH: dict[str, Kind] = {"customer": Text(required=True), "expand": EXPAND}
DETACH: dict[str, Kind] = {"expand": EXPAND}
LIST_OF_CUSTOMER: dict[str, Kind] = {**PLAIN_PAGE, "type": Text(choices=(*_KINDS, *_OTHERS))}
LIST: dict[str, Kind] = {**PLAIN_PAGE, "customer": Text(), "type": Text(choices=(*_KINDS, *_OTHERS))}


def create(call: Call) -> Body:
    """A PaymentMethod from a test card's number or token."""
    return shown(put(call, _from_data(call, call.params)))


def retrieve(call: Call, ref: str) -> Body:
    """One PaymentMethod; a test name such as ``pm_card_visa`` answers with a new one of its kind."""
    method = use(call, ref) if ref in BY_NAME else get(call, "payment_method", ref, param="payment_method")
    return shown(method)


def update(call: Call, ref: str) -> Body:
    """Change billing details and metadata of an attached PaymentMethod."""
    method = get(call, "payment_method", ref, param="payment_method")
    if method["customer"] is None:
        raise StripeError(
            400, "You must save this PaymentMethod to a customer before you can update it.", param="payment_method"
        )
    before = dict(method)
    if "billing_details" in call.params:
        method["billing_details"] = {**method["billing_details"], **call.params["billing_details"]}
    for name, value in call.params.get("card", {}).items():
        if name in ("exp_month", "exp_year"):
            method["card"] = {**method["card"], name: value}
    if "metadata" in call.params:
        method["metadata"] = merged(method["metadata"], call.params["metadata"])
    save(call.db, method)
    record(call, "payment_method.updated", method, before=before)
    return shown(method)


def attach(call: Call, ref: str) -> Body:
    """Save a PaymentMethod to a customer."""
    customer = get(call, "customer", call.params["customer"], param="customer", status=400)
    method = use(call, ref, param="payment_method", status=404)
    if method["customer"] not in (None, customer["id"]):
        raise StripeError(
            400, "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )  # fmt: skip
    card = card_of(method)
    if card.code is not None and card.act is Act.NONE and card.kind == "card":
        raise _card_error(card.message, card.code, None, decline_code=str(card.decline_code))
    method["customer"] = customer["id"]
    save(call.db, method)
    record(call, "payment_method.attached", method)
    return shown(method)


def detach(call: Call, ref: str) -> Body:
    """Take a PaymentMethod from its customer; it can't be used again."""
    method = get(call, "payment_method", ref, param="payment_method")
    if method["customer"] is None:
        raise StripeError(
            400, "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    before = dict(method)
    method |= {"customer": None, "_spent": True}
    save(call.db, method)
    record(call, "payment_method.detached", method, before=before)
    return shown(method)


def list_of_customer(call: Call, ref: str) -> Body:
    """PaymentMethods of one customer, newest first."""
    get(call, "customer", ref)
    url = f"/v1/customers/{ref}/payment_methods"
    return listing(call, "payment_method", url, customer=ref, type=call.params.get("type"))


def retrieve_of_customer(call: Call, ref: str, method: str) -> Body:
    """One PaymentMethod of one customer."""
    get(call, "customer", ref)
    found = get(call, "payment_method", method, param="payment_method")
    return shown(get(call, "payment_method", method if found["customer"] == ref else "", param="payment_method"))


def list_methods(call: Call) -> Body:
    """PaymentMethods of a customer, newest first."""
    customer = call.params.get("customer")
    if customer is not None:
        get(call, "customer", customer, param="customer", status=400)
    return listing(call, "payment_method", "/v1/payment_methods", customer=customer, type=call.params.get("type"))


def use(call: Call, name: str, *, param: str = "payment_method", status: int = 400) -> Body:
    """The stored PaymentMethod an id or a test name stands for; each use of a test name makes a new one."""
    if name in BY_NAME:
        return put(call, _method(BY_NAME[name], {}))
    method = seek(call, "payment_method", name)
    if method is None:
        raise missing("payment_method", name, param=param, status=status)
    if method.get("_spent"):
        raise StripeError(
            400,
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared "
            "with a connected account without Customer attachment, or was detached from a Customer. It may not be "
            "used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.",
            param=param,
        )
    return method


def use_data(call: Call, data: dict[str, Any]) -> Body:
    """The PaymentMethod that ``payment_method_data`` describes."""
    return put(call, _from_data(call, data, within="payment_method_data"))


def card_of(method: Body) -> TestCard:
    """Which test card, or test account of a bank, a PaymentMethod is."""
    return (BY_NUMBER if method["type"] == "card" else BY_ACCOUNT)[method["_number"]]


def _from_data(call: Call, data: Any, within: str = "") -> Body:
    if data["type"] == BANK_DEBIT:
        return _from_account(data, within)
    given = data.get("card") or {}
    path = f"{within}[card]" if within else "card"
    if not given:
        raise absent(path)
    if "token" in given:
        return {**of_token(call, given["token"], param=f"{path}[token]"), **_words_of(data)}
    return {**from_card(given, within=path), **_words_of(data)}


def _words_of(data: Any) -> Body:
    return {
        "billing_details": {**NO_BILLING, **(data.get("billing_details") or {})},
        "metadata": merged({}, data.get("metadata", {})),
    }


def of_token(call: Call, token: str, *, param: str) -> Body:
    """A new PaymentMethod of a token's card; a token that was made here can't be used again. Raises StripeError."""
    if token in BY_TOKEN:
        return _method(BY_TOKEN[token], {})
    made = seek(call, "token", token)
    if made is None:
        raise missing("token", token, param=param, status=400)
    if made["used"]:
        raise StripeError(
            400, f"You cannot use a Stripe token more than once: {token}.", code="token_already_used", param=param
        )
    save(call.db, {**made, "used": True})
    return _method(BY_NUMBER[made["_number"]], {"card": made["card"]})


def source_method(call: Call, source: Any, *, param: str) -> Body:
    """The method behind the ``source`` of an old charge, a token or a typed card; stored under a card's id."""
    made = of_token(call, source, param=param) if isinstance(source, str) else from_card(source, within=param)
    return put(call, {**made, "id": "card_" + made["id"].removeprefix("pm_")})


def from_card(given: Any, *, within: str) -> Body:
    """A new PaymentMethod of a typed test card; ``within`` is the parameter that holds it. Raises StripeError."""
    path = within
    for part in ("number", "exp_month", "exp_year"):
        if part not in given:
            raise absent(f"{path}[{part}]")
    _check_card(given)
    owner = {"billing_details": {"name": given["name"]}} if given.get("name") else {}
    return _method(BY_NUMBER[given["number"].replace(" ", "")], {"card": given, **owner})


def _from_account(data: Any, within: str) -> Body:
    given, path = data.get(BANK_DEBIT) or {}, f"{within}[{BANK_DEBIT}]" if within else BANK_DEBIT
    needed = {f"{path}[{part}]": given.get(part) for part in ("account_number", "routing_number")}
    name = f"{within}[billing_details][name]" if within else "billing_details[name]"
    for full, value in {**needed, name: (data.get("billing_details") or {}).get("name")}.items():
        if value is None:
            raise absent(full)
    if given["account_number"] not in BY_ACCOUNT:
        raise StripeError(
            400, "You must use a test bank account number in test mode.", param=f"{path}[account_number]",
            code="account_number_invalid",
        )  # fmt: skip
    return _method(BY_ACCOUNT[given["account_number"]], data)


def _check_card(given: Any) -> None:
    """What a bank sees at once: a number that is none, a date that is over. Raises a ``card_error``, 402."""
    number, year = given["number"].replace(" ", ""), _full_year(given["exp_year"])
    today = datetime.fromtimestamp(now(), UTC)
    if not _passes_luhn(number):
        raise _card_error("Your card number is incorrect.", "incorrect_number", "number")
    if not 1 <= given["exp_month"] <= 12:
        raise _card_error("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    if not today.year <= year <= today.year + 50:
        raise _card_error("Your card's expiration year is invalid.", "invalid_expiry_year", "exp_year")
    if (year, given["exp_month"]) < (today.year, today.month):
        raise _card_error("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    if "cvc" in given and not re.fullmatch("[0-9]{3,4}", given["cvc"]):
        raise _card_error("Your card's security code is invalid.", "invalid_cvc", "cvc")
    if number not in BY_NUMBER:
        raise _card_error(
            "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test "
            "cards, visit: https://stripe.com/docs/testing.", "card_declined", None, decline_code="test_mode_live_card",
        )  # fmt: skip


def _full_year(year: int) -> int:
    return year + 2000 if 0 <= year < 100 else year


def _card_error(message: str, code: str, param: str | None, **facts: str) -> StripeError:
    return StripeError(402, message, kind="card_error", code=code, param=param, **facts)


def _passes_luhn(number: str) -> bool:
    if not re.fullmatch("[0-9]{12,19}", number):
        return False
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


def _method(card: TestCard, data: Any) -> Body:
    given = data.get(card.kind) or {}
    return fresh(
        "payment_method", "pm",
        billing_details={**NO_BILLING, **(data.get("billing_details") or {})},
        customer=None,
        metadata=merged({}, data.get("metadata", {})),
        type=card.kind,
        _number=card.number,
        **{card.kind: _account_face(card, given) if card.kind == BANK_DEBIT else _card_face(card, given)},
    )  # fmt: skip


def _account_face(account: TestCard, given: Any) -> Body:
    return {
        "account_holder_type": given.get("account_holder_type", "individual"),
        "account_type": given.get("account_type", "checking"),
        "bank_name": "STRIPE TEST BANK", "financial_connections_account": None,
        "fingerprint": f"sandbox{account.last4}", "last4": account.last4,
        "networks": {"preferred": "ach", "supported": ["ach"]}, "routing_number": "110000000",
        "status_details": {},
    }  # fmt: skip


def _card_face(card: TestCard, given: Any) -> Body:
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "unchecked"},
        "country": card.country,
        "exp_month": given.get("exp_month", 12),
        "exp_year": _full_year(given.get("exp_year", 2034)),
        "fingerprint": f"sandbox{card.last4}",
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
