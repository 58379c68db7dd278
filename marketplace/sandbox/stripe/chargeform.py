"""The form of a charge before anything is written into it; every kind of payment fills it in."""

from typing import Any

from .objects import Body, fresh

NO_BILLING: Body = {
    "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
    "email": None, "name": None, "phone": None,
}  # fmt: skip


def blank(prefix: str, **members: Any) -> Body:
    """A new charge, not stored yet: ``members`` filled in, everything else empty."""
    charge = fresh(
        "charge", prefix,
        amount=0, amount_captured=0, amount_refunded=0, application=None, application_fee=None,
        application_fee_amount=None, balance_transaction=None, billing_details=NO_BILLING,
        calculated_statement_descriptor="SANDBOX", captured=False, currency=None, customer=None, description=None,
        disputed=False, failure_balance_transaction=None, failure_code=None, failure_message=None, fraud_details={},
        metadata={}, on_behalf_of=None, outcome=None, paid=False, payment_intent=None, payment_method=None,
        payment_method_details=None, receipt_email=None, receipt_number=None, receipt_url=None, refunded=False,
        review=None, shipping=None, source_transfer=None, statement_descriptor=None,
        statement_descriptor_suffix=None, status="pending", transfer_data=None, transfer_group=None,
    )  # fmt: skip
    return {**charge, **members}
