"""A movement that the bank reports, by notice or statement, becomes true here: one function for both."""

from sqlalchemy import select

from marketplace.core.db import db
from marketplace.payments.models import BankReceipt, Refund
from marketplace.payments.movements import Movement
from marketplace.payments.services import receipts, reversing, transferring
from marketplace.payments.services.telling import Told


def follow_movement(movement: Movement) -> Told:
    """Take over one movement, in or out, as often as it is told.

    Ignored, with nothing changed: ``wrong_currency``; ``outgoing`` (money left and nobody here ordered it);
    ``reference_reused`` (a known bank reference with other facts).
    """
    if movement.currency != "VND":
        return Told(None, "wrong_currency")
    if movement.direction == "out":
        return _follow_outgoing(movement)
    back = transferring.hear_return(movement)
    if back is not None:
        return Told(None, known_as=back.return_reference)
    recorded = receipts.record_receipt(movement)
    receipt = recorded.receipt
    if recorded.contradicts:
        return Told(receipt.payment_id, "reference_reused")
    reversing.overtaken_by_reversal(receipt)
    return Told(receipt.payment_id, is_new=recorded.is_new, known_as=receipt.reference)


def _follow_outgoing(movement: Movement) -> Told:
    if transferring.hear_outgoing(movement) is not None:
        return Told(None)
    paid_by_hand = db.session.scalars(select(Refund).where(Refund.gateway_id == movement.bank_reference)).one_or_none()
    if paid_by_hand is not None and paid_by_hand.amount == movement.amount:
        return Told(paid_by_hand.payment_id)
    returned = select(BankReceipt).where(BankReceipt.return_reference == movement.bank_reference)
    if db.session.scalars(returned).one_or_none() is not None:
        return Told(None)
    reversal = reversing.record_reversal(movement)
    if reversal is None:
        return Told(None, "outgoing")
    receipt = db.session.get(BankReceipt, reversal.receipt_id) if reversal.receipt_id else None
    return Told(receipt.payment_id if receipt else None, known_as=reversal.bank_reference)
