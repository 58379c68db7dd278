"""Which payments pay for which orders and parcels, and what a buyer has typed so far."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from marketplace.checkout.models import Draft, OrderPayment, PaymentShare
from marketplace.core.db import db
from marketplace.core.paging import DEFAULT_LIMIT, Page
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import Order, SubOrder
from marketplace.payments.models import OPEN_STATES, Payment, PaymentState
from marketplace.payments.purposes import ESCROW


def find_draft(cart_id: int) -> Draft | None:
    """What the holder of a cart typed so far, or None."""
    statement = select(Draft).where(Draft.cart_id == cart_id).options(joinedload(Draft.commune))
    return db.session.scalars(statement).one_or_none()


def list_payments(order: Order) -> Sequence[Payment]:
    """The payments made for an order, oldest first."""
    statement = select(Payment).join(OrderPayment, OrderPayment.payment_id == Payment.id)
    return db.session.scalars(statement.where(OrderPayment.order_id == order.id).order_by(Payment.id)).all()


def page_of_payments(user_id: int, *, before: int | None = None, limit: int = DEFAULT_LIMIT) -> Page[Payment]:
    """The payments of a buyer's orders, newest first; the cursor is the id of the last one of the page before."""
    statement = (
        select(Payment)
        .join(OrderPayment, OrderPayment.payment_id == Payment.id)
        .join(OrderPayment.order)
        .where(Order.user_id == user_id)
        .order_by(Payment.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(Payment.id < before)
    rows = db.session.scalars(statement).all()
    return Page(rows[:limit], next=str(rows[limit - 1].id) if len(rows) > limit else None)


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
