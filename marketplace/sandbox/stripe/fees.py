"""Application fees: what the platform keeps of a connected account's payment, and what it gives back of that."""

from . import balance
from .errors import StripeError
from .events import record
from .objects import PLATFORM, Body, Call, every, face, fresh, get, listing, put, save, shown
from .params import EXPAND, PAGE, Amount, Kind, Metadata, Text, merged

#: The platform's application, as its fees name it.
APPLICATION = "ca_sandbox"
LIST: dict[str, Kind] = {**PAGE, "charge": Text()}
REFUND: dict[str, Kind] = {"amount": Amount(), "metadata": Metadata(), "expand": EXPAND}
UPDATE_REFUND: dict[str, Kind] = {"metadata": Metadata(), "expand": EXPAND}


def collect(call: Call, charge: Body, amount: int, *, payer: str) -> str:
    """The platform's fee for a charge; returns its id. The charge's own booking took it from ``payer``."""
    fee = fresh(
        "application_fee", "fee",
        account=payer,
        amount=amount,
        amount_refunded=0,
        application=APPLICATION,
        balance_transaction=None,
        charge=charge["id"],
        currency=charge["currency"],
        originating_transaction=None,
        refunded=False,
        _account=PLATFORM,
    )  # fmt: skip
    fee["balance_transaction"] = balance.book(call, fee, "application_fee", amount, account=PLATFORM)
    put(call, fee)
    record(call, "application_fee.created", face(call.db, fee))
    return str(fee["id"])


def refund(call: Call, ref: str) -> Body:
    """Give a fee back to the account that paid it, whole or in part."""
    fee = get(call, "application_fee", ref)
    left = fee["amount"] - fee["amount_refunded"]
    amount = call.params.get("amount", left)
    if left == 0:
        raise StripeError(400, f"Application fee {ref} has already been refunded.")
    if amount > left:
        raise StripeError(
            400, f"Refund amount ({amount}) is greater than unrefunded amount on fee ({left})", param="amount"
        )
    return shown(_give_back(call, fee, amount, call.params.get("metadata")))


def give_back_part(call: Call, charge: Body, refunded: int) -> None:
    """With a refund of the charge: the same part of its fee, as far as it is still kept."""
    fee = every(call.db, "application_fee", id=charge["application_fee"])[0]
    part = balance.part_of(fee["amount"], refunded, charge["amount_captured"])
    amount = min(part, fee["amount"] - fee["amount_refunded"])
    if amount:
        _give_back(call, fee, amount, None)


def _give_back(call: Call, fee: Body, amount: int, metadata: dict[str, str] | None) -> Body:
    back = fresh(
        "fee_refund", "fr",
        amount=amount,
        balance_transaction=None,
        currency=fee["currency"],
        fee=fee["id"],
        metadata=merged({}, metadata or {}),
        _account=PLATFORM,
    )  # fmt: skip
    del back["livemode"]
    back["balance_transaction"] = balance.book(call, back, "application_fee_refund", -amount, account=PLATFORM)
    balance.book(call, back, "adjustment", amount, account=fee["account"])
    put(call, back)
    fee["amount_refunded"] += amount
    fee["refunded"] = fee["amount_refunded"] == fee["amount"]
    save(call.db, fee)
    record(call, "application_fee.refunded", face(call.db, fee))
    return back


def retrieve(call: Call, ref: str) -> Body:
    """One fee with its refunds."""
    return face(call.db, get(call, "application_fee", ref))


def list_fees(call: Call) -> Body:
    """Fees, newest first, by charge."""
    page = listing(call, "application_fee", "/v1/application_fees", charge=call.params.get("charge"))
    page["data"] = [face(call.db, fee) for fee in page["data"]]
    return page


def list_refunds(call: Call, ref: str) -> Body:
    """Refunds of one fee, newest first."""
    get(call, "application_fee", ref)
    return listing(call, "fee_refund", f"/v1/application_fees/{ref}/refunds", fee=ref)


def retrieve_refund(call: Call, ref: str, back: str) -> Body:
    """One refund of one fee."""
    return shown(_refund_of(call, ref, back))


def update_refund(call: Call, ref: str, back: str) -> Body:
    """Change the metadata of a fee's refund."""
    found = _refund_of(call, ref, back)
    if "metadata" in call.params:
        found["metadata"] = merged(found["metadata"], call.params["metadata"])
    save(call.db, found)
    return shown(found)


def _refund_of(call: Call, ref: str, back: str) -> Body:
    found = get(call, "fee_refund", back)
    get(call, "application_fee", ref if found["fee"] == ref else "")
    return found
