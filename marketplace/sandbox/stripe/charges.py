"""Charges: each attempt to take money for a PaymentIntent is one, refused attempts too."""

from typing import Any

from . import balance, shares
from .addresses import SHIPPING
from .cards import BANK_DEBIT, TestCard
from .chargeform import NO_BILLING, blank
from .events import record
from .objects import PLATFORM, Body, Call, get, listing, put, save, shown
from .params import EXPAND, PAGE, Email, Group, Kind, Metadata, Text, merged

LIST: dict[str, Kind] = {**PAGE, "customer": Text(), "payment_intent": Text(), "transfer_group": Text()}
UPDATE: dict[str, Kind] = {
    "customer": Text(),
    "description": Text(clearable=True, longest=40_000),
    "fraud_details": Group({"user_report": Text(required=True, choices=("fraudulent", "safe"))}),
    "metadata": Metadata(),
    "receipt_email": Email(clearable=True),
    "shipping": SHIPPING,
    "transfer_group": Text(),
    "expand": EXPAND,
}


def make(call: Call, intent: Body, method: Body, card: TestCard, *, authenticated: bool) -> Body:
    """Try to charge the card for the whole intent: a succeeded charge (held when captured by hand) or a failed one."""
    pending = card.kind == BANK_DEBIT
    failed = card.code is not None and not pending
    held = intent["capture_method"] == "manual" and not failed
    taken = not (failed or held or pending)
    charge = blank(
        "ch",
        amount=intent["amount"],
        amount_captured=intent["amount"] if taken else 0,
        application_fee_amount=intent["application_fee_amount"],
        billing_details=method["billing_details"] or NO_BILLING,
        captured=taken,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        failure_code=card.code if failed else None,
        failure_message=card.message if failed else None,
        metadata=dict(intent["metadata"]),
        on_behalf_of=intent["on_behalf_of"],
        outcome=outcome_of(refused_as=card.decline_code if failed else None),
        paid=taken or held,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=_details(method, authenticated=authenticated),
        receipt_email=intent["receipt_email"],
        shipping=intent["shipping"],
        statement_descriptor=intent["statement_descriptor"],
        statement_descriptor_suffix=intent["statement_descriptor_suffix"],
        status="failed" if failed else "pending" if pending else "succeeded",
        transfer_data=intent["transfer_data"],
        transfer_group=intent["transfer_group"],
    )
    if charge["transfer_data"] is not None:
        charge["transfer_group"] = charge["transfer_group"] or f"group_{intent['id'] or charge['id']}"
    put(call, charge)
    if charge["captured"]:
        book(call, charge)
    record(call, f"charge.{charge['status']}", charge)
    return charge


def book(call: Call, charge: Body) -> None:
    """Book what was captured, and hand on what belongs to a connected account or to the platform."""
    fee = (charge["application_fee_amount"] or 0) if call.account != PLATFORM else 0
    charge["balance_transaction"] = balance.book(call, charge, "charge", charge["amount_captured"], fee=fee)
    shares.pass_on(call, charge)


def capture(call: Call, charge: Body, amount: int) -> None:
    """Take ``amount`` of a held charge; the rest is released."""
    before = dict(charge)
    charge |= {"captured": True, "amount_captured": amount}
    book(call, charge)
    record(call, "charge.captured", charge, before=before)


def release(call: Call, charge: Body, *, is_expired: bool = False) -> None:
    """Give up a held charge of an intent; ``is_expired`` when nobody asked for it.

    Nothing was taken, so nothing counts as refunded, neither here nor of the rest of a partial capture
    (docs.stripe.com/changelog/basil, 2025-03-31: partial captures and cancellations make no refund).
    """
    if is_expired:
        record(call, "charge.expired", charge)


def retrieve(call: Call, ref: str) -> Body:
    """One charge."""
    return shown(get(call, "charge", ref))


def update(call: Call, ref: str) -> Body:
    """Change a charge's words; never its money."""
    charge = get(call, "charge", ref)
    if "customer" in call.params:
        get(call, "customer", call.params["customer"], param="customer", status=400)
    before = dict(charge)
    for name in ("customer", "description", "fraud_details", "receipt_email", "shipping", "transfer_group"):
        if name in call.params:
            charge[name] = call.params[name]
    if "metadata" in call.params:
        charge["metadata"] = merged(charge["metadata"], call.params["metadata"])
    save(call.db, charge)
    record(call, "charge.updated", charge, before=before)
    return shown(charge)


def list_refunds(call: Call, ref: str) -> Body:
    """Refunds of one charge, newest first."""
    get(call, "charge", ref)
    return listing(call, "refund", f"/v1/charges/{ref}/refunds", charge=ref)


def list_charges(call: Call) -> Body:
    """Charges, newest first, by customer, PaymentIntent or transfer group."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("customer", "payment_intent", "transfer_group")}
    return listing(call, "charge", "/v1/charges", **asked)


def outcome_of(*, refused_as: str | None) -> dict[str, Any]:
    """How the network answered: None for an approval."""
    if refused_as is None:
        return {
            "network_status": "approved_by_network", "reason": None, "risk_level": "normal", "risk_score": 20,
            "seller_message": "Payment complete.", "type": "authorized",
        }  # fmt: skip
    return {
        "network_status": "declined_by_network", "reason": refused_as, "risk_level": "normal",
        "risk_score": 20, "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }  # fmt: skip


def _details(method: Body, *, authenticated: bool) -> dict[str, Any]:
    if method["type"] == BANK_DEBIT:
        account = method[BANK_DEBIT]
        named = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")
        return {BANK_DEBIT: {name: account[name] for name in named}, "type": BANK_DEBIT}
    card = method["card"]
    copied = {
        name: card[name] for name in ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    }
    secure = {
        "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": None,
        "result": "authenticated", "result_reason": None, "transaction_id": None, "version": "2.2.0",
    }  # fmt: skip
    return {
        "card": {
            **copied,
            "checks": {**card["checks"], "cvc_check": "pass"},
            "installments": None,
            "mandate": None,
            "network": card["brand"],
            "three_d_secure": secure if authenticated else None,
            "wallet": None,
        },
        "type": "card",
    }
