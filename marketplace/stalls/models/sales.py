"""What is sold at a stall, how it is paid, and the codes for sales without network."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.models import Pack, Product
from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong
from marketplace.payments.models import Payment
from marketplace.stalls.models.markets import Stall


class Means(StrEnum):
    """How a sale at a stall is paid."""

    QR = "qr"
    CASH = "cash"


class SaleState(StrEnum):
    """A QR sale waits for the bank; a cash sale is paid at once."""

    AWAITING = "awaiting"
    PAID = "paid"
    CANCELLED = "cancelled"


class CancelReason(StrEnum):
    """Why a waiting sale was stopped for the trader."""

    LOT_RECALLED = "lot_recalled"


class Sale(Base):
    """One sale at a stall. ``client_id`` is made on the phone: the same sale sent twice is one sale (I36)."""

    __tablename__ = "stall_sale"
    __table_args__ = (
        UniqueConstraint("stall_id", "client_id"),
        Index(None, "stall_id", "sequence", unique=True),
        CheckConstraint("amount BETWEEN 1 AND 499999999", name="amount"),
        CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name="paid"),
        CheckConstraint("(means = 'qr') = (payment_id IS NOT NULL)", name="payment"),
        Index(None, "stall_id", "sold_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stall_id: Mapped[int] = mapped_column(ForeignKey("stall.id"))
    client_id: Mapped[str] = mapped_column(String(64))
    amount: Mapped[Dong]
    means: Mapped[Means] = mapped_column(enum_column(Means, "means"))
    state: Mapped[SaleState] = mapped_column(enum_column(SaleState, "state"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), unique=True)
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    #: Made on a phone without network and sent later: paid by a printed code, so its money has to be looked for.
    taken_offline: Mapped[bool] = mapped_column(default=False)
    sold_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    #: Counts the stall's sales in the order in which their money was recognised; None while it is awaited. The shift
    #: in whose span it lies is the one to which the sale belongs, whatever the clocks of phone and bank say.
    sequence: Mapped[int | None]
    #: Why a sale was cancelled when it was not the trader's own doing.
    cancel_reason: Mapped[CancelReason | None] = mapped_column(enum_column(CancelReason, "cancel_reason"))
    stall: Mapped[Stall] = relationship()
    payment: Mapped[Payment | None] = relationship()


class SaleLine(Base):
    """So many packs of a sale, at the price of that moment. What moved in the store names this line."""

    __tablename__ = "stall_sale_line"
    __table_args__ = (
        UniqueConstraint("sale_id", "pack_id"),
        CheckConstraint("quantity > 0 AND unit_price > 0", name="quantity"),
        CheckConstraint("line_total = unit_price * quantity", name="line_total"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("stall_sale.id"))
    pack_id: Mapped[int] = mapped_column(ForeignKey("pack.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    quantity: Mapped[int]
    unit_price: Mapped[Dong]
    line_total: Mapped[Dong]
    pack: Mapped[Pack] = relationship()
    product: Mapped[Product] = relationship()


class SaleReceipt(Base):
    """The trader's word that a transfer without our code paid this sale; one receipt for one sale (case 18)."""

    __tablename__ = "sale_receipt"

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("stall_sale.id"), unique=True)
    receipt_id: Mapped[int] = mapped_column(ForeignKey("bank_receipt.id"), unique=True)
    confirmed_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime]


class SaleCode(Base):
    """A transfer code that one phone of a stall keeps for a sale without network (case 26): of one stall, one sale."""

    __tablename__ = "sale_code"
    __table_args__ = (
        CheckConstraint("(sale_id IS NULL) = (used_at IS NULL)", name="used"),
        Index(None, "stall_id", "device_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stall_id: Mapped[int] = mapped_column(ForeignKey("stall.id"))
    #: Made by the phone: two phones of a stall never hold the same code.
    device_id: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(12), unique=True)
    #: The account that the stall had when the code was made: the one that the phone's QR names.
    bank_bin: Mapped[str] = mapped_column(String(6))
    bank_account: Mapped[str] = mapped_column(String(19))
    bank_holder: Mapped[str] = mapped_column(String(120))
    reserved_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reserved_at: Mapped[datetime]
    #: No sale made later may use it.
    expires_at: Mapped[datetime]
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("stall_sale.id"), unique=True)
    used_at: Mapped[datetime | None]


class SaleConversion(Base):
    """A QR sale that was paid in cash after all: given up, and recorded anew as a cash sale (case 27)."""

    __tablename__ = "sale_conversion"

    id: Mapped[int] = mapped_column(primary_key=True)
    qr_sale_id: Mapped[int] = mapped_column(ForeignKey("stall_sale.id"), unique=True)
    cash_sale_id: Mapped[int] = mapped_column(ForeignKey("stall_sale.id"), unique=True)
    converted_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    converted_at: Mapped[datetime]


class SaleRefusal(Base):
    """A sale of a batch that was refused, with the answer that it gets each time it is sent again (I39)."""

    __tablename__ = "sale_refusal"
    __table_args__ = (UniqueConstraint("vendor_id", "stall_id", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    vendor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    #: As it was sent: perhaps no stall of the vendor, or none at all.
    stall_id: Mapped[int]
    client_id: Mapped[str] = mapped_column(String(64))
    amount: Mapped[Dong]
    means: Mapped[Means] = mapped_column(enum_column(Means, "means"))
    sold_at: Mapped[datetime]
    #: Stable code of the reason.
    code: Mapped[str] = mapped_column(String(60))
    refused_at: Mapped[datetime]
