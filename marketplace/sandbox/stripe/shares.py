"""What of a charge goes to a connected account, and what of it the platform keeps (docs.stripe.com/connect/charges).

Destination charge (``transfer_data``): the platform charges, and a transfer that the charge makes by itself hands the
money on; the account pays the application fee out of it. Direct charge (``Stripe-Account``): the account itself
charges, and pays the fee out of what it was paid.
"""

from typing import Any

from . import fees, transfers
from .currencies import MOST
from .errors import StripeError, exclusive, missing
from .objects import PLATFORM, Body, Call, save, seek
from .params import Amount, Group, Kind, Text, Whole

PARAMS: dict[str, Kind] = {
    "application_fee_amount": Whole(least=0, most=MOST),
    "on_behalf_of": Text(),
    "transfer_data": Group({"destination": Text(required=True), "amount": Amount()}),
}
#: An intent that stands keeps its destination; only the amounts may change.
LATER: dict[str, Kind] = {
    "application_fee_amount": Whole(least=0, most=MOST),
    "transfer_data": Group({"amount": Amount()}),
}
#: Before it is paid, the fee may be taken back, too.
UPDATED: dict[str, Kind] = {**LATER, "application_fee_amount": Whole(least=0, most=MOST, clearable=True)}


def change(call: Call, payment: Body, given: Any) -> None:
    """The amounts of ``LATER`` as a capture says them anew; raises StripeError."""
    if "application_fee_amount" in given:
        payment["application_fee_amount"] = given["application_fee_amount"]
    if "transfer_data" in given:
        payment["transfer_data"] = {**(payment["transfer_data"] or {}), **given["transfer_data"]}
    _check_accounts(call, payment)


def take(call: Call, payment: Body, given: Any) -> None:
    """Put the asked shares on an intent or charge that is being made or changed; raises StripeError."""
    for name in ("application_fee_amount", "on_behalf_of"):
        if name in given:
            payment[name] = given[name]
    if "transfer_data" in given:
        payment["transfer_data"] = {**(payment["transfer_data"] or {}), **given["transfer_data"]}
    _check_accounts(call, payment)
    check_amounts(payment, payment["amount"], is_direct=call.account != PLATFORM)


def _check_accounts(call: Call, payment: Body) -> None:
    destination = (payment["transfer_data"] or {}).get("destination")
    if payment["transfer_data"] is not None and destination is None:
        raise StripeError(
            400, "You cannot set transfer_data[amount]: this payment has no destination.", param="transfer_data[amount]"
        )
    if destination and call.account != PLATFORM:
        raise StripeError(
            400, "A direct charge (Stripe-Account) cannot be a destination charge, too: leave transfer_data out.",
            param="transfer_data",
        )  # fmt: skip
    if destination and seek(call, "account", destination) is None:
        raise missing("destination", destination, param="transfer_data[destination]", status=400)
    if payment["on_behalf_of"] and seek(call, "account", payment["on_behalf_of"]) is None:
        raise missing("on_behalf_of", payment["on_behalf_of"], param="on_behalf_of", status=400)


def check_amounts(payment: Body, amount: int, *, is_direct: bool) -> None:
    """Fee and transfer fit into ``amount``, and a fee has somebody who pays it; raises StripeError."""
    fee, data = payment["application_fee_amount"], payment["transfer_data"] or {}
    if fee is not None and "amount" in data:
        raise exclusive("application_fee_amount", "transfer_data[amount]", param="application_fee_amount")
    if fee is not None and not data and not is_direct:
        raise StripeError(
            400,
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an "
            "OAuth key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).",
            param="application_fee_amount",
        )
    if fee is not None and fee > amount:
        raise StripeError(
            400, f"Your application fee ({fee}) cannot be larger than the charge amount ({amount}).",
            param="application_fee_amount",
        )  # fmt: skip
    if data.get("amount", 0) > amount:
        raise StripeError(
            400, f"The transfer amount ({data['amount']}) cannot be larger than the charge amount ({amount}).",
            param="transfer_data[amount]",
        )  # fmt: skip


def pass_on(call: Call, charge: Body) -> None:
    """Hand on the money that a charge has taken: its transfer, and the platform's fee."""
    data, fee = charge["transfer_data"], charge["application_fee_amount"] or 0
    payer = call.account
    if data is not None:
        payer = data["destination"]
        amount = data.get("amount") or charge["amount_captured"]
        transfer = transfers.make(call, charge, amount, destination=payer, fee=fee)
        charge["transfer"] = transfer["id"]
    if fee:
        charge["application_fee"] = fees.collect(call, charge, fee, payer=payer)
    save(call.db, charge)


def take_back(call: Call, refund: Body, charge: Body, given: Any) -> None:
    """What a refund takes back with it when it is asked to: its part of the fee, its part of the transfer."""
    if given.get("refund_application_fee"):
        if charge["application_fee"] is None:
            raise StripeError(
                400, f"Charge {charge['id']} has no application fee to refund.", param="refund_application_fee"
            )
        fees.give_back_part(call, charge, refund["amount"])
    if given.get("reverse_transfer"):
        if "transfer" not in charge:
            raise StripeError(
                400, f"Charge {charge['id']} has no associated transfer to reverse.", param="reverse_transfer"
            )
        reversal = transfers.reverse_part(call, charge, refund)
        if reversal is not None:
            refund["transfer_reversal"] = reversal["id"]
