"""Connected accounts: the cooperatives of a marketplace, as far as money is moved to them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marketplace.sandbox.settings import Settings, is_web_address

from . import balance
from .addresses import Country
from .chargeform import NO_BILLING
from .currencies import check_currency
from .errors import BadParameter, StripeError, no_access
from .events import record
from .known import ACCOUNT
from .objects import PLATFORM, Body, Call, fresh, listing, put, save, seek, shown
from .params import EXPAND, PAGE, Email, Kind, Metadata, Text, Whatever, merged, not_kept

_WORDS: dict[str, Kind] = {
    **ACCOUNT,
    "business_type": Text(choices=("company", "government_entity", "individual", "non_profit")),
    "email": Email(clearable=True),
    "external_account": Whatever(),
    "metadata": Metadata(),
    "expand": EXPAND,
}
CREATE: dict[str, Kind] = {
    "type": Text(choices=("custom", "express", "standard")),
    "country": Country(),
    "controller": Whatever(),
    "default_currency": Text(),
    **_WORDS,
    **not_kept("account_token", "bank_account", "documents", why="its accounts are opened without papers"),
}
UPDATE: dict[str, Kind] = {
    "default_currency": Text(),
    **_WORDS,
    **not_kept("account_token", "documents", why="its accounts are opened without papers"),
}
LIST: dict[str, Kind] = dict(PAGE)
_TOLD_OF_COMPANY = (
    "address", "directors_provided", "executives_provided", "export_license_id", "export_purpose_code", "name",
    "name_kana", "name_kanji", "owners_provided", "phone", "structure", "tax_id_registrar",
)  # fmt: skip
_SHOP_WINDOW: Body = dict.fromkeys(
    ("mcc", "name", "product_description", "support_address", "support_email", "support_phone", "support_url", "url")
)
_NOTHING_DUE: Body = {
    "alternatives": [], "current_deadline": None, "currently_due": [], "disabled_reason": None, "errors": [],
    "eventually_due": [], "past_due": [], "pending_verification": [],
}  # fmt: skip


def check(params: Any, _settings: Settings) -> None:
    """Refuse a currency and an address of a shop that are none."""
    if "default_currency" in params:
        check_currency({"currency": params["default_currency"]}, param="default_currency")
    address = (params.get("business_profile") or {}).get("url")
    if address is not None and not is_web_address(address):
        raise BadParameter("Not a valid URL", param="business_profile[url]", code="url_invalid")


def create(call: Call) -> Body:
    """An account that may be paid at once: the sandbox asks for no documents."""
    account = put(call, _new(call.params))
    return shown(account)


def _new(given: Mapping[str, Any]) -> Body:
    account = fresh(
        "account", "acct",
        business_profile={**_SHOP_WINDOW, **(given.get("business_profile") or {})},
        business_type=given.get("business_type"),
        company=_company(given.get("company") or {}),
        capabilities={"transfers": "active", "card_payments": "active"},
        charges_enabled=True,
        country=given.get("country", "VN"),
        default_currency=given.get("default_currency", "vnd").lower(),
        details_submitted=True,
        email=given.get("email"),
        future_requirements=_NOTHING_DUE,
        metadata=merged({}, given.get("metadata", {})),
        payouts_enabled=True,
        requirements=_NOTHING_DUE,
        tos_acceptance={"date": None, "ip": None, "user_agent": None, **(given.get("tos_acceptance") or {})},
        type=given.get("type", "custom"),
        _bank=_bank_number(given.get("external_account")),
    )  # fmt: skip
    del account["livemode"]
    return account


def retrieve_own(call: Call) -> Body:
    """The account that asks: the platform, or the one that ``Stripe-Account`` names."""
    if call.account != PLATFORM:
        return retrieve(call, call.account)
    return {**shown(_new({"type": "standard"})), "id": PLATFORM, "created": 0}


def delete(call: Call, ref: str) -> Body:
    """Close an account; refused while money is on it."""
    account = _own(call, ref)
    if any(entry["amount"] for entry in balance.balance(replace(call, account=ref))["available"]):
        raise StripeError(400, f"Account {ref} still has a balance, so it cannot be deleted.", param="account")
    save(call.db, {**account, "_deleted": True})
    return {"id": ref, "object": "account", "deleted": True}


def retrieve(call: Call, ref: str) -> Body:
    """One account."""
    return shown(_own(call, ref))


def update(call: Call, ref: str) -> Body:
    """Change an account's words or its bank account."""
    account = _own(call, ref)
    before = dict(account)
    for name in ("business_type", "email"):
        if name in call.params:
            account[name] = call.params[name]
    if "default_currency" in call.params:
        account["default_currency"] = call.params["default_currency"].lower()
    profile = {**_SHOP_WINDOW, **(account.get("business_profile") or {})}
    account["business_profile"] = {**profile, **(call.params.get("business_profile") or {})}
    account["company"] = {**(account.get("company") or {}), **_company(call.params.get("company") or {})}
    account["tos_acceptance"] = {**(account.get("tos_acceptance") or {}), **(call.params.get("tos_acceptance") or {})}
    if "external_account" in call.params:
        account["_bank"] = _bank_number(call.params["external_account"])
    if "metadata" in call.params:
        account["metadata"] = merged(account["metadata"], call.params["metadata"])
    save(call.db, account)
    record(call, "account.updated", account, before=before)
    return shown(account)


def list_accounts(call: Call) -> Body:
    """Accounts, newest first."""
    return listing(call, "account", "/v1/accounts")


def _own(call: Call, ref: str) -> Body:
    account = seek(call, "account", ref)
    if account is None:
        raise no_access(call.settings.stripe_key, ref)
    return account


def _company(given: Mapping[str, Any]) -> Body:
    """What is told of a company: its papers not, and of its numbers only that there are some."""
    told = {name: given[name] for name in _TOLD_OF_COMPANY if given.get(name) is not None}
    if "address" in told:
        told["address"] = {**NO_BILLING["address"], **told["address"]}
    return {**told, **{f"{name}_provided": bool(given[name]) for name in ("tax_id", "vat_id") if name in given}}


def _bank_number(given: object) -> str:
    return str(given.get("account_number", "")) if isinstance(given, dict) else ""
