"""Disputes: opened by test cards such as 4000 0000 0000 0259; the money is taken back until it is decided.

needs_response -> under_review (evidence sent) -> won or lost; closing gives up. An inquiry (``warning_...``) takes no
money. The documented words of the test mode decide: ``winning_evidence`` and ``losing_evidence``.
"""

from typing import Any

from . import balance, methods
from .endings import SLOWLY
from .errors import StripeError
from .events import record
from .objects import Body, Call, every, find, fresh, get, listing, plan, put, save, shown
from .params import EXPAND, PAGE, Email, Flag, Group, Kind, Metadata, Text, merged

_EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip
_LONG = (
    "access_activity_log", "cancellation_policy_disclosure", "cancellation_rebuttal", "duplicate_charge_explanation",
    "product_description", "refund_policy_disclosure", "refund_refusal_explanation", "uncategorized_text",
)  # fmt: skip
LIST: dict[str, Kind] = {**PAGE, "charge": Text(), "payment_intent": Text()}
UPDATE: dict[str, Kind] = {
    "evidence": Group(
        {
            **{name: Text(clearable=True, longest=20_000 if name in _LONG else 5_000) for name in _EVIDENCE},
            "customer_email_address": Email(clearable=True),
        }
    ),
    "metadata": Metadata(),
    "submit": Flag(),
    "expand": EXPAND,
}
#: What the holder of a card says, and whether it is no more than a question yet.
_COMPLAINTS = {"4000000000002685": ("product_not_received", False), "4000000000001976": ("fraudulent", True)}
_OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
#: How the bank decides, by the words of the evidence.
_VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}
#: What took the money of a dispute, and gives it back when it is won.
_MONEY = "adjustment"


def open_dispute(call: Call, charge_id: str) -> None:
    """The cardholder says the charge was not theirs."""
    charge = get(call, "charge", charge_id)
    if charge["disputed"]:
        return
    method = methods.card_of(get(call, "payment_method", charge["payment_method"]))
    reason, is_question = _COMPLAINTS.get(method.number, ("fraudulent", False))
    dispute = fresh(
        "dispute", "dp",
        amount=charge["amount_captured"] - charge["amount_refunded"], balance_transactions=[], charge=charge_id,
        currency=charge["currency"], evidence=dict.fromkeys(_EVIDENCE),
        evidence_details={"due_by": None, "has_evidence": False, "past_due": False, "submission_count": 0},
        is_charge_refundable=is_question, metadata={}, payment_intent=charge["payment_intent"], reason=reason,
        status="warning_needs_response" if is_question else "needs_response",
    )  # fmt: skip
    put(call, dispute)
    save(call.db, {**charge, "disputed": True})
    if not is_question:
        _move(call, dispute, -dispute["amount"])
    record(call, "charge.dispute.created", dispute)
    if not is_question:
        record(call, "charge.dispute.funds_withdrawn", dispute)


def _move(call: Call, dispute: Body, amount: int) -> None:
    """Take the money from the balance (negative), or give it back."""
    booked = get(call, "balance_transaction", balance.book(call, dispute, _MONEY, amount))
    dispute["balance_transactions"] = [*dispute["balance_transactions"], shown(booked)]
    save(call.db, dispute)


def forbids_refund(call: Call, charge: Body) -> bool:
    """True for a charge whose money was taken back; a question alone forbids nothing."""
    return any(not dispute["is_charge_refundable"] for dispute in every(call.db, "dispute", charge=charge["id"]))


def retrieve(call: Call, ref: str) -> Body:
    """One dispute."""
    return shown(get(call, "dispute", ref, param="dispute"))


def list_disputes(call: Call) -> Body:
    """Disputes, newest first."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("charge", "payment_intent")}
    return listing(call, "dispute", "/v1/disputes", **asked)


def update(call: Call, ref: str) -> Body:
    """Add evidence and, unless ``submit`` is false, send it to the bank; metadata at any time."""
    dispute = get(call, "dispute", ref, param="dispute")
    before = dict(dispute)
    if "metadata" in call.params:
        dispute["metadata"] = merged(dispute["metadata"], call.params["metadata"])
    if "evidence" in call.params:
        if not dispute["status"].endswith("needs_response"):
            raise StripeError(
                400, f"Evidence cannot be changed: this dispute has a status of {dispute['status']}.", param="evidence"
            )
        dispute["evidence"] = {**dispute["evidence"], **call.params["evidence"]}
        dispute["evidence_details"] = {**dispute["evidence_details"], "has_evidence": any(dispute["evidence"].values())}
    if {"evidence", "submit"} & set(call.params) and call.params.get("submit", True):
        _submit(call, dispute)
    save(call.db, dispute)
    record(call, "charge.dispute.updated", dispute, before=before)
    return shown(dispute)


def _submit(call: Call, dispute: Body) -> None:
    details = dispute["evidence_details"]
    dispute |= {
        "status": dispute["status"].replace("needs_response", "under_review"),
        "evidence_details": {**details, "submission_count": details["submission_count"] + 1},
    }
    plan(call.db, "dispute_decided", dispute["id"], after=SLOWLY)


def decide_late(call: Call, ref: str) -> None:
    """The bank's verdict on evidence that holds one of the documented words; any other stays under review."""
    dispute = find(call.db, "dispute", ref)
    if dispute is None or not dispute["status"].endswith("under_review"):
        return
    verdict = _VERDICTS.get((dispute["evidence"]["uncategorized_text"] or "").strip())
    if verdict is not None:
        _end(call, dispute, verdict)


def close(call: Call, ref: str) -> Body:
    """Give up: the cardholder keeps the money."""
    dispute = get(call, "dispute", ref, param="dispute")
    if dispute["status"] not in _OPEN:
        raise StripeError(400, "This dispute is already closed.", param="dispute")
    _end(call, dispute, "lost")
    return shown(dispute)


def _end(call: Call, dispute: Body, verdict: str) -> None:
    before = dict(dispute)
    dispute["status"] = "warning_closed" if dispute["status"].startswith("warning") else verdict
    if dispute["status"] == "won":
        _move(call, dispute, dispute["amount"])
    save(call.db, dispute)
    record(call, "charge.dispute.closed", dispute, before=before)
    if dispute["status"] == "won":
        record(call, "charge.dispute.funds_reinstated", dispute, before=before)
