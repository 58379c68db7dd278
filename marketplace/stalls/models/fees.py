"""What stalls owe their market."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong
from marketplace.payments.models import Payment
from marketplace.stalls.models.markets import Stall
from marketplace.stalls.models.sales import Means


class FeeState(StrEnum):
    """A market fee is due until it is paid, or waived with a reason."""

    DUE = "due"
    PAID = "paid"
    WAIVED = "waived"


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
