"""Money without a code pays a sale by the trader's own word only, never by itself (case 18)."""

import uuid

from marketplace.audit.services import record
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.payments import services as payments
from marketplace.payments.models import BankReceipt, ReceiptState
from marketplace.payments.settings import Payee
from marketplace.stalls import queries
from marketplace.stalls.models import Means, Sale, SaleReceipt, SaleState
from marketplace.stalls.services.sales import take_sale

#: Names the sale that is recorded from a transfer: recorded twice, it is the same sale.
_FROM_RECEIPT = uuid.UUID("6f0a5c1e-3f51-4c58-9d1c-2f3f6a4e7b10")


def confirm_receipt(stall_id: int, receipt_id: int, sale_id: int, *, actor_id: int) -> Sale:
    """The trader says that this transfer paid this sale: both are settled by the path of every payment.

    The transfer reached the account that the sale asked for, without a code of ours, with the sale's amount, at most
    ``MATCH_WINDOW`` away from the sale. Posts ``payment_settled``: ``stall:<id>:own_bank`` against its sales.
    Raises ``NotFound`` (``incoming_unknown``, ``sale_unknown``), ``Conflict`` (``incoming_decided``,
    ``sale_not_awaiting``), ``Invalid`` (``incoming_amount_differs``, ``incoming_outside_window``,
    ``incoming_other_account``).
    """
    receipt = _waiting(stall_id, receipt_id)
    return _confirm(receipt, queries.get_sale(stall_id, sale_id), actor_id)


def record_incoming(stall_id: int, receipt_id: int, *, actor_id: int) -> Sale:
    """The trader says that this transfer paid for something that was never rung up: it is recorded as a sale of that
    amount and moment, and paid by it. Raises as ``confirm_receipt`` and ``take_sale``.
    """
    receipt = _waiting(stall_id, receipt_id)
    sale = take_sale(
        stall_id,
        client_id=str(uuid.uuid5(_FROM_RECEIPT, f"{stall_id}:{receipt_id}")),
        amount=receipt.amount,
        means=Means.QR,
        vendor_id=actor_id,
        sold_at=receipt.transacted_at,
        payee=Payee(receipt.bin, receipt.account, _holder(stall_id, receipt)),
    )
    return _confirm(receipt, sale, actor_id)


def _holder(stall_id: int, receipt: BankReceipt) -> str:
    """Who holds the account, in force or former, that the transfer reached."""
    named = queries.list_stall_accounts(stall_id)
    reached = (receipt.bin, receipt.account)
    return next(each.holder for each in named if (each.bank_bin, each.account_number) == reached)


def _waiting(stall_id: int, receipt_id: int) -> BankReceipt:
    receipt = queries.find_incoming(queries.get_stall(stall_id), receipt_id)
    if receipt is None:
        raise NotFound("incoming_unknown")
    db.session.refresh(receipt, with_for_update=True)  # before payment and stall, as the bank's notices do
    if receipt.state is not ReceiptState.UNAPPLIED or receipt.payment_id is not None:
        raise Conflict("incoming_decided")
    return receipt


def _confirm(receipt: BankReceipt, sale: Sale, actor_id: int) -> Sale:
    if sale.payment is None or sale.state is not SaleState.AWAITING or sale.payment.received:
        raise Conflict("sale_not_awaiting")
    if receipt.amount != sale.amount:
        raise Invalid("incoming_amount_differs")
    if (receipt.bin, receipt.account) != (sale.payment.payee_bin, sale.payment.payee_account):
        raise Invalid("incoming_other_account")
    if not queries.may_pay(receipt, sale):
        raise Invalid("incoming_outside_window", minutes=queries.MATCH_WINDOW.seconds // 60)
    payments.apply_receipt(receipt.id, sale.payment)
    now = clock.now()
    db.session.add(SaleReceipt(sale_id=sale.id, receipt_id=receipt.id, confirmed_by=actor_id, confirmed_at=now))
    db.session.flush()
    record(
        "stall.incoming_confirmed",
        object_type="stall_sale",
        object_id=sale.id,
        actor_id=actor_id,
        receipt_id=receipt.id,
    )
    db.session.refresh(sale)
    return sale
