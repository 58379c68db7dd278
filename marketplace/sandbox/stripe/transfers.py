"""Transfers to connected accounts and their reversals: separate charges and transfers, as a marketplace needs them."""

from typing import Any

from marketplace.sandbox.settings import Settings

from . import balance
from .chargeform import blank
from .currencies import check_currency
from .errors import StripeError, absent, missing
from .events import record
from .objects import Body, Call, every, face, fresh, get, listing, put, save, seek, shown
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

UPDATE_REVERSAL: dict[str, Kind] = {"metadata": Metadata(), "expand": EXPAND}


def check_create(params: Any, _settings: Settings) -> None:
    """Without a charge to draw on, the amount must be said."""
    check_currency(params)
    if "amount" not in params and "source_transaction" not in params:
        raise absent("amount")


def create(call: Call) -> Body:
    """Move money to a connected account: out of one charge, or out of the available balance."""
    given = call.params
    if seek(call, "account", given["destination"]) is None:
        raise missing("destination", given["destination"], param="destination", status=400)
    amount, source = _amount(call)
    transfer = make(
        call, source, amount, destination=given["destination"], currency=given["currency"].lower(),
        description=given.get("description"), metadata=merged({}, given.get("metadata", {})),
        transfer_group=given.get("transfer_group"),
    )  # fmt: skip
    return face(call.db, transfer)


def make(
    call: Call, source: Body | None, amount: int, *, destination: str, fee: int = 0, currency: str = "", **members: Any
) -> Body:
    """Book ``amount`` from the platform, out of the charge ``source`` if there is one, to an account.

    The account pays the application ``fee`` of a destination charge out of it. Raises nothing: it was checked before.
    """
    members["transfer_group"] = members.get("transfer_group") or (source and _group_of(call, source))
    transfer = fresh(
        "transfer", "tr",
        **{"description": None, "metadata": {}, **members},
        amount=amount,
        amount_reversed=0,
        balance_transaction=None,
        currency=currency or (source or {})["currency"],
        destination=destination,
        reversed=False,
        source_transaction=source["id"] if source else None,
        source_type="card",
    )  # fmt: skip
    transfer["balance_transaction"] = balance.book(call, transfer, "transfer", -amount)
    transfer["destination_payment"] = _arrive(call, transfer, fee)
    put(call, transfer)
    record(call, "transfer.created", face(call.db, transfer))
    return transfer


def _group_of(call: Call, charge: Body) -> str:
    """The group of a charge that is shared out: its own, or ``group_`` and its payment's id, given to it now."""
    if charge["transfer_group"] is None:
        charge["transfer_group"] = f"group_{charge['payment_intent'] or charge['id']}"
        save(call.db, charge)
    return str(charge["transfer_group"])


def _arrive(call: Call, transfer: Body, fee: int) -> str:
    """The payment by which the account sees a transfer arrive; returns its id."""
    payment = blank(
        "py", amount=transfer["amount"], amount_captured=transfer["amount"], currency=transfer["currency"],
        captured=True, paid=True, status="succeeded", source_transfer=transfer["id"],
        application_fee_amount=fee or None, _account=transfer["destination"],
    )  # fmt: skip
    payment["balance_transaction"] = balance.book(
        call, payment, "payment", transfer["amount"], account=transfer["destination"], fee=fee
    )
    return str(put(call, payment)["id"])


def _amount(call: Call) -> tuple[int, Body | None]:
    """How much is moved, and out of which charge; raises when the charge or the balance holds less."""
    given = call.params
    if "source_transaction" not in given:
        amount = int(given["amount"])
        balance.require(call, amount, given["currency"].lower())
        return amount, None
    charge = get(call, "charge", given["source_transaction"], param="source_transaction", status=400)
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
    return amount, charge


def retrieve(call: Call, ref: str) -> Body:
    """One transfer with its reversals."""
    return face(call.db, get(call, "transfer", ref, param="transfer"))


def update(call: Call, ref: str) -> Body:
    """Change a transfer's words; never its money."""
    transfer = get(call, "transfer", ref, param="transfer")
    before = face(call.db, transfer)
    if "description" in call.params:
        transfer["description"] = call.params["description"]
    if "metadata" in call.params:
        transfer["metadata"] = merged(transfer["metadata"], call.params["metadata"])
    save(call.db, transfer)
    record(call, "transfer.updated", face(call.db, transfer), before=before)
    return face(call.db, transfer)


def list_transfers(call: Call) -> Body:
    """Transfers, newest first, by destination or group."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("destination", "transfer_group")}
    page = listing(call, "transfer", "/v1/transfers", **asked)
    page["data"] = [face(call.db, transfer) for transfer in page["data"]]
    return page


def reverse(call: Call, ref: str) -> Body:
    """Take a transfer back, whole or in part, as far as the connected account still holds the money."""
    transfer = get(call, "transfer", ref, param="transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = call.params.get("amount", left)
    if left == 0:
        raise StripeError(400, f"The transfer {ref} is already fully reversed.")
    if amount > left:
        raise StripeError(
            400, f"Reversal amount ({amount}) is greater than the amount left of the transfer ({left}).", param="amount"
        )
    balance.require(call, amount, transfer["currency"], account=transfer["destination"])
    return shown(_take_back(call, transfer, amount, metadata=merged({}, call.params.get("metadata", {}))))


def reverse_part(call: Call, charge: Body, refund: Body) -> Body | None:
    """With a refund of a destination charge: the same part of its transfer, though the account may owe it then.

    None when nothing of the transfer is left.
    """
    transfer = get(call, "transfer", charge["transfer"])
    part = balance.part_of(transfer["amount"], refund["amount"], charge["amount_captured"])
    amount = min(part, transfer["amount"] - transfer["amount_reversed"])
    return _take_back(call, transfer, amount, metadata={}, source_refund=refund["id"]) if amount else None


def _take_back(call: Call, transfer: Body, amount: int, **members: Any) -> Body:
    reversal = fresh(
        "transfer_reversal", "trr",
        **{"source_refund": None, **members},
        amount=amount,
        balance_transaction=None,
        currency=transfer["currency"],
        destination_payment_refund=None,
        transfer=transfer["id"],
    )  # fmt: skip
    del reversal["livemode"]
    reversal["balance_transaction"] = balance.book(call, reversal, "transfer_refund", amount)
    balance.book(call, reversal, "payment_refund", -amount, account=transfer["destination"])
    before = face(call.db, transfer)
    put(call, reversal)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    save(call.db, transfer)
    record(call, "transfer.reversed", face(call.db, transfer), before=before)
    return reversal


def update_reversal(call: Call, ref: str, reversal: str) -> Body:
    """Change a reversal's metadata."""
    found = _reversal(call, ref, reversal)
    if "metadata" in call.params:
        found["metadata"] = merged(found["metadata"], call.params["metadata"])
    save(call.db, found)
    return shown(found)


def list_reversals(call: Call, ref: str) -> Body:
    """Reversals of one transfer, newest first."""
    get(call, "transfer", ref, param="transfer")
    return listing(call, "transfer_reversal", f"/v1/transfers/{ref}/reversals", transfer=ref)


def retrieve_reversal(call: Call, ref: str, reversal: str) -> Body:
    """One reversal of one transfer."""
    return shown(_reversal(call, ref, reversal))


def _reversal(call: Call, ref: str, reversal: str) -> Body:
    found = get(call, "transfer_reversal", reversal)
    get(call, "transfer", ref if found["transfer"] == ref else "", param="transfer")
    return found
