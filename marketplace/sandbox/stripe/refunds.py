"""Refunds: part or all of a captured charge, never more; two test cards answer late or change their mind."""

from typing import Any

from marketplace.sandbox.settings import Settings

from . import balance, disputes, methods, oldcharges, shares
from .cards import Act
from .currencies import money
from .endings import SLOWLY
from .errors import BadParameter, StripeError
from .events import record
from .objects import Body, Call, fresh, get, listing, plan, put, save, shown
from .params import EXPAND, PAGE, Amount, Flag, Kind, Metadata, Text, merged, not_kept

CREATE: dict[str, Kind] = {
    "amount": Amount(),
    "charge": Text(),
    "payment_intent": Text(),
    "expand": EXPAND,
    "instructions_email": Text(),
    "metadata": Metadata(),
    "reason": Text(choices=("duplicate", "fraudulent", "requested_by_customer")),
    "refund_application_fee": Flag(),
    "reverse_transfer": Flag(),
    **not_kept("currency", "customer", "origin", why="it keeps no cash balances of customers"),
}
UPDATE: dict[str, Kind] = {"metadata": Metadata(), "expand": EXPAND}
LIST: dict[str, Kind] = {**PAGE, "charge": Text(), "payment_intent": Text()}


def check_create(params: Any, _settings: Settings) -> None:
    """A refund names a charge or an intent; raises BadParameter."""
    if "charge" not in params and "payment_intent" not in params:
        raise BadParameter(
            "One of the following params should be provided for this request: payment_intent or charge.",
            param=None,
        )


def create(call: Call) -> Body:
    """Give back ``amount``, or all that is left."""
    charge = _charge(call)
    if not charge["captured"] and not charge["refunded"]:
        return _of_held(call, charge)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise StripeError(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = call.params.get("amount", left)
    if amount > left:
        raise StripeError(
            400,
            f"Refund amount ({money(amount, charge['currency'])}) is greater than "
            f"{'unrefunded amount on charge' if charge['amount_refunded'] else 'charge amount'} "
            f"({money(left, charge['currency'])})",
            param="amount",
        )
    if charge["disputed"] and disputes.forbids_refund(call, charge):
        raise StripeError(
            400, f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    act = methods.card_of(get(call, "payment_method", charge["payment_method"])).act
    refund = put(call, _new(call.params, charge, amount, act))
    refund["balance_transaction"] = balance.book(call, refund, "refund", -amount)
    shares.take_back(call, refund, charge, call.params)
    save(call.db, refund)
    before = dict(charge)
    _count(call, charge, amount)
    record(call, "refund.created", refund)
    record(call, "charge.refunded", charge, before=before)
    if act is Act.REFUND_PENDING:
        plan(call.db, "refund_succeeds", refund["id"], after=SLOWLY)
    if act is Act.REFUND_FAILS:
        plan(call.db, "refund_fails", refund["id"], after=SLOWLY)
    return shown(refund)


def _of_held(call: Call, charge: Body) -> Body:
    """Money of an old charge that was only held is given up whole; nothing was booked."""
    oldcharges.give_up(call, charge, call.params.get("amount"))
    refund = put(call, _new(call.params, charge, charge["amount"], Act.NONE))
    record(call, "refund.created", refund)
    return shown(refund)


def _charge(call: Call) -> Body:
    """The captured charge a refund is for."""
    if "payment_intent" in call.params:
        intent = get(call, "payment_intent", call.params["payment_intent"], param="payment_intent", status=400)
        if intent["status"] != "succeeded":
            raise _unpaid(intent["id"])
        charge = get(call, "charge", intent["latest_charge"])
        if call.params.get("charge", charge["id"]) != charge["id"]:
            raise StripeError(400, "The charge does not belong to the payment_intent.", param="charge")
        return charge
    charge = get(call, "charge", call.params["charge"])
    if not charge["captured"] and charge["payment_intent"]:
        raise _uncaptured(call, charge["payment_intent"])
    if not charge["captured"] and charge["status"] != "succeeded":
        raise StripeError(400, f"Charge {charge['id']} did not succeed, so it cannot be refunded.", param="charge")
    return charge


def _unpaid(intent: str) -> StripeError:
    return StripeError(400, f"This PaymentIntent ({intent}) does not have a successful charge to refund.")


def _uncaptured(call: Call, ref: str) -> StripeError:
    if get(call, "payment_intent", ref)["status"] != "requires_capture":
        return _unpaid(ref)
    return StripeError(
        400,
        f"This uncaptured Charge was created by a PaymentIntent ({ref}). You must cancel the PaymentIntent to reverse "
        "the authorization instead of refunding the Charge directly.",
    )


def _new(given: Any, charge: Body, amount: int, act: Act) -> Body:
    refund = fresh(
        "refund", "re",
        amount=amount,
        balance_transaction=None,
        charge=charge["id"],
        currency=charge["currency"],
        metadata=merged({}, given.get("metadata", {})),
        payment_intent=charge["payment_intent"],
        reason=given.get("reason"),
        receipt_number=None,
        source_transfer_reversal=None,
        status="pending" if act is Act.REFUND_PENDING else "succeeded",
        transfer_reversal=None,
    )  # fmt: skip
    del refund["livemode"]
    return refund


def _count(call: Call, charge: Body, amount: int) -> None:
    """Keep the charge's refunded total in step; ``amount`` is negative when a refund failed."""
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    save(call.db, charge)


def succeed_late(call: Call, ref: str) -> None:
    """A pending refund reaches the customer."""
    refund = get(call, "refund", ref)
    if refund["status"] == "pending":
        before = dict(refund)
        refund["status"] = "succeeded"
        save(call.db, refund)
        record(call, "refund.updated", refund, before=before)
        record(call, "charge.refund.updated", refund, before=before)


def fail_late(call: Call, ref: str) -> None:
    """A refund that looked successful comes back: the charge's money is ours again."""
    refund = get(call, "refund", ref)
    if refund["status"] != "succeeded":
        return
    before = dict(refund)
    refund |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
    refund["failure_balance_transaction"] = balance.book(call, refund, "refund_failure", refund["amount"])
    save(call.db, refund)
    _count(call, get(call, "charge", refund["charge"]), -refund["amount"])
    for kind in ("refund.updated", "refund.failed", "charge.refund.updated"):
        record(call, kind, refund, before=before)


def retrieve(call: Call, ref: str) -> Body:
    """One refund."""
    return shown(get(call, "refund", ref, param="refund"))


def update(call: Call, ref: str) -> Body:
    """Change a refund's metadata."""
    refund = get(call, "refund", ref, param="refund")
    before = dict(refund)
    if "metadata" in call.params:
        refund["metadata"] = merged(refund["metadata"], call.params["metadata"])
    save(call.db, refund)
    record(call, "refund.updated", refund, before=before)
    return shown(refund)


def cancel(call: Call, ref: str) -> Body:
    """Only refunds that wait for the customer can be cancelled; card refunds never do."""
    refund = get(call, "refund", ref, param="refund")
    raise StripeError(
        400, f"Refund {ref} cannot be canceled because it has a status of {refund['status']}.", param="id"
    )


def list_refunds(call: Call) -> Body:
    """Refunds, newest first, by charge or intent."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("charge", "payment_intent")}
    return listing(call, "refund", "/v1/refunds", **asked)
