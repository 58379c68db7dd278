"""Balance transactions: what each charge, refund, transfer and payout does to the balance.

The sandbox takes no fee of its own; a connected account's charge pays the platform's application fee.
"""

from typing import Any

from .errors import StripeError
from .objects import Body, Call, every, fresh, get, listing, put, shown
from .params import PAGE, Kind, Text

LIST: dict[str, Kind] = {
    **PAGE, "currency": Text(), "source": Text(), "type": Text(), "payout": Text(),
}  # fmt: skip

_CATEGORIES = {
    "application_fee": "platform_earning", "application_fee_refund": "platform_earning_refund", "payment": "charge",
    "payment_refund": "refund", "transfer_refund": "transfer_reversal", "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal", "adjustment": "other_adjustment",
}  # fmt: skip


def part_of(whole: int, refunded: int, charged: int) -> int:
    """The part of a fee or transfer that goes with a refund: in proportion, rounded to the nearest unit."""
    return (whole * refunded * 2 + charged) // (charged * 2)


def book(call: Call, source: Body, kind: str, amount: int, *, account: str | None = None, fee: int = 0) -> str:
    """Book ``amount`` (signed, smallest unit) for ``source`` on a balance, less the platform's application ``fee``.

    On that of the account that asks, unless another is named. Returns the transaction's id.
    """
    detail = {
        "amount": fee, "application": "ca_sandbox", "currency": source["currency"],
        "description": "Application fee", "type": "application_fee",
    }  # fmt: skip
    entry = fresh(
        "balance_transaction", "txn",
        amount=amount,
        available_on=source["created"],
        currency=source["currency"],
        description=source.get("description"),
        exchange_rate=None,
        fee=fee,
        fee_details=[detail] if fee else [],
        net=amount - fee,
        reporting_category=_CATEGORIES.get(kind, kind),
        source=source["id"],
        status="available",
        type=kind,
        _account=account or call.account,
    )  # fmt: skip
    del entry["livemode"]
    put(call, entry)
    return str(entry["id"])


def retrieve(call: Call, ref: str) -> Body:
    """One balance transaction."""
    return shown(get(call, "balance_transaction", ref))


def list_transactions(call: Call) -> Body:
    """Balance transactions, newest first."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("currency", "source", "type")}
    if "payout" in call.params:  # every payout here was ordered by hand
        get(call, "payout", call.params["payout"], param="payout", status=400)
        raise StripeError(
            400, "Balance transaction history can only be filtered on automatic transfers, not manual.", param="payout"
        )
    return listing(call, "balance_transaction", "/v1/balance_transactions", **asked)


def balance(call: Call) -> Body:
    """What is available: the sum of all balance transactions per currency."""
    sums = _sums(call, call.account)
    available: list[dict[str, Any]] = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in (sums or {"vnd": 0}).items()
    ]
    pending = [{**entry, "amount": 0, "source_types": {"card": 0}} for entry in available]
    return {"object": "balance", "available": available, "livemode": False, "pending": pending}


_TOO_LITTLE = (
    "You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance "
    "by creating Charges using the 4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance"
)
TOO_LITTLE_TO_PAY_OUT = (
    "You have insufficient funds in your Stripe account for this transfer. Your card balance is too low. You can use "
    "the /v1/balance endpoint to view your Stripe balance (for more details, see stripe.com/docs/api#balance)."
)


def require(call: Call, amount: int, currency: str, *, account: str | None = None, words: str = _TOO_LITTLE) -> None:
    """Raise ``balance_insufficient`` when the account (that asks, or this one) holds less than ``amount``.

    All that it holds is of cards: there is nothing where a call asks for money of another ``source_type``.
    """
    held = _sums(call, account or call.account).get(currency, 0)
    if call.params.get("source_type", "card") != "card" or held < amount:
        raise StripeError(400, words, code="balance_insufficient")


def _sums(call: Call, account: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in every(call.db, "balance_transaction", _account=account):
        sums[entry["currency"]] = sums.get(entry["currency"], 0) + entry["net"]
    return sums
