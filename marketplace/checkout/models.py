"""Which payment pays which order, whose share is whose, what a producer earns, and what a refund gives back."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong
from marketplace.ocop.models import ProductGroup
from marketplace.orders.models import Order, OrderLine, SubOrder
from marketplace.payments.models import Payment, Refund
from marketplace.places.models import AdminUnit
from marketplace.producers.models import ProducerKind


class Draft(Base):
    """What a buyer typed on the way to an order. Deleted when the order is placed."""

    __tablename__ = "checkout_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    cart_id: Mapped[int] = mapped_column(ForeignKey("cart.id", ondelete="CASCADE"), unique=True)
    #: Made when the delivery form is first sent and kept over reloads: one order per key (I17).
    idempotency_key: Mapped[str] = mapped_column(String(43), unique=True)
    contact_name: Mapped[str] = mapped_column(String(120))
    contact_phone: Mapped[str] = mapped_column(String(20))
    contact_email: Mapped[str | None] = mapped_column(String(254))
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


class TaxKind(StrEnum):
    """What is withheld: value added tax, personal income tax."""

    VAT = "vat"
    PIT = "pit"


class Supplied(StrEnum):
    """What was sold, where the law taxes goods and what is tied to them differently."""

    GOODS = "goods"
    DELIVERY = "delivery"


class FeeRule(Base):
    """From which day on the platform keeps which part of the price of goods. Rows are added, never changed."""

    __tablename__ = "fee_rule"
    __table_args__ = (CheckConstraint("basis_points BETWEEN 0 AND 5000", name="basis_points"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: None: every kind of producer.
    producer_kind: Mapped[ProducerKind | None] = mapped_column(enum_column(ProducerKind, "producer_kind"))
    #: None: every group of products.
    product_group: Mapped[ProductGroup | None] = mapped_column(enum_column(ProductGroup, "product_group"))
    #: Hundredths of a percent of the price of the goods; delivery is free of fee.
    basis_points: Mapped[int]
    #: First day (Vietnam's calendar) of settlement that it holds for.
    valid_from: Mapped[date]
    #: What it rests on, such as the agreement with the producers.
    source: Mapped[str] = mapped_column(Text)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    added_at: Mapped[datetime]


class TaxRate(Base):
    """What the law tells a platform with a payment function to withhold from a kind of producer."""

    __tablename__ = "tax_rate"
    __table_args__ = (
        UniqueConstraint("producer_kind", "tax", "supplied", "valid_from"),
        CheckConstraint("basis_points BETWEEN 0 AND 10000", name="basis_points"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    producer_kind: Mapped[ProducerKind] = mapped_column(enum_column(ProducerKind, "producer_kind"))
    tax: Mapped[TaxKind] = mapped_column(enum_column(TaxKind, "tax"))
    supplied: Mapped[Supplied] = mapped_column(enum_column(Supplied, "supplied"))
    basis_points: Mapped[int]
    valid_from: Mapped[date]
    law: Mapped[str] = mapped_column(Text)


class Earning(Base):
    """What a parcel earned its producer: one row when its payment settles, a negative one per refund.

    A refund that failed after all is answered by an opposite row that names the first (``restores_id``; its fee and
    taxes may be another dong, see ``services.earning``), and so is the row of a settlement whose money the bank took
    back: rows are added, never changed. ``net`` is what the producer's balance moved by, in the same transaction.
    """

    __tablename__ = "earning"
    __table_args__ = (
        CheckConstraint("net = gross - fee - vat - pit", name="net"),
        CheckConstraint("gross <> 0 AND (gross < 0) = ((refund_id IS NOT NULL) = (restores_id IS NULL))", name="gross"),
        CheckConstraint("restores_id IS NULL OR restores_id <> id", name="restores"),
        Index(
            "uq_earning_settled",
            "payment_id",
            "sub_order_id",
            unique=True,
            sqlite_where=text("refund_id IS NULL AND restores_id IS NULL"),
            postgresql_where=text("refund_id IS NULL AND restores_id IS NULL"),
        ),
        Index(
            "uq_earning_refunded",
            "refund_id",
            "sub_order_id",
            unique=True,
            sqlite_where=text("restores_id IS NULL"),
            postgresql_where=text("restores_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sub_order_id: Mapped[int] = mapped_column(ForeignKey("sub_order.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"))
    restores_id: Mapped[int | None] = mapped_column(ForeignKey("earning.id"), unique=True)
    #: When the money moved (bank or gateway time); its day in Vietnam decides on rates and tax month.
    occurred_at: Mapped[datetime] = mapped_column(index=True)
    gross: Mapped[Dong]
    fee: Mapped[Dong]
    vat: Mapped[Dong]
    pit: Mapped[Dong]
    net: Mapped[Dong]
    sub_order: Mapped[SubOrder] = relationship()
    refund: Mapped[Refund | None] = relationship()


class EarningPart(Base):
    """The rates of one line (or, without line, of the delivery) as they were when its payment settled.

    Refunds take back by these and not by later rules.
    """

    __tablename__ = "earning_part"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    earning_id: Mapped[int] = mapped_column(ForeignKey("earning.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"))
    amount: Mapped[Dong]
    fee_basis_points: Mapped[int]
    vat_basis_points: Mapped[int]
    pit_basis_points: Mapped[int]


class ReturnKind(StrEnum):
    """Before the parcel left: call goods off. After it arrived: send them back."""

    CANCELLATION = "cancellation"
    RETURN = "return"


class ReturnReason(StrEnum):
    """Why a buyer does not want goods. All but the last two are the seller's side of it."""

    WRONG_INFORMATION = "wrong_information"
    NOT_AS_ORDERED = "not_as_ordered"
    DAMAGED = "damaged"
    TOO_SLOW = "too_slow"
    ORDERED_BY_MISTAKE = "ordered_by_mistake"
    CHANGED_MIND = "changed_mind"


