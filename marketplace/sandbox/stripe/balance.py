"""Balance transactions: what each charge, refund, transfer and payout does to the balance. The sandbox takes no fee."""

from typing import Any

from .errors import StripeError
from .objects import PLATFORM, Body, Call, every, fresh, get, listing, put, shown
from .params import PAGE, Kind, Text

LIST: dict[str, Kind] = {
    **PAGE, "currency": Text(), "source": Text(), "type": Text(), "payout": Text(),
}  # fmt: skip

_CATEGORIES = {"refund_failure": "refund_failure", "transfer_refund": "transfer_reversal"}


def book(call: Call, source: Body, kind: str, amount: int, *, account: str = PLATFORM) -> str:
    """Book ``amount`` (signed, smallest unit) for ``source`` on an account's balance; returns the transaction's id."""
    entry = fresh(
        "balance_transaction", "txn",
        amount=amount,
        available_on=source["created"],
        currency=source["currency"],
        description=source.get("description"),
        exchange_rate=None,
        fee=0,
        fee_details=[],
        net=amount,
        reporting_category=_CATEGORIES.get(kind, kind),
        source=source["id"],
        status="available",
        type=kind,
        _account=account,
    )  # fmt: skip
    del entry["livemode"]
    put(call.db, entry)
    return str(entry["id"])


def retrieve(call: Call, ref: str) -> Body:
    """One balance transaction."""
    entry = get(call.db, "balance_transaction", ref)
    return shown(get(call.db, "balance_transaction", ref if entry["_account"] == call.account else ""))


def list_transactions(call: Call) -> Body:
    """Balance transactions, newest first."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("currency", "source", "type")}
    if "payout" in call.params:  # payouts by hand hold no charges: of one there is its own line only
        asked["source"] = call.params["payout"]
    return listing(call, "balance_transaction", "/v1/balance_transactions", _account=call.account, **asked)


def balance(call: Call) -> Body:
    """What is available: the sum of all balance transactions per currency."""
    sums = _sums(call, call.account)
    available: list[dict[str, Any]] = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in (sums or {"vnd": 0}).items()
    ]
    pending = [{**entry, "amount": 0, "source_types": {"card": 0}} for entry in available]
    return {"object": "balance", "available": available, "livemode": False, "pending": pending}


def require(call: Call, amount: int, currency: str, *, account: str = PLATFORM) -> None:
    """Raise ``balance_insufficient`` when the account holds less than ``amount``."""
    if _sums(call, account).get(currency, 0) < amount:
        raise StripeError(
            400,
            "You have insufficient available funds in your Stripe account.",
            code="balance_insufficient",
            param="amount",
        )


def _sums(call: Call, account: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in every(call.db, "balance_transaction", _account=account):
        sums[entry["currency"]] = sums.get(entry["currency"], 0) + entry["net"]
    return sums
