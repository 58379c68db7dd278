"""Shifts and what a closing found."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import User
from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong
from marketplace.stalls.models.markets import Stall
from marketplace.stalls.models.sales import Means


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
