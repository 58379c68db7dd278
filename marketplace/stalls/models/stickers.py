"""Printed codes that were compared with the registered account."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import User
from marketplace.core.db import Base, enum_column
from marketplace.stalls.models.markets import Stall


class StickerResult(StrEnum):
    """What a printed code turned out to be, compared with the registered account."""

    MATCHES = "matches"
    OTHER_ACCOUNT = "other_account"
    UNREADABLE = "unreadable"


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
