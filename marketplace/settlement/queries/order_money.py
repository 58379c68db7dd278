"""All money of one order, for the operator: payments, what came for them, what went back, and the books."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.checkout import queries as checkout
from marketplace.core.db import db
from marketplace.ledger.queries import Posting, postings_about
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import Order, SubOrder
from marketplace.payments.models import BankReceipt, OutgoingTransfer, Payment, ReceiptApplication, Refund


@dataclass(frozen=True)
class OrderMoney:
    """An order with its payments, the transfers that named or paid them, its refunds, and every posting about these.

    ``transfers``: by id what the bank was ordered to pay for refunds. ``parts``: what of a receipt paid for the order.
    """

    order: Order
    payments: Sequence[Payment]
    receipts: Sequence[BankReceipt]
    parts: Sequence[ReceiptApplication]
    refunds: Sequence[Refund]
    transfers: dict[int, OutgoingTransfer]
    postings: list[Posting]


def is_order_number(number: str) -> bool:
    """Whether an order has that number."""
    return db.session.scalar(select(Order.id).where(Order.number == number)) is not None


def order_money(number: str) -> OrderMoney:
    """The money of the order with that number. Raises ``OrderNotFound``."""
    whole = select(Order).options(selectinload(Order.sub_orders).joinedload(SubOrder.producer))
    order = db.session.scalars(whole.where(Order.number == number)).one_or_none()
    if order is None:
        raise OrderNotFound
    payments = checkout.list_payments(order)
    ids = [payment.id for payment in payments]
    parts = _parts(ids)
    receipts = _receipts(ids, parts)
    refunds = checkout.list_refunds(order)
    transfers = _transfers([refund.transfer_id for refund in refunds if refund.transfer_id])
    facts = _facts(payments, receipts, parts, refunds) | {("outgoing_transfer", row.public_id) for row in transfers}
    by_id = {row.id: row for row in transfers}
    return OrderMoney(order, payments, receipts, parts, refunds, by_id, postings_about(facts))


def _parts(payment_ids: Collection[int]) -> Sequence[ReceiptApplication]:
    statement = select(ReceiptApplication).where(ReceiptApplication.payment_id.in_(payment_ids))
    with_receipt = joinedload(ReceiptApplication.receipt)
    return db.session.scalars(statement.options(with_receipt).order_by(ReceiptApplication.id)).all()


def _receipts(payment_ids: Collection[int], parts: Sequence[ReceiptApplication]) -> Sequence[BankReceipt]:
    used = [part.receipt_id for part in parts]
    named = or_(BankReceipt.payment_id.in_(payment_ids), BankReceipt.id.in_(used))
    return db.session.scalars(
        select(BankReceipt).where(named).order_by(BankReceipt.transacted_at, BankReceipt.id)
    ).all()


def _transfers(transfer_ids: Collection[int]) -> Sequence[OutgoingTransfer]:
    return db.session.scalars(select(OutgoingTransfer).where(OutgoingTransfer.id.in_(transfer_ids))).all()


def _facts(
    payments: Sequence[Payment],
    receipts: Sequence[BankReceipt],
    parts: Sequence[ReceiptApplication],
    refunds: Sequence[Refund],
) -> set[tuple[str, str]]:
    """What the books may have been told about these, as they name it."""
    return {
        *(("payment", payment.public_id) for payment in payments),
        *(("bank_receipt", receipt.bank_reference) for receipt in receipts),
        *(("receipt_application", str(part.id)) for part in parts),
        *(("refund", refund.public_id) for refund in refunds),
    }
