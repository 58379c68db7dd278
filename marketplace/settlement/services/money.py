"""What a person decides about waiting money; each decision leaves an audit row in the same transaction."""

from marketplace.audit import services as audit
from marketplace.core import clock
from marketplace.core.errors import Conflict, NotFound
from marketplace.payments import queries as payment_queries
from marketplace.payments import services as payments


def apply_by_hand(receipt_id: int, public_id: str, *, actor_id: int) -> None:
    """Let the rest of a receipt pay for the payment with that public id.

    Raises ``NotFound`` (``payment_unknown``, ``receipt_unknown``), ``Conflict`` (``receipt_decided``) and ``Invalid``
    (``receipt_cannot_pay``).
    """
    payment = payment_queries.find_payment(public_id)
    if payment is None:
        raise NotFound("payment_unknown")
    receipt = payments.apply_receipt(receipt_id, payment)
    audit.record(
        "receipt.applied",
        object_type="bank_receipt",
        object_id=receipt.id,
        actor_id=actor_id,
        payment=payment.public_id,
        applied=receipt.applied,
    )


def mark_returned(receipt_id: int, *, note: str, actor_id: int) -> None:
    """The rest of a receipt was sent back to its payer. Raises as ``payments.return_receipt``."""
    receipt = payments.return_receipt(receipt_id, note=note, occurred_at=clock.now())
    rest = receipt.amount - receipt.applied
    audit.record("receipt.returned", object_type="bank_receipt", object_id=receipt.id, actor_id=actor_id, returned=rest)


def mark_refunded(refund_id: int, *, reference: str, actor_id: int) -> None:
    """A refund was paid back by hand under the bank's or the courier's ``reference``.

    Raises ``NotFound`` (``refund_unknown``) and ``Conflict`` (``refund_closed``).
    """
    refund = payment_queries.get_refund(refund_id)
    if not payments.is_by_hand(refund) or not payments.settle_refund(
        refund, occurred_at=clock.now(), gateway_id=reference
    ):
        raise Conflict("refund_closed")
    audit.record("refund.paid", object_type="refund", object_id=refund.id, actor_id=actor_id, amount=refund.amount)
