"""Statements of bank and gateway as they were told, and how they differ from the books."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.cardnumbers import suspects_index
from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong
from marketplace.payments.movements import ROW_KEY

#: Stands for a bank account where a line comes from the card gateway; also the code of the ledger account.
GATEWAY = "gateway:card"


class LineSource(StrEnum):
    """Where a line of a statement was read."""

    FILE = "file"
    BANK = "bank"
    GATEWAY = "gateway"


class DifferenceKind(StrEnum):
    """How a line differs from the books (payments research 4.3, row 34); what matches is no difference."""

    UNAPPLIED = "unapplied"
    MISSING_NOTICE = "missing_notice"
    MISSING_THERE = "missing_there"
    MISSING_HERE = "missing_here"
    AMOUNT = "amount_differs"
    STATE = "state_differs"
    CURRENCY = "currency_differs"


class DifferenceState(StrEnum):
    """Open until a person explains it (*resolved*), it is gone by itself, or was put right when it was found."""

    OPEN = "open"
    RESOLVED = "resolved"
    REPAIRED = "repaired"
    GONE = "gone"


class Outcome(StrEnum):
    """How a reconciliation ended."""

    CLEAN = "clean"
    DIFFERENCES = "differences"
    UNANSWERED = "unanswered"


class StatementImport(Base):
    """One statement file that was taken over."""

    __tablename__ = "statement_import"
    __table_args__ = (CheckConstraint("rows >= 0 AND new_lines BETWEEN 0 AND rows", name="rows"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    layout: Mapped[str] = mapped_column(String(1))
    account: Mapped[str] = mapped_column(String(19))
    rows: Mapped[int]
    new_lines: Mapped[int]
    #: What the file itself says, in dong; None where it says nothing.
    opening: Mapped[Dong | None]
    closing: Mapped[Dong | None]
    first_on: Mapped[date]
    last_on: Mapped[date]
    imported_at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class StatementLine(Base):
    """One line of a statement, once per account and key: the other side's word, whatever our books say."""

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("account", "key"),
        Index(None, "account", "transacted_at"),
        suspects_index("statement_line", "memo", "counterparty", "state", "detail", "ignored_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Our account at the bank, or ``gateway:card``.
    account: Mapped[str] = mapped_column(String(19))
    bin: Mapped[str] = mapped_column(String(6), default="")
    #: The other side's reference; where a file gives none, one derived from the line's facts.
    key: Mapped[str] = mapped_column(String(80))
    #: Told later for a line whose key was derived.
    later_reference: Mapped[str | None] = mapped_column(String(80), index=True)
    #: Money that moved, positive when it came in; 0 for something at the gateway that moved none.
    amount: Mapped[Dong]
    #: What was asked for at the gateway, moved or not.
    asked: Mapped[Dong | None]
    currency: Mapped[str] = mapped_column(String(3))
    memo: Mapped[str] = mapped_column(String(210), default="")
    transacted_at: Mapped[datetime]
    #: False where the statement gives only the day: the moment is then its beginning.
    has_time: Mapped[bool] = mapped_column(default=True)
    counterparty: Mapped[str] = mapped_column(String(120), default="")
    counterparty_account: Mapped[str] = mapped_column(String(34), default="")
    source: Mapped[LineSource] = mapped_column(enum_column(LineSource, "source"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("statement_import.id"), index=True)
    #: The gateway's word for the state of the thing.
    state: Mapped[str] = mapped_column(String(40), default="")
    #: What else the gateway knows (its metadata), as JSON.
    detail: Mapped[str] = mapped_column(Text, default="")
    heard_at: Mapped[datetime]
    #: When its effect on the books was done, and why it had none.
    applied_at: Mapped[datetime | None]
    ignored_reason: Mapped[str | None] = mapped_column(String(60))
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("bank_receipt.id"), index=True)

    @property
    def reference(self) -> str:
        """The name under which bank or gateway know the line, as far as we were told."""
        return self.later_reference or self.key

    @property
    def is_named(self) -> bool:
        """Whether the bank's own reference of the line is known."""
        return not self.reference.startswith(ROW_KEY)


class StatementDifference(Base):
    """Something that the other side and our books tell differently. Living rows are one per subject and kind."""

    __tablename__ = "statement_difference"
    __table_args__ = (
        CheckConstraint("state <> 'resolved' OR resolved_by_id IS NOT NULL", name="resolved"),
        CheckConstraint("state <> 'resolved' OR length(resolution) >= 3", name="reason"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
        Index(
            "uq_statement_difference_living",
            "account",
            "subject",
            "kind",
            unique=True,
            sqlite_where=text("state <> 'gone'"),
            postgresql_where=text("state <> 'gone'"),
        ),
        Index(None, "state", "found_at"),
        Index(None, "account", "happened_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Our account at the bank, or ``gateway:card``.
    account: Mapped[str] = mapped_column(String(19))
    #: The reference of the other side, or ours where they know nothing of it.
    subject: Mapped[str] = mapped_column(String(80))
    kind: Mapped[DifferenceKind] = mapped_column(enum_column(DifferenceKind, "kind"))
    happened_on: Mapped[date]
    happened_at: Mapped[datetime]
    #: Signed dong on either side, None where nothing is known there.
    theirs: Mapped[Dong | None]
    ours: Mapped[Dong | None]
    their_state: Mapped[str] = mapped_column(String(40), default="")
    our_state: Mapped[str] = mapped_column(String(40), default="")
    #: What must be added to the books of that day to get the statement, in signed dong.
    effect: Mapped[Dong] = mapped_column(default=Dong(0))
    #: Memo, payer, metadata: whatever helps a person to find out.
    about: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[DifferenceState] = mapped_column(enum_column(DifferenceState, "state"))
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    resolution: Mapped[str] = mapped_column(Text, default="")
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class ReconciliationRun(Base):
    """One comparison of the books with bank and gateway."""

    __tablename__ = "reconciliation_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    outcome: Mapped[Outcome | None] = mapped_column(enum_column(Outcome, "outcome"))
    #: Who did not answer and why, one per line.
    silent: Mapped[str] = mapped_column(Text, default="")
    found: Mapped[int] = mapped_column(default=0)
    repaired: Mapped[int] = mapped_column(default=0)
    closed: Mapped[int] = mapped_column(default=0)
    still_open: Mapped[int] = mapped_column(default=0)
