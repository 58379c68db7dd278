"""Charges without a PaymentIntent, as older integrations make them: ``source=tok_visa``, capture by hand."""

from typing import Any

from marketplace.sandbox.settings import Settings

from . import charges, methods, shares
from .addresses import SHIPPING
from .cards import Act
from .confirming import HOLD, Refusal
from .currencies import check_currency
from .errors import BadParameter, StripeError
from .events import record
from .known import RADAR
from .objects import PLATFORM, Body, Call, find, get, plan, save, shown
from .params import (
    EXPAND,
    Amount,
    Descriptor,
    EitherOr,
    Email,
    Flag,
    Group,
    Kind,
    Metadata,
    Text,
    check_size,
    merged,
    not_kept,
    refuse_both,
)
from .tokens import CARD

_TYPED = Group({**CARD, "object": Text(choices=("card",)), "metadata": Metadata()})
CREATE: dict[str, Kind] = {
    "amount": Amount(required=True),
    "currency": Text(required=True),
    "source": Text(),
    "card": EitherOr((Text(), _TYPED)),
    "capture": Flag(),
    "customer": Text(longest=500),
    "description": Text(clearable=True, longest=40_000),
    "metadata": Metadata(),
    "radar_options": RADAR,
    "receipt_email": Email(),
    "shipping": SHIPPING,
    "statement_descriptor": Descriptor(),
    "statement_descriptor_suffix": Descriptor(),
    "transfer_group": Text(),
    **shares.PARAMS,
    "expand": EXPAND,
    **not_kept("application_fee", "destination", why="give application_fee_amount and transfer_data"),
}
CAPTURE: dict[str, Kind] = {
    "amount": Amount(),
    "receipt_email": Email(),
    "statement_descriptor": Descriptor(),
    "statement_descriptor_suffix": Descriptor(),
    "transfer_group": Text(),
    **shares.LATER,
    "expand": EXPAND,
    **not_kept("application_fee", why="give application_fee_amount"),
}
_COPIED = (
    "customer", "description", "receipt_email", "shipping", "statement_descriptor", "statement_descriptor_suffix",
    "transfer_group",
)  # fmt: skip


def check_create(params: Any, _settings: Settings) -> None:
    """What is refused before anything runs; raises BadParameter."""
    check_currency(params)
    check_size(params["amount"], params["currency"])
    refuse_both(params, "card", "source", param="card")
    if not {"source", "card", "customer"} & set(params):
        raise BadParameter("Must provide source or customer.", param=None, code="parameter_missing")


def create(call: Call) -> Body:
    """Charge a source at once, or hold its money with ``capture=false``. Raises the card's Refusal, which is kept."""
    given = call.params
    if "customer" in given:
        get(call, "customer", given["customer"], param="customer", status=400)
    source = given.get("source", given.get("card"))
    if source is None:
        raise StripeError(
            402, "Cannot charge a customer that has no active card", kind="card_error", code="missing", param="card"
        )
    payment = _payment(call, given)
    method = methods.source_method(call, source, param="source" if "source" in given else "card")
    card = methods.card_of(method)
    if card.act is Act.ASK:
        raise Refusal(
            402, "Your card was declined. This transaction requires authentication.", kind="card_error",
            code="authentication_required", decline_code="authentication_required",
        )  # fmt: skip
    charge = charges.make(call, payment, method, card, authenticated=False)
    if card.code is not None:
        raise Refusal(
            402, card.message, kind="card_error", code=card.code, decline_code=card.decline_code, charge=charge["id"]
        )
    if not charge["captured"]:
        plan(call.db, "release_charge", charge["id"], after=HOLD)
    return shown(charge)


def _payment(call: Call, given: Any) -> Body:
    """What ``charges.make`` asks of an intent."""
    payment: Body = {
        "id": None, "amount": given["amount"], "currency": given["currency"].lower(), "application_fee_amount": None,
        "capture_method": "automatic" if given.get("capture", True) else "manual", "on_behalf_of": None,
        "metadata": merged({}, given.get("metadata", {})), "transfer_data": None,
        **{name: given.get(name) for name in _COPIED},
    }  # fmt: skip
    shares.take(call, payment, given)
    return payment


def capture(call: Call, ref: str) -> Body:
    """Take the held money of a charge, or a part of it: the rest is released."""
    charge = get(call, "charge", ref, param="charge")
    if charge["payment_intent"] is not None:
        raise StripeError(
            400, f"Charge {ref} belongs to a PaymentIntent: capture {charge['payment_intent']} instead.", param="charge"
        )
    if charge["captured"]:
        raise StripeError(400, f"Charge {ref} has already been captured.", code="charge_already_captured")
    if charge["status"] != "succeeded" or charge["refunded"]:
        raise StripeError(
            400, f"Charge {ref} cannot be captured because it has failed, was refunded or has expired.",
            code="charge_expired_for_capture",
        )  # fmt: skip
    amount = call.params.get("amount", charge["amount"])
    if amount > charge["amount"]:
        raise StripeError(
            400, f"You cannot capture more ({amount}) than the charge holds ({charge['amount']}).", param="amount",
            code="amount_too_large",
        )  # fmt: skip
    for name in ("receipt_email", "statement_descriptor", "statement_descriptor_suffix", "transfer_group"):
        if name in call.params:
            charge[name] = call.params[name]
    shares.change(call, charge, call.params)
    shares.check_amounts(charge, amount, is_direct=call.account != PLATFORM)
    charges.capture(call, charge, amount)
    return shown(charge)


def release_late(call: Call, ref: str) -> None:
    """Nobody captured it in time."""
    charge = find(call.db, "charge", ref)
    if charge is not None and not charge["captured"] and not charge["refunded"]:
        _mark_refunded(call, charge, "charge.expired")


def give_up(call: Call, charge: Body, amount: int | None) -> None:
    """A refund of money that was only held gives it up whole; raises StripeError for a part of it."""
    if amount not in (None, charge["amount"]):
        raise StripeError(400, "A charge that was not captured is refunded whole.", param="amount")
    _mark_refunded(call, charge, "charge.refunded")


def _mark_refunded(call: Call, charge: Body, kind: str) -> None:
    """A held charge without an intent counts as refunded when it is given up or was not captured in time."""
    before = dict(charge)
    charge |= {"amount_refunded": charge["amount"], "refunded": True}
    save(call.db, charge)
    record(call, kind, charge, before=before)