class ReturnState(StrEnum):
    """Asked by the buyer, answered by the producer; *refunded* when nothing remains to be done about it."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    RECEIVED = "received"
    REFUNDED = "refunded"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ReturnRequest(Base):
    """A buyer asks to call off or to send back packs of one parcel."""

    __tablename__ = "return_request"
    __table_args__ = (
        CheckConstraint("state <> 'refused' OR answer <> ''", name="refusal"),
        Index(None, "state", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sub_order_id: Mapped[int] = mapped_column(ForeignKey("sub_order.id"), index=True)
    #: Made when the form is first shown: a form that is sent twice is one request.
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[ReturnKind] = mapped_column(enum_column(ReturnKind, "kind"))
    reason: Mapped[ReturnReason] = mapped_column(enum_column(ReturnReason, "reason"))
    #: What the buyer wrote about it.
    note: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ReturnState] = mapped_column(enum_column(ReturnState, "state"))
    #: What the producer or the operator wrote; compulsory for a refusal.
    answer: Mapped[str] = mapped_column(Text, default="")
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"), unique=True)
    asked_at: Mapped[datetime]
    sub_order: Mapped[SubOrder] = relationship()
    refund: Mapped[Refund | None] = relationship()
    lines: Mapped[list["ReturnLine"]] = relationship(order_by="ReturnLine.id")
    events: Mapped[list["ReturnEvent"]] = relationship(order_by="ReturnEvent.id")


class ReturnLine(Base):
    """How many packs of one line; and, once they are back, how many of them can be sold again."""

    __tablename__ = "return_line"
    __table_args__ = (
        UniqueConstraint("request_id", "order_line_id"),
        CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity"),
        CheckConstraint("sellable IS NULL OR sellable BETWEEN 0 AND quantity", name="sellable"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("return_request.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    quantity: Mapped[int]
    sellable: Mapped[int | None]
    order_line: Mapped[OrderLine] = relationship()


class ReturnEvent(Base):
    """One step of a request: who, when, from where to where."""

    __tablename__ = "return_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("return_request.id"), index=True)
    from_state: Mapped[str | None] = mapped_column(String(32))
    to_state: Mapped[str] = mapped_column(String(32))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class InvoiceRequest(Base):
    """In whose name a buyer wants the invoice of an order; the newest one counts. The producers issue it, not we."""

    __tablename__ = "invoice_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), index=True)
    buyer_name: Mapped[str] = mapped_column(String(200))
    #: None: a buyer without one.
    tax_code: Mapped[str | None] = mapped_column(String(14))
    address: Mapped[str] = mapped_column(String(300))
    email: Mapped[str] = mapped_column(String(254))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
