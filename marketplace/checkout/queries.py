"""Reading what lies between orders and payments."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from marketplace.checkout.models import Draft, OrderPayment, PaymentShare, RefundLine
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import Order, OrderLine, SubOrder
from marketplace.payments.models import Payment, PaymentState, Refund, RefundState

#: Where the money of an order waits in the books.
ESCROW = "order:escrow"
#: A payment that may still come.
OPEN_STATES = (PaymentState.CREATED, PaymentState.PENDING, PaymentState.PARTIALLY_FUNDED)


@dataclass(frozen=True)
class RefundChoice:
    """Something of a parcel that money can be given back for: a line, or (``line`` None) its delivery."""

    line: OrderLine | None
    paid: Dong
    refunded: Dong

    @property
    def line_id(self) -> int | None:
        """Id of the order line; None for the delivery."""
        return self.line.id if self.line else None

    @property
    def left(self) -> Dong:
        """Dong that can still be given back."""
        return Dong(self.paid - self.refunded)


def find_draft(cart_id: int) -> Draft | None:
    """What the holder of a cart typed so far, or None."""
    statement = select(Draft).where(Draft.cart_id == cart_id).options(joinedload(Draft.commune))
    return db.session.scalars(statement).one_or_none()


def list_payments(order: Order) -> Sequence[Payment]:
    """The payments made for an order, oldest first."""
    statement = select(Payment).join(OrderPayment, OrderPayment.payment_id == Payment.id)
    return db.session.scalars(statement.where(OrderPayment.order_id == order.id).order_by(Payment.id)).all()


def newest_payment(order: Order) -> Payment | None:
    """The payment that speaks for an order: the newest one; None when it has none."""
    payments = list_payments(order)
    return payments[-1] if payments else None


def settled_payment_of(sub_order: SubOrder) -> Payment | None:
    """The payment that paid for a parcel, or None. One that came too late and goes back did not."""
    return db.session.scalars(
        select(Payment)
        .join(PaymentShare, PaymentShare.payment_id == Payment.id)
        .where(PaymentShare.sub_order_id == sub_order.id, Payment.state == PaymentState.SETTLED)
        .where(Payment.held_account == ESCROW)
    ).one_or_none()


def list_open_payments(order: Order) -> list[Payment]:
    """The payments of an order that have neither come nor been given up."""
    return [payment for payment in list_payments(order) if payment.state in OPEN_STATES]


def open_payment_of(sub_order: SubOrder) -> Payment | None:
    """The payment that is to pay for a parcel and has neither come nor been given up; None when there is none."""
    return db.session.scalars(
        select(Payment)
        .join(PaymentShare, PaymentShare.payment_id == Payment.id)
        .where(PaymentShare.sub_order_id == sub_order.id, Payment.state.in_(OPEN_STATES))
        .order_by(Payment.id.desc())
    ).first()


def get_order_of(payment: Payment) -> Order:
    """The order that a payment pays for. Raises ``OrderNotFound``."""
    statement = select(Order).join(OrderPayment, OrderPayment.order_id == Order.id)
    order = db.session.scalars(statement.where(OrderPayment.payment_id == payment.id)).one_or_none()
    if order is None:
        raise OrderNotFound
    return order


def list_shares(payment: Payment) -> Sequence[PaymentShare]:
    """Each parcel's part of a payment."""
    statement = select(PaymentShare).where(PaymentShare.payment_id == payment.id).order_by(PaymentShare.id)
    return db.session.scalars(statement.options(joinedload(PaymentShare.sub_order))).all()


def list_refund_lines(refund: Refund) -> Sequence[RefundLine]:
    """What a refund gives back, part by part."""
    return db.session.scalars(select(RefundLine).where(RefundLine.refund_id == refund.id).order_by(RefundLine.id)).all()


def refund_choices(sub_order: SubOrder) -> list[RefundChoice]:
    """The lines of a parcel and its delivery, each with what was paid and what has been promised or given back."""
    statement = (
        select(RefundLine.order_line_id, func.sum(RefundLine.amount))
        .join(RefundLine.refund)
        .where(RefundLine.sub_order_id == sub_order.id, Refund.state != RefundState.FAILED)
        .group_by(RefundLine.order_line_id)
    )
    given = {line_id: Dong(int(amount)) for line_id, amount in db.session.execute(statement)}
    lines = [RefundChoice(line, line.line_total, given.get(line.id, Dong(0))) for line in sub_order.lines]
    delivery = RefundChoice(None, sub_order.delivery_fee, given.get(None, Dong(0)))
    return [*lines, delivery] if sub_order.delivery_fee else lines


def refunded_total(order: Order) -> Dong:
    """Dong given back of an order, those on their way included."""
    statement = (
        select(func.coalesce(func.sum(RefundLine.amount), 0))
        .join(RefundLine.refund)
        .join(SubOrder, RefundLine.sub_order_id == SubOrder.id)
        .where(SubOrder.order_id == order.id, Refund.state != RefundState.FAILED)
    )
    return Dong(int(db.session.scalar(statement) or 0))


def list_refunds(order: Order) -> Sequence[Refund]:
    """The refunds of an order, oldest first."""
    statement = select(Refund).join(OrderPayment, OrderPayment.payment_id == Refund.payment_id)
    return db.session.scalars(statement.where(OrderPayment.order_id == order.id).order_by(Refund.id)).all()


def list_parcel_refunds(sub_order: SubOrder) -> Sequence[RefundLine]:
    """What was or is being given back of a parcel, oldest first, failed ones included."""
    statement = select(RefundLine).where(RefundLine.sub_order_id == sub_order.id).order_by(RefundLine.id)
    return db.session.scalars(statement.options(joinedload(RefundLine.refund), joinedload(RefundLine.order_line))).all()


def find_refund(key: str) -> Refund | None:
    """The refund that was asked for under a one-time key, or None."""
    return db.session.scalars(select(Refund).where(Refund.idempotency_key == key)).one_or_none()
