"""Transfers to connected accounts and their reversals: separate charges and transfers, as a marketplace needs them."""

from typing import Any

from marketplace.sandbox.settings import Settings

from . import balance
from .errors import BadParameter, StripeError
from .events import record
from .objects import Body, Call, every, fresh, get, listing, put, save, shown
from .params import EXPAND, PAGE, Amount, Flag, Kind, Metadata, Text, merged

CREATE: dict[str, Kind] = {
    "amount": Amount(),
    "currency": Text(required=True),
    "destination": Text(required=True),
    "description": Text(clearable=True),
    "metadata": Metadata(),
    "source_transaction": Text(),
    "source_type": Text(choices=("bank_account", "card", "fpx")),
    "transfer_group": Text(),
    "expand": EXPAND,
}
UPDATE: dict[str, Kind] = {"description": Text(clearable=True), "metadata": Metadata(), "expand": EXPAND}
LIST: dict[str, Kind] = {**PAGE, "destination": Text(), "transfer_group": Text()}
REVERSE: dict[str, Kind] = {
    "amount": Amount(),
    "description": Text(clearable=True),
    "metadata": Metadata(),
    "refund_application_fee": Flag(),
    "expand": EXPAND,
}


def check_create(params: Any, _settings: Settings) -> None:
    """Without a charge to draw on, the amount must be said."""
    if "amount" not in params and "source_transaction" not in params:
        raise BadParameter("Missing required param: amount.", param="amount", code="parameter_missing")


def create(call: Call) -> Body:
    """Move money to a connected account: out of one charge, or out of the available balance."""
    given = call.params
    get(call.db, "account", given["destination"], param="destination", status=400)
    amount = _amount(call)
    group = given.get("transfer_group")
    if "source_transaction" in given and group is None:
        group = get(call.db, "charge", given["source_transaction"])["transfer_group"]
    transfer = fresh(
        "transfer", "tr",
        amount=amount,
        amount_reversed=0,
        balance_transaction=None,
        currency=given["currency"].lower(),
        description=given.get("description"),
        destination=given["destination"],
        metadata=merged({}, given.get("metadata", {})),
        reversed=False,
        source_transaction=given.get("source_transaction"),
        source_type="card",
        transfer_group=group,
    )  # fmt: skip
    transfer["balance_transaction"] = balance.book(call, transfer, "transfer", -amount)
    balance.book(call, transfer, "payment", amount, account=given["destination"])
    put(call.db, transfer)
    record(call, "transfer.created", _face(call, transfer))
    return _face(call, transfer)


def _amount(call: Call) -> int:
    """How much is moved; raises when the charge or the balance holds less."""
    given = call.params
    if "source_transaction" not in given:
        amount = int(given["amount"])
        balance.require(call, amount, given["currency"].lower())
        return amount
    charge = get(call.db, "charge", given["source_transaction"], param="source_transaction", status=400)
    if not charge["captured"]:
        raise StripeError(400, f"Charge {charge['id']} was not captured.", param="source_transaction")
    if charge["currency"] != given["currency"].lower():
        raise StripeError(400, "The currency of source_transaction must match currency.", param="currency")
    moved = sum(transfer["amount"] for transfer in every(call.db, "transfer", source_transaction=charge["id"]))
    left = charge["amount_captured"] - moved
    amount = int(given.get("amount", left))
    if amount > left or amount == 0:
        raise StripeError(
            400,
            f"Cannot use a source_transaction of {charge['id']} because the transfer amount {amount} exceeds the "
            f"amount of {left} that is left of it.",
            param="amount",
        )
    return amount


def retrieve(call: Call, ref: str) -> Body:
    """One transfer with its reversals."""
    return _face(call, get(call.db, "transfer", ref, param="transfer"))


def update(call: Call, ref: str) -> Body:
    """Change a transfer's words; never its money."""
    transfer = get(call.db, "transfer", ref, param="transfer")
    before = _face(call, transfer)
    if "description" in call.params:
        transfer["description"] = call.params["description"]
    if "metadata" in call.params:
        transfer["metadata"] = merged(transfer["metadata"], call.params["metadata"])
    save(call.db, transfer)
    record(call, "transfer.updated", _face(call, transfer), before=before)
    return _face(call, transfer)


def list_transfers(call: Call) -> Body:
    """Transfers, newest first, by destination or group."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("destination", "transfer_group")}
    page = listing(call, "transfer", "/v1/transfers", **asked)
    page["data"] = [_face(call, transfer) for transfer in page["data"]]
    return page


def reverse(call: Call, ref: str) -> Body:
    """Take a transfer back, whole or in part, as far as the connected account still holds the money."""
    transfer = get(call.db, "transfer", ref, param="transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = call.params.get("amount", left)
    if left == 0:
        raise StripeError(400, f"Transfer {ref} has already been fully reversed.", code="transfer_already_reversed")
    if amount > left:
        raise StripeError(
            400, f"Reversal amount ({amount}) is greater than the amount left of the transfer ({left}).", param="amount"
        )
    balance.require(call, amount, transfer["currency"], account=transfer["destination"])
    reversal = fresh(
        "transfer_reversal", "trr",
        amount=amount,
        balance_transaction=None,
        currency=transfer["currency"],
        destination_payment_refund=None,
        metadata=merged({}, call.params.get("metadata", {})),
        source_refund=None,
        transfer=ref,
    )  # fmt: skip
    del reversal["livemode"]
    reversal["balance_transaction"] = balance.book(call, reversal, "transfer_refund", amount)
    balance.book(call, reversal, "payment_refund", -amount, account=transfer["destination"])
    before = _face(call, transfer)
    put(call.db, reversal)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    save(call.db, transfer)
    record(call, "transfer.reversed", _face(call, transfer), before=before)
    return shown(reversal)


def list_reversals(call: Call, ref: str) -> Body:
    """Reversals of one transfer, newest first."""
    get(call.db, "transfer", ref, param="transfer")
    return listing(call, "transfer_reversal", f"/v1/transfers/{ref}/reversals", transfer=ref)


def retrieve_reversal(call: Call, ref: str, reversal: str) -> Body:
    """One reversal of one transfer."""
    found = get(call.db, "transfer_reversal", reversal)
    get(call.db, "transfer", ref if found["transfer"] == ref else "", param="transfer")
    return shown(found)


def _face(call: Call, transfer: Body) -> Body:
    reversals = [shown(reversal) for reversal in reversed(every(call.db, "transfer_reversal", transfer=transfer["id"]))]
    url = f"/v1/transfers/{transfer['id']}/reversals"
    return {**shown(transfer), "reversals": {"object": "list", "url": url, "has_more": False, "data": reversals[:10]}}
