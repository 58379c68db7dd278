"""What receipts and invoice requests are made of."""

from collections.abc import Sequence

from sqlalchemy import select

from marketplace.checkout.models import InvoiceRequest, OrderPayment
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.orders.models import Order
from marketplace.payments.models import Payment, PaymentState, Refund
from marketplace.payments.purposes import ESCROW


def settled_payments(order: Order) -> Sequence[Payment]:
    """The payments that paid for an order or, at the door, for its parcels; oldest first."""
    statement = select(Payment).join(OrderPayment, OrderPayment.payment_id == Payment.id)
    where = (OrderPayment.order_id == order.id, Payment.state == PaymentState.SETTLED, Payment.held_account == ESCROW)
    return db.session.scalars(statement.where(*where).order_by(Payment.id)).all()


def get_refund_of(order: Order, public_id: str) -> Refund:
    """A refund of one of the order's payments. Raises ``NotFound`` (``refund_unknown``)."""
    statement = select(Refund).join(OrderPayment, OrderPayment.payment_id == Refund.payment_id)
    where = (OrderPayment.order_id == order.id, Refund.public_id == public_id)
    found = db.session.scalars(statement.where(*where)).one_or_none()
    if found is None:
        raise NotFound("refund_unknown")
    return found


def invoice_request_of(order: Order) -> InvoiceRequest | None:
    """In whose name the invoice of an order is wanted: the newest request, or None."""
    statement = select(InvoiceRequest).where(InvoiceRequest.order_id == order.id).order_by(InvoiceRequest.id.desc())
    return db.session.scalars(statement.limit(1)).first()
