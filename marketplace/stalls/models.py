"""Markets and cashless streets, their stalls, and what is sold there."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import User
from marketplace.catalogue.models import Pack, Product
from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong
from marketplace.payments.models import Payment
from marketplace.places.models import AdminUnit


class MarketKind(StrEnum):
    """Chợ or tuyến đường thanh toán không dùng tiền mặt."""

    MARKET = "market"
    STREET = "street"


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


class StickerResult(StrEnum):
    """What a printed code turned out to be, compared with the registered account."""

    MATCHES = "matches"
    OTHER_ACCOUNT = "other_account"
    UNREADABLE = "unreadable"


class FeeState(StrEnum):
    """A market fee is due until it is paid, or waived with a reason."""

    DUE = "due"
    PAID = "paid"
    WAIVED = "waived"


class Market(Base):
    """A market or a street with stalls."""

    __tablename__ = "market"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[MarketKind] = mapped_column(enum_column(MarketKind, "kind"))
    name: Mapped[str] = mapped_column(String(160))
    commune_id: Mapped[int] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    former_commune_id: Mapped[int | None] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    #: Whether the market board takes its fees without cash (indicator M3).
    collects_fees_cashless: Mapped[bool] = mapped_column(default=False)
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime]
    commune: Mapped[AdminUnit] = relationship(foreign_keys=[commune_id])
    former_commune: Mapped[AdminUnit | None] = relationship(foreign_keys=[former_commune_id])


class Stall(Base):
    """One trader's place. Money of a QR sale goes to the trader's own bank account, never through us."""

    __tablename__ = "stall"
    __table_args__ = (
        UniqueConstraint("market_id", "number"),
        CheckConstraint("(bank_bin IS NULL) = (bank_account IS NULL)", name="bank_account"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("market.id"))
    number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    goods: Mapped[str] = mapped_column(String(120), default="")
    bank_bin: Mapped[str | None] = mapped_column(String(6))
    bank_account: Mapped[str | None] = mapped_column(String(19))
    bank_holder: Mapped[str | None] = mapped_column(String(120))
    #: When the trader first had a payment QR (indicator M1).
    qr_since: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    opened_at: Mapped[datetime]
    #: The number of the last sale whose money was recognised; moved by one UPDATE, which also queues whoever counts.
    last_sequence: Mapped[int] = mapped_column(default=0)
    market: Mapped[Market] = relationship()

    @property
    def takes_qr(self) -> bool:
        """Whether a transfer can reach the trader: the stall is open and its bank account is known."""
        return self.is_active and self.bank_account is not None


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


class Shift(Base):
    """What a stall sold between two closings: the sales numbered from ``first_sequence`` to ``last_sequence``.

    Open while it has no ``last_sequence``. Once closed neither it nor its sales change (kept by triggers, I37).
    """

    __tablename__ = "stall_shift"
    __table_args__ = (
        UniqueConstraint("stall_id", "number"),
        CheckConstraint("(closed_at IS NULL) = (last_sequence IS NULL)", name="closed"),
        CheckConstraint("last_sequence IS NULL OR last_sequence >= first_sequence - 1", name="span"),
        CheckConstraint("opening_cash BETWEEN 0 AND 1000000000", name="opening_cash"),
        Index(
            "uq_stall_shift_open",
            "stall_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stall_id: Mapped[int] = mapped_column(ForeignKey("stall.id"))
    #: 1, 2, 3 ... per stall, as it stands on the slip.
    number: Mapped[int]
    first_sequence: Mapped[int]
    last_sequence: Mapped[int | None]
    #: Change that lay in the drawer before the first sale.
    opening_cash: Mapped[Dong] = mapped_column(default=Dong(0))
    opened_at: Mapped[datetime]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    stall: Mapped[Stall] = relationship()
    closer: Mapped[User | None] = relationship(foreign_keys=[closed_by])
    counts: Mapped[list["ShiftCount"]] = relationship(order_by="ShiftCount.means.desc()")


class ShiftCount(Base):
    """One means of a closed shift: what was recorded, expected and found; the difference with its reason."""

    __tablename__ = "stall_shift_count"
    __table_args__ = (
        UniqueConstraint("shift_id", "means"),
        CheckConstraint("difference = found - expected", name="difference"),
        CheckConstraint("difference = 0 OR length(reason) > 0", name="reason"),
        CheckConstraint("sales >= 0 AND recorded >= 0 AND expected >= recorded AND found >= 0", name="amounts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("stall_shift.id"))
    means: Mapped[Means] = mapped_column(enum_column(Means, "means"))
    #: How many sales, and their sum.
    sales: Mapped[int]
    recorded: Mapped[Dong]
    #: ``recorded``, for cash with the change that lay in the drawer.
    expected: Mapped[Dong]
    #: Reported by the bank (QR) or counted by hand (cash).
    found: Mapped[Dong]
    difference: Mapped[Dong]
    reason: Mapped[str] = mapped_column(String(300), default="")


class StallProducer(Base):
    """The stall sells this producer's goods, from the producer's store."""

    __tablename__ = "stall_producer"

    id: Mapped[int] = mapped_column(primary_key=True)
    stall_id: Mapped[int] = mapped_column(ForeignKey("stall.id"), unique=True)
    producer_id: Mapped[int] = mapped_column(ForeignKey("producer.id"), index=True)
    linked_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    linked_at: Mapped[datetime]


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


class StickerCheck(Base):
    """Somebody compared the code that hangs at the stall with the account that is registered (case 29)."""

    __tablename__ = "sticker_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    stall_id: Mapped[int] = mapped_column(ForeignKey("stall.id"), index=True)
    #: What was read from the sticker, as it was given; empty when only bank and account were typed.
    payload: Mapped[str] = mapped_column(String(600), default="")
    read_bin: Mapped[str | None] = mapped_column(String(12))
    read_account: Mapped[str | None] = mapped_column(String(40))
    #: The account that was registered at that moment.
    registered_bin: Mapped[str] = mapped_column(String(6))
    registered_account: Mapped[str] = mapped_column(String(19))
    result: Mapped[StickerResult] = mapped_column(enum_column(StickerResult, "result"))
    checked_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    checked_at: Mapped[datetime]
    checker: Mapped[User] = relationship()


class StickerReport(Base):
    """A printed code leads to another account: open until somebody says what was done. One at a time per stall."""

    __tablename__ = "sticker_report"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (length(outcome) = 0)", name="outcome"),
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed"),
        Index(
            "uq_sticker_report_open",
            "stall_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stall_id: Mapped[int] = mapped_column(ForeignKey("stall.id"))
    #: The check that opened it.
    check_id: Mapped[int] = mapped_column(ForeignKey("sticker_check.id"), unique=True)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    outcome: Mapped[str] = mapped_column(String(300), default="")
    stall: Mapped[Stall] = relationship()
    check: Mapped[StickerCheck] = relationship()


class MarketFee(Base):
    """What a stall owes its market for one month. Paid by transfer through the platform, or in cash on a receipt."""

    __tablename__ = "market_fee"
    __table_args__ = (
        UniqueConstraint("stall_id", "period"),
        UniqueConstraint("market_id", "receipt_number"),
        CheckConstraint("amount BETWEEN 1 AND 499999999", name="amount"),
        CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name="paid"),
        CheckConstraint("(state = 'paid') = (means IS NOT NULL)", name="means_of_paid"),
        CheckConstraint("(receipt_number IS NOT NULL) = (means IS NOT NULL AND means = 'cash')", name="receipt"),
        CheckConstraint("(state = 'waived') = (length(waived_reason) > 0)", name="waived"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("market.id"), index=True)
    stall_id: Mapped[int] = mapped_column(ForeignKey("stall.id"))
    #: The first day of the month that it is for.
    period: Mapped[date]
    amount: Mapped[Dong]
    due_on: Mapped[date]
    state: Mapped[FeeState] = mapped_column(enum_column(FeeState, "state"))
    #: Asks for the fee by VietQR; given up when it is paid in cash or waived.
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    means: Mapped[Means | None] = mapped_column(enum_column(Means, "means"))
    #: Number of the paper receipt for cash.
    receipt_number: Mapped[str | None] = mapped_column(String(30))
    waived_reason: Mapped[str] = mapped_column(String(300), default="")
    set_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    stall: Mapped[Stall] = relationship()
    payment: Mapped[Payment] = relationship()
