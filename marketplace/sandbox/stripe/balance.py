"""Balance transactions: what each charge, refund, transfer and payout does to the balance. The sandbox takes no fee."""

from typing import Any

from .objects import Body, Call, every, fresh, get, listing, put, shown
from .params import PAGE, Kind, Text

LIST: dict[str, Kind] = {
    **PAGE, "currency": Text(), "source": Text(), "type": Text(), "payout": Text(),
}  # fmt: skip

_CATEGORIES = {"refund_failure": "refund_failure", "transfer_refund": "transfer_reversal"}


def book(call: Call, source: Body, kind: str, amount: int) -> str:
    """Book ``amount`` (signed, in the smallest unit) for ``source``; returns the transaction's id."""
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
    )  # fmt: skip
    del entry["livemode"]
    put(call.db, entry)
    return str(entry["id"])


def retrieve(call: Call, ref: str) -> Body:
    """One balance transaction."""
    return shown(get(call.db, "balance_transaction", ref))


def list_transactions(call: Call) -> Body:
    """Balance transactions, newest first."""
    asked = {name: call.params.get(name) for name in ("currency", "source", "type")}
    return listing(call, "balance_transaction", "/v1/balance_transactions", **asked)


def balance(call: Call) -> Body:
    """What is available: the sum of all balance transactions per currency."""
    sums: dict[str, int] = {}
    for entry in every(call.db, "balance_transaction"):
        sums[entry["currency"]] = sums.get(entry["currency"], 0) + entry["net"]
    available: list[dict[str, Any]] = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in (sums or {"vnd": 0}).items()
    ]
    pending = [{**entry, "amount": 0, "source_types": {"card": 0}} for entry in available]
    return {"object": "balance", "available": available, "livemode": False, "pending": pending}
