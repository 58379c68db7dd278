"""Ledger tables: accounts, entries, lines, append-only by trigger; and what the audit found. For this room only."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong


class AccountKind(StrEnum):
    """The side on which an account normally stands: asset and expense debit, liability and income credit.

    A memo account stands on either side: it tells of money that never was ours (a stall's sales and where they went).
    """

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"
    MEMO = "memo"


class Account(Base):
    """One account of the chart, found by its ``code`` such as ``producer:12:payable``."""

    __tablename__ = "ledger_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[AccountKind] = mapped_column(enum_column(AccountKind, "kind"))
    opened_at: Mapped[datetime]


class Entry(Base):
    """One posting of one fact; ``(kind, ref_type, ref_id)`` is unique, so a fact is posted once (I04)."""

    __tablename__ = "ledger_entry"
    __table_args__ = (UniqueConstraint("kind", "ref_type", "ref_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    ref_type: Mapped[str] = mapped_column(String(40))
    ref_id: Mapped[str] = mapped_column(String(80))
    occurred_at: Mapped[datetime]
    posted_at: Mapped[datetime]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    lines: Mapped[list["Line"]] = relationship(back_populates="entry", order_by="Line.id")


class Line(Base):
    """A signed amount on an account: debit positive, credit negative, never zero (I02)."""

    __tablename__ = "ledger_line"
    __table_args__ = (
        CheckConstraint("amount <> 0 AND amount BETWEEN -1000000000000 AND 1000000000000", name="amount"),
        Index(None, "account_id", "entry_id", "amount"),  # balances and the audit read both without opening a line
        Index(None, "entry_id", "account_id", "amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"))
    amount: Mapped[Dong]
    entry: Mapped[Entry] = relationship(back_populates="lines")
    account: Mapped[Account] = relationship()


class AuditRun(Base):
    """One run of the whole audit; ``findings`` is JSON: the name of each broken promise with its offenders."""

    __tablename__ = "ledger_audit_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(index=True)
    #: How many promises were asked about.
    asked: Mapped[int]
    findings: Mapped[str] = mapped_column(Text)


class Alarm(Base):
    """A promise that a run found broken, until a run finds it kept again; a person may say what is known of it."""

    __tablename__ = "ledger_alarm"
    __table_args__ = (
        Index(
            "uq_ledger_alarm_open",
            "name",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL) AND (acknowledged_at IS NULL) = (reason = '')",
            name="acknowledged",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(12))
    #: JSON, as the newest run found them.
    offenders: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    #: Id of a person; this room knows nobody.
    acknowledged_by: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(500), default="")
