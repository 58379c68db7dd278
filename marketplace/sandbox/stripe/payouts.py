"""Payouts: money leaves the balance (the platform's, or a connected account's) for a bank account.

pending, then paid a moment later; documented test accounts such as 000111111116 fail (``_REFUSING``).
"""

from typing import Any

from . import balance
from .endings import SLOWLY
from .errors import StripeError, missing
from .events import record
from .objects import Body, Call, find, fresh, get, listing, now, plan, put, save, shown
from .params import EXPAND, MOMENTS, PAGE, Amount, Descriptor, Kind, Metadata, Text, merged

CREATE: dict[str, Kind] = {
    "amount": Amount(required=True),
    "currency": Text(required=True),
    "description": Text(clearable=True),
    "destination": Text(),
    "metadata": Metadata(),
    "method": Text(choices=("instant", "standard")),
    "source_type": Text(choices=("bank_account", "card", "fpx")),
    "statement_descriptor": Descriptor(clearable=True),
    "expand": EXPAND,
}
UPDATE: dict[str, Kind] = {"metadata": Metadata(), "expand": EXPAND}
REVERSE: dict[str, Kind] = {"metadata": Metadata(), "expand": EXPAND}
LIST: dict[str, Kind] = {
    **PAGE,
    "status": Text(choices=("pending", "paid", "failed", "canceled")),
    "destination": Text(),
    "arrival_date": MOMENTS,
}
#: The documented test accounts that refuse (docs.stripe.com/connect/testing#account-numbers).
_REFUSING = {
    "000111111116": ("no_account", "The bank account could not be located."),
    "000111111113": ("account_closed", "The bank account has been closed."),
    "000222222227": ("insufficient_funds", "Your Stripe account has insufficient funds to cover the payout."),
    "000333333335": ("debit_not_authorized", "Debit transactions are not approved on your bank account."),
    "000444444440": ("invalid_currency", "The bank was unable to process this payout because of its currency."),
}


def create(call: Call) -> Body:
    """Send money to the bank; raises ``balance_insufficient`` when the balance holds less."""
    given = call.params
    currency = given["currency"].lower()
    if "destination" in given:  # the sandbox keeps one bank account of each account, and gives it no name
        raise missing("external_account", given["destination"], param="destination", status=400)
    balance.require(call, given["amount"], currency, words=balance.TOO_LITTLE_TO_PAY_OUT)
    payout = fresh(
        "payout", "po",
        amount=given["amount"],
        arrival_date=now(),
        automatic=False,
        balance_transaction=None,
        currency=currency,
        description=given.get("description"),
        destination=None,
        failure_balance_transaction=None,
        failure_code=None,
        failure_message=None,
        metadata=merged({}, given.get("metadata", {})),
        method=given.get("method", "standard"),
        original_payout=None,
        reconciliation_status="not_applicable",
        reversed_by=None,
        source_type="card",
        statement_descriptor=given.get("statement_descriptor"),
        status="pending",
        type="bank_account",
        _account=call.account,
    )  # fmt: skip
    payout["balance_transaction"] = balance.book(call, payout, "payout", -payout["amount"], account=call.account)
    put(call, payout)
    record(call, "payout.created", payout)
    plan(call.db, "payout", payout["id"], after=SLOWLY)
    return shown(payout)


def arrive(call: Call, ref: str) -> None:
    """The bank has answered: paid, or returned because there is no such account."""
    payout = find(call.db, "payout", ref)
    if payout is None or payout["status"] != "pending":
        return
    before = dict(payout)
    account = find(call.db, "account", payout["_account"])
    refusal = _REFUSING.get(account["_bank"]) if account else None
    if refusal is None:
        payout["status"] = "paid"
        save(call.db, payout)
        record(call, "payout.paid", payout, before=before)
        return
    payout |= {"status": "failed", "failure_code": refusal[0], "failure_message": refusal[1]}
    payout["failure_balance_transaction"] = _give_back(call, payout, "payout_failure")
    save(call.db, payout)
    record(call, "payout.failed", payout, before=before)


def cancel(call: Call, ref: str) -> Body:
    """Stop a payout that has not left yet."""
    payout = _mine(call, ref)
    if payout["status"] != "pending":
        raise StripeError(400, "Payouts can only be canceled while they are pending.")
    before = dict(payout)
    payout["status"] = "canceled"
    payout["failure_balance_transaction"] = _give_back(call, payout, "payout_cancel")
    save(call.db, payout)
    record(call, "payout.canceled", payout, before=before)
    return shown(payout)


def reverse(call: Call, ref: str) -> Body:
    """Call a paid payout back: the money returns by a payout of the opposite sign."""
    payout = _mine(call, ref)
    if payout["status"] != "paid" or payout["original_payout"] or payout["reversed_by"]:
        raise StripeError(
            400,
            f"Payout {ref} cannot be reversed: only a paid payout that was not reversed yet can be.",
            param="payout",
        )
    back = fresh(
        "payout", "po",
        **{name: value for name, value in payout.items() if name not in ("id", "object", "created", "livemode")},
    ) | {
        "amount": -payout["amount"], "arrival_date": now(), "status": "pending", "original_payout": ref,
        "metadata": merged({}, call.params.get("metadata", {})),
    }  # fmt: skip
    back["balance_transaction"] = _give_back(call, {**back, "amount": payout["amount"]}, "payout_cancel")
    put(call, back)
    save(call.db, {**payout, "reversed_by": back["id"]})
    record(call, "payout.created", back)
    plan(call.db, "payout", back["id"], after=SLOWLY)
    return shown(back)


def _give_back(call: Call, payout: Body, kind: str) -> str:
    return balance.book(call, payout, kind, payout["amount"], account=payout["_account"])


def retrieve(call: Call, ref: str) -> Body:
    """One payout of the account that asks."""
    return shown(_mine(call, ref))


def update(call: Call, ref: str) -> Body:
    """Change a payout's metadata."""
    payout = _mine(call, ref)
    before = dict(payout)
    if "metadata" in call.params:
        payout["metadata"] = merged(payout["metadata"], call.params["metadata"])
    save(call.db, payout)
    record(call, "payout.updated", payout, before=before)
    return shown(payout)


def list_payouts(call: Call) -> Body:
    """Payouts of the account that asks, newest first."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("status", "destination")}
    return listing(call, "payout", "/v1/payouts", **asked)


def _mine(call: Call, ref: str) -> Body:
    return get(call, "payout", ref, param="payout")
