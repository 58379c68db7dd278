"""Whose account transferred money came from, as far as the bank told."""

from sqlalchemy import select

from marketplace.core.db import db
from marketplace.payments.models import BankReceipt, Payment, ReceiptApplication
from marketplace.payments.services import transferring
from marketplace.payments.settings import Payee


def payer_of(receipt: BankReceipt) -> Payee | None:
    """The account that a receipt came from, when the bank told enough of it to pay there; else None."""
    payee = Payee(receipt.payer_bin, receipt.payer_account, receipt.payer_name)
    return payee if transferring.is_usable(payee) else None


def payer_of_payment(payment: Payment) -> Payee | None:
    """The one account that all transfers of a payment on our account came from; None when that is not known."""
    statement = (
        select(BankReceipt)
        .join(ReceiptApplication, ReceiptApplication.receipt_id == BankReceipt.id)
        .where(ReceiptApplication.payment_id == payment.id, ReceiptApplication.released_at.is_(None))
        .order_by(BankReceipt.id)
    )
    receipts = db.session.scalars(statement).all()
    payers = {(receipt.payer_bin, receipt.payer_account) for receipt in receipts}
    if len(payers) != 1 or not all(receipt.is_ours for receipt in receipts):
        return None
    return payer_of(receipts[0])
