"""Giving transferred money back by a transfer the other way: refunds, and receipts that pay for nothing."""

from datetime import datetime

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.payments.models import BankReceipt, OutgoingTransfer, ReceiptState, Refund, TransferPurpose
from marketplace.payments.services import queue, refunds, settling
from marketplace.payments.settings import Payee
from marketplace.payments.transfers import TransferHandler


def pay_refund_to(refund: Refund, payee: Payee) -> OutgoingTransfer:
    """Pay a refund that waits for a person to the account that the person found out; it becomes a transfer.

    Raises ``Conflict`` (``refund_closed``) when it is paid, on its way or failed; ``Invalid`` (``payee_unusable``).
    """
    settling.lock(refund.payment_id)
    db.session.refresh(refund)
    if not refunds.is_by_hand(refund):
        raise Conflict("refund_closed")
    return refunds.send_by_bank(refund, payee)


class RefundTransfers(TransferHandler):
    """Refunds of transfers. ``refund:transit`` is used within one transaction only: it is zero whenever one looks."""

    def account(self, transfer: OutgoingTransfer) -> str:
        """``refund:transit``, which ``refund_settled`` fills from where the payment's money is held."""
        return refunds.TRANSIT

    def on_succeeded(self, transfer: OutgoingTransfer, occurred_at: datetime) -> None:
        """The refund is paid; the bank's reference becomes its own."""
        refunds.settle_refund(_refund_of(transfer), occurred_at=occurred_at, gateway_id=transfer.bank_reference)

    def on_failed(self, transfer: OutgoingTransfer) -> None:
        """The refund did not work."""
        refund = _refund_of(transfer)
        queue.let_refund_wait(refund, "refund_failed")
        refunds.fail_refund(refund, code=str(transfer.last_error), occurred_at=clock.now())

    def on_returned(self, transfer: OutgoingTransfer, occurred_at: datetime) -> None:
        """The refund had worked and the money came back."""
        refund = _refund_of(transfer)
        queue.let_refund_wait(refund, "refund_came_back")
        refunds.return_refund(refund, occurred_at=occurred_at)


class ReceiptReturns(TransferHandler):
    """Unapplied money on its way back to its payer: it stays in ``unapplied`` until the bank has paid it."""

    def account(self, transfer: OutgoingTransfer) -> str:
        """``unapplied``."""
        return settling.UNAPPLIED

    def on_succeeded(self, transfer: OutgoingTransfer, occurred_at: datetime) -> None:
        """The rest is back with its payer."""
        _receipt_of(transfer).state = ReceiptState.RETURNED
        db.session.flush()

    def on_failed(self, transfer: OutgoingTransfer) -> None:
        """The rest waits again (``return_failed``)."""
        _wait_again(transfer, "return_failed")

    def on_returned(self, transfer: OutgoingTransfer, occurred_at: datetime) -> None:
        """The rest is here again and waits (``return_came_back``)."""
        _wait_again(transfer, "return_came_back")


def _wait_again(transfer: OutgoingTransfer, reason: str) -> None:
    receipt = _receipt_of(transfer)
    receipt.state, receipt.reason = ReceiptState.UNAPPLIED, reason
    queue.let_wait(receipt, reason)


def _refund_of(transfer: OutgoingTransfer) -> Refund:
    found = db.session.scalars(select(Refund).where(Refund.transfer_id == transfer.id)).one()
    settling.lock(found.payment_id)
    db.session.refresh(found)
    return found


def _receipt_of(transfer: OutgoingTransfer) -> BankReceipt:
    statement = select(BankReceipt).where(BankReceipt.return_transfer_id == transfer.id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one()


HANDLERS: dict[TransferPurpose, TransferHandler] = {
    TransferPurpose.REFUND: RefundTransfers(),
    TransferPurpose.RECEIPT_RETURN: ReceiptReturns(),
}
