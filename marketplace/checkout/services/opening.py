"""Which payments pay for an order, and whose share is whose."""

from collections.abc import Sequence

from sqlalchemy import select

from marketplace.checkout.models import OrderPayment, PaymentShare
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong, share_out
from marketplace.orders.models import Order, PaymentMethod, SubOrder
from marketplace.payments import services as payments
from marketplace.payments.models import Payment, Purpose, Rail


def open_payments(order: Order) -> list[Payment]:
    """The payments that an order is to be paid by, with each parcel's share in whole dong.

    Card and transfer: one over the total. Cash on delivery: one per parcel, because each is paid at its own door.
    """
    if order.payment_method is PaymentMethod.CASH_ON_DELIVERY:
        return [_open(order, Rail.CASH_ON_DELIVERY, [part]) for part in order.sub_orders]
    return [_open(order, Rail(order.payment_method.value), order.sub_orders)]


def lock_payments(order_id: int) -> None:
    """Lock the payments of an order in the order of their ids, before the order itself is locked."""
    linked = select(OrderPayment.payment_id).where(OrderPayment.order_id == order_id)
    db.session.execute(select(Payment.id).where(Payment.id.in_(linked)).order_by(Payment.id).with_for_update())


def lock_payment(payment_id: int) -> None:
    """Hold the row of a payment until the transaction ends: what is given back of it is counted by one at a time."""
    db.session.execute(select(Payment.id).where(Payment.id == payment_id).with_for_update())


def _open(order: Order, rail: Rail, parts: Sequence[SubOrder]) -> Payment:
    amount = Dong(sum(part.total for part in parts))
    payment = payments.open_payment(Purpose.ORDER, rail, amount, expires_at=order.hold_until)
    db.session.add(OrderPayment(order_id=order.id, payment_id=payment.id, created_at=clock.now()))
    shares = share_out(amount, [part.total for part in parts])
    db.session.add_all(
        PaymentShare(payment_id=payment.id, sub_order_id=part.id, amount=share)
        for part, share in zip(parts, shares, strict=True)
    )
    db.session.flush()
    return payment
