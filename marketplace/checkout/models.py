"""Which payment pays which order, whose share is whose, and what a refund gives back."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base
from marketplace.core.money import Dong
from marketplace.orders.models import Order, OrderLine, SubOrder
from marketplace.payments.models import Payment, Refund
from marketplace.places.models import AdminUnit


class Draft(Base):
    """What a buyer typed on the way to an order. Deleted when the order is placed."""

    __tablename__ = "checkout_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    cart_id: Mapped[int] = mapped_column(ForeignKey("cart.id", ondelete="CASCADE"), unique=True)
    #: Made when the delivery form is first sent and kept over reloads: one order per key (I17).
    idempotency_key: Mapped[str] = mapped_column(String(43), unique=True)
    contact_name: Mapped[str] = mapped_column(String(120))
    contact_phone: Mapped[str] = mapped_column(String(20))
    commune_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"))
    address_line: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")
    changed_at: Mapped[datetime]
    commune: Mapped[AdminUnit] = relationship()


class OrderPayment(Base):
    """A payment made for an order; at most one of them settles it (I13)."""

    __tablename__ = "order_payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    created_at: Mapped[datetime]
    order: Mapped[Order] = relationship()
    payment: Mapped[Payment] = relationship()


class PaymentShare(Base):
    """A sub-order's part of a payment in whole dong; the parts sum to the payment."""

    __tablename__ = "payment_share"
    __table_args__ = (
        UniqueConstraint("payment_id", "sub_order_id"),
        CheckConstraint("amount >= 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    sub_order_id: Mapped[int] = mapped_column(ForeignKey("sub_order.id"), index=True)
    amount: Mapped[Dong]
    sub_order: Mapped[SubOrder] = relationship()


class RefundLine(Base):
    """What a refund gives back of one order line, and of its sub-order's delivery fee."""

    __tablename__ = "refund_line"
    __table_args__ = (CheckConstraint("amount > 0 AND quantity >= 0", name="amount"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"), index=True)
    sub_order_id: Mapped[int] = mapped_column(ForeignKey("sub_order.id"))
    #: None: a part of the delivery fee.
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"), index=True)
    quantity: Mapped[int] = mapped_column(default=0)
    amount: Mapped[Dong]
    refund: Mapped[Refund] = relationship()
    order_line: Mapped[OrderLine | None] = relationship()
