"""Orders: what was promised to whom, frozen as the buyer saw it."""

import hashlib
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.cardnumbers import suspects_index
from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong
from marketplace.producers.models import Producer


class OrderState(StrEnum):
    """The buyer's side of an order; cash on delivery starts at *confirmed* and is paid at the door."""

    AWAITING_PAYMENT = "awaiting_payment"
    CONFIRMED = "confirmed"
    PAID = "paid"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class SubOrderState(StrEnum):
    """The producer's side: what has been done with this producer's parcel."""

    WAITING = "waiting"
    TO_PACK = "to_pack"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class PaymentMethod(StrEnum):
    """How the buyer chose to pay."""

    CARD = "card"
    VIETQR = "vietqr"
    CASH_ON_DELIVERY = "cash_on_delivery"


class Order(Base):
    """One number for the buyer over one sub-order per producer."""

    __tablename__ = "customer_order"
    __table_args__ = (
        CheckConstraint("total = goods_total + delivery_total", name="total"),
        CheckConstraint("goods_total > 0 AND delivery_total >= 0", name="amounts"),
        Index(None, "state", "hold_until"),
        suspects_index("customer_order", "contact_name", "contact_phone", "contact_email", "address_line", "note"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Random and public, such as ``OC-7K2M9QXD``.
    number: Mapped[str] = mapped_column(String(16), unique=True)
    #: SHA-256 of the secret in a guest's link.
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: Made by the browser when the form is first shown; one order per key (I17).
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    #: SHA-256 over what was asked for with that key: the same key for something else is refused.
    request_hash: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    contact_name: Mapped[str] = mapped_column(String(120))
    contact_phone: Mapped[str] = mapped_column(String(20))
    #: Where news of the order is sent, when the buyer gave an address.
    contact_email: Mapped[str | None] = mapped_column(String(254))
    commune_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"))
    address_line: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")
    payment_method: Mapped[PaymentMethod] = mapped_column(enum_column(PaymentMethod, "payment_method"))
    state: Mapped[OrderState] = mapped_column(enum_column(OrderState, "state"))
    goods_total: Mapped[Dong]
    delivery_total: Mapped[Dong]
    total: Mapped[Dong]
    #: Unpaid goods are held until then; None where payment is not awaited.
    hold_until: Mapped[datetime | None]
    locale: Mapped[str] = mapped_column(String(5), default="vi")
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    placed_at: Mapped[datetime] = mapped_column(index=True)
    paid_at: Mapped[datetime | None]
    sub_orders: Mapped[list["SubOrder"]] = relationship(back_populates="order", order_by="SubOrder.id")


class SubOrder(Base):
    """One producer's part of an order: goods, delivery fee, parcel."""

    __tablename__ = "sub_order"
    __table_args__ = (
        UniqueConstraint("order_id", "producer_id"),
        CheckConstraint("total = goods_total + delivery_fee", name="total"),
        Index(None, "producer_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    producer_id: Mapped[int] = mapped_column(ForeignKey("producer.id"))
    goods_total: Mapped[Dong]
    delivery_fee: Mapped[Dong]
    total: Mapped[Dong]
    state: Mapped[SubOrderState] = mapped_column(enum_column(SubOrderState, "state"))
    #: When the producer said that the buyer has it; the time to return goods runs from then.
    delivered_at: Mapped[datetime | None]
    order: Mapped[Order] = relationship(back_populates="sub_orders")
    producer: Mapped[Producer] = relationship()
    lines: Mapped[list["OrderLine"]] = relationship(back_populates="sub_order", order_by="OrderLine.id")


class OrderLine(Base):
    """What was bought, in the words and at the price that the buyer saw; never changed afterwards (I09)."""

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity"),
        CheckConstraint("line_total = quantity * unit_price AND unit_price >= 0", name="line_total"),
        CheckConstraint("stars BETWEEN 3 AND 5", name="stars"),
        suspects_index("order_line", "product_name", "pack_label", "decision_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sub_order_id: Mapped[int] = mapped_column(ForeignKey("sub_order.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    pack_id: Mapped[int] = mapped_column(ForeignKey("pack.id"))
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"))
    product_name: Mapped[str] = mapped_column(String(160))
    pack_label: Mapped[str] = mapped_column(String(80))
    stars: Mapped[int]
    decision_number: Mapped[str] = mapped_column(String(60))
    quantity: Mapped[int]
    unit_price: Mapped[Dong]
    line_total: Mapped[Dong]
    sub_order: Mapped[SubOrder] = relationship(back_populates="lines")


class OrderEvent(Base):
    """One step of an order or of one sub-order: who, when, from where to where."""

    __tablename__ = "order_event"
    __table_args__ = (
        Index(None, "order_id", "sub_order_id", "id", "to_state"),  # the newest step of each, without opening a row
        suspects_index("order_event", "note"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    sub_order_id: Mapped[int | None] = mapped_column(ForeignKey("sub_order.id"))
    from_state: Mapped[str | None] = mapped_column(String(32))
    to_state: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Text, default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


def hash_secret(secret: str) -> str:
    """What is stored of the secret in a guest's link: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()
