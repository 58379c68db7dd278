"""The sandbox's own database: one SQLite file, written by one transaction at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:
    import sqlite3 as sqlite

metadata = sa.MetaData()

#: Every object of the Stripe protocol as the document it is answered with. Keys that begin with an
#: underscore are the sandbox's own and never leave it. ``seq`` is the order of creation.
objects = sa.Table(
    "objects",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("created", sa.Integer, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Index("ix_objects_kind_seq", "kind", "seq"),
    sqlite_autoincrement=True,
)

#: First answers by idempotency key; ``status`` is NULL while the first request still runs.
answers = sa.Table(
    "answers",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("created", sa.Integer, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("body", sa.JSON),
)

#: Things that happen by themselves later: a refund that fails, an authorisation that runs out.
timers = sa.Table(
    "timers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("due_at", sa.Float, nullable=False, index=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
)

#: Messages to other systems: a Stripe event for one endpoint, or a bank notice. ``due_at`` and
#: ``leased_until`` are Unix seconds; ``state`` is waiting, delivered, failed or dropped.
messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due_at", sa.Float, nullable=False),
    sa.Column("leased_until", sa.Float, nullable=False),
    sa.Index("ix_messages_state_due", "state", "due_at"),
)

#: Messages that are always carried wrongly (a forged notice): the fault's kind.
troubles = sa.Table(
    "troubles",
    metadata,
    sa.Column("message", sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
)

#: Each try to deliver a message: the answer's status, or the error in words.
attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("message", sa.ForeignKey("messages.id"), nullable=False, index=True),
    sa.Column("at", sa.Integer, nullable=False),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("note", sa.Text, nullable=False),
)

#: The bank's journal: one row per booking on an account of BIN 999999, amounts in dong, never changed.
#: ``transacted_at`` is Unix seconds by the bank's clock; ``body`` is the notice as it was sent.
bookings = sa.Table(
    "bookings",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("bank_reference", sa.Text, nullable=False, unique=True),
    sa.Column("account", sa.Text, nullable=False, index=True),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("memo", sa.Text, nullable=False),
    sa.Column("transacted_at", sa.Integer, nullable=False),
    sa.Column("payer_name", sa.Text, nullable=False),
    sa.Column("payer_account", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text, unique=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("reverses", sa.Text, unique=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.CheckConstraint("amount > 0", name="ck_bookings_amount"),
    sa.CheckConstraint("direction IN ('in', 'out')", name="ck_bookings_direction"),
    sqlite_autoincrement=True,
)

#: Transfers that account holders ordered, by their key. ``state`` is accepted, succeeded, failed or returned.
transfers = sa.Table(
    "transfers",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("bank_reference", sa.Text, nullable=False, unique=True),
    sa.Column("from_account", sa.Text, nullable=False),
    sa.Column("bin", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("memo", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("failure", sa.Text),
    sa.Column("created", sa.Integer, nullable=False),
    sa.Column("booked_at", sa.Text),
    sa.Column("return_reference", sa.Text),
    sa.Column("returned_at", sa.Text),
    sa.CheckConstraint("amount > 0", name="ck_transfers_amount"),
    sqlite_autoincrement=True,
)

#: What a person chose on the pages and what stays chosen.
choices = sa.Table(
    "choices",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


class Store:
    """Opens the file, and gives out read and write transactions."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        driver: ModuleType = sqlite
        self._engine = sa.create_engine(f"sqlite:///{path}", module=driver, pool_size=30, max_overflow=30)
        self._turn = threading.Lock()
        sa.event.listen(self._engine, "connect", _prepare)
        sa.event.listen(self._engine, "begin", _begin)
        with self.write() as db:
            metadata.create_all(db)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction that may change things: all of it is kept, or nothing. Writers queue in this process."""
        with (
            self._turn,
            self._engine.connect().execution_options(begin="BEGIN IMMEDIATE") as db,
            db.begin(),
        ):
            yield db

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One unchanging view of the data."""
        with self._engine.connect() as db, db.begin():
            yield db

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


def _prepare(connection: Any, _record: Any) -> None:
    """The driver's own transaction handling is off: ``_begin`` says how each one starts."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(db: sa.Connection) -> None:
    db.exec_driver_sql(db.get_execution_options().get("begin", "BEGIN"))
