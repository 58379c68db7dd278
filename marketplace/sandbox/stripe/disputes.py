"""Disputes: opened by the test card 4000 0000 0000 0259; money is taken back until it is decided."""

from typing import Any

from . import balance
from .events import record
from .objects import Body, Call, fresh, get, listing, put, save, shown
from .params import PAGE, Kind, Text

LIST: dict[str, Kind] = {**PAGE, "charge": Text(), "payment_intent": Text()}


def open_dispute(call: Call, charge_id: str) -> None:
    """The cardholder says the charge was not theirs."""
    charge = get(call, "charge", charge_id)
    if charge["disputed"]:
        return
    amount = charge["amount_captured"] - charge["amount_refunded"]
    dispute = fresh(
        "dispute", "dp",
        amount=amount, balance_transactions=[], charge=charge_id, currency=charge["currency"],
        evidence={},
        evidence_details={"due_by": None, "has_evidence": False, "past_due": False, "submission_count": 0},
        is_charge_refundable=False, metadata={}, payment_intent=charge["payment_intent"], reason="fraudulent",
        status="needs_response",
    )  # fmt: skip
    put(call, dispute)
    balance.book(call, dispute, "adjustment", -amount)
    save(call.db, {**charge, "disputed": True})
    record(call, "charge.dispute.created", dispute)


def retrieve(call: Call, ref: str) -> Body:
    """One dispute."""
    return shown(get(call, "dispute", ref))


def list_disputes(call: Call) -> Body:
    """Disputes, newest first."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("charge", "payment_intent")}
    return listing(call, "dispute", "/v1/disputes", **asked)
