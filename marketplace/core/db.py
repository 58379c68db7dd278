"""The database: typed base, column types, and the one way to write.

Reads begin deferred; a write begins with ``transaction()``: on SQLite behind a fair file lock and ``BEGIN IMMEDIATE``
(plain deferred transactions oversell or drown in "database is locked", see docs/adr/0002).
"""

import fcntl
import hashlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Delete,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    String,
    Update,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator, TypeEngine

from marketplace.core import failpoints
from marketplace.core.errors import Unavailable
from marketplace.core.money import Dong

log = logging.getLogger(__name__)
T = TypeVar("T")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Takes only aware values, stores UTC, returns aware UTC on both databases."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """timestamptz on PostgreSQL; ISO text without offset, always UTC, on SQLite."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values; hand UTC to the driver."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the database")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Hand out aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: Row ids: 64 bits on PostgreSQL, the rowid on SQLite (which alone counts up by itself).
RowId = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """Base of every table. Its own registry, because Flask-SQLAlchemy drops a type map (their issue 1361)."""

    registry: ClassVar[registry] = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: UtcDateTime(),
            date: Date(),
            int: RowId,
            Dong: BigInteger().with_variant(Integer(), "sqlite"),
            str: String(),
        },
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


# -- how connections behave ---------------------------------------------------------------------------------------

#: First SQLite releases with the WAL-reset repair; two processes on an older one can damage the file.
_SQLITE_REPAIRED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


def sqlite_is_repaired(version: tuple[int, ...]) -> bool:
    """Whether this SQLite release has the WAL-reset repair (3.51.3, back-ported to 3.50.7 and 3.44.6)."""
    if version >= _SQLITE_REPAIRED[0]:
        return True
    return any(version[:2] == fixed[:2] and version >= fixed for fixed in _SQLITE_REPAIRED[1:])


def prepare_engine(engine: Engine) -> None:
    """Give an engine the project's connection settings. Called once per engine, before its first use."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _set_sqlite_pragmas)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "engine_disposed", _close_watcher)


def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    write_ahead(connection)
    for pragma in (
        "foreign_keys=ON",
        "synchronous=FULL",
        "busy_timeout=10000",
        "trusted_schema=OFF",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def write_ahead(connection: Any) -> None:
    """Turn the write-ahead log on. A file without one (a restored copy) changes over at its first opening: of several
    processes that try at once, SQLite refuses all but one, without waiting."""
    for pause in (0.02, 0.05, 0.1, 0.2, 0.5, 0):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except connection.OperationalError:
            if not pause:
                raise
            time.sleep(pause)  # until the other one has changed it
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


# -- the one way to write -----------------------------------------------------------------------------------------


@contextmanager
def transaction() -> Iterator[None]:
    """Everything inside is written together or not at all. For doors and flows; services only flush.

    Ends a read that may be open (the signed-in user's row), so that all rows are read afresh under the write lock.
    Raises ``RuntimeError`` when nested or when unflushed changes were made before it.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("transaction() does not nest: the outermost door or flow owns it")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made before transaction() began")
    session.rollback()
    engine = db.engine
    session.info["writing"] = True
    try:
        with _fair_turn(engine):
            session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
            try:
                yield
                failpoints.hit("commit.before")
                session.commit()
                failpoints.hit("commit.after")
            except BaseException:
                session.rollback()
                raise
    finally:
        session.info["writing"] = False


def retrying(work: Callable[[], T], *, tries: int = 5) -> T:
    """Run ``work`` (which opens its own transaction) again when the database says "serialise" or "busy".

    40001, 40P01 and SQLITE_BUSY only; at most ``tries`` times within about three seconds, then ``Unavailable``.
    """
    for attempt in range(1, tries + 1):
        try:
            return work()
        except DBAPIError as error:
            if not is_passing(error):
                raise
            if attempt == tries:
                raise Unavailable("database_busy", retry_after=2) from error
            time.sleep(random.uniform(0.5, 1.0) * 0.05 * 2**attempt)
    raise AssertionError("unreachable")


def is_passing(error: DBAPIError) -> bool:
    """Whether the same transaction may simply be tried again: 40001, 40P01, SQLITE_BUSY."""
    state = getattr(error.orig, "sqlstate", None)
    return state in {"40001", "40P01"} or "database is locked" in str(error.orig)


@contextmanager
def _fair_turn(engine: Engine) -> Iterator[None]:
    """Queue writers of one SQLite file in order of arrival (SQLite's own wait polls and is unfair)."""
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:":
        yield
        return
    with Path(f"{path}.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# -- has anything changed? -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Watcher:
    """A connection that never writes: SQLite tells it of every commit of the others."""

    connection: Any
    serial: int


_watchers: dict[Engine, _Watcher] = {}
_serials = count(1)
_watching = threading.Lock()


def change_mark() -> object:
    """A mark of the state of the database: the same one twice means that nobody committed anything in between.

    Costs microseconds on SQLite (``PRAGMA data_version``), one small query on PostgreSQL (its snapshot as text).
    Read it before the rows that it is to stand for.
    """
    engine = db.engine
    if engine.dialect.name == "postgresql":
        return db.session.scalar(text("SELECT CAST(pg_current_snapshot() AS text)"))
    with _watching:
        watcher = _watcher(engine)
        return watcher.serial, watcher.connection.execute("PRAGMA data_version").fetchone()[0]


def mark_of(statement: str, **values: object) -> object:
    """A mark of the rows of a small SELECT as they are committed now, whatever the session has read before.

    Costs microseconds on SQLite, one small query on PostgreSQL. Read it before the rows that it is to stand for. Values
    are named as ``:name`` in the statement. On SQLite a file that was replaced (a restore) has other marks.
    """
    engine = db.engine
    if engine.dialect.name == "postgresql":
        return tuple(tuple(row) for row in db.session.execute(text(statement), values))
    with _watching:
        watcher = _watcher(engine)
        return watcher.serial, tuple(watcher.connection.execute(statement, values).fetchall())


def _watcher(engine: Engine) -> _Watcher:
    """The engine's own connection, opened the first time. Under the lock."""
    watcher = _watchers.get(engine)
    if watcher is None:
        pooled = engine.raw_connection()
        pooled.detach()
        watcher = _watchers[engine] = _Watcher(pooled.dbapi_connection, next(_serials))
    return watcher


def _close_watcher(engine: Engine) -> None:
    with _watching:
        watcher = _watchers.pop(engine, None)
        if watcher is not None:
            watcher.connection.close()


def insert_ignoring_duplicates(model: type[Base], values: dict[str, Any], *, keys: list[str]) -> bool:
    """Insert one row unless its unique ``keys`` exist already; True when this call made it. Never raises on a twin."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    table: Any = model.__table__
    statement = insert(table).values(**values).on_conflict_do_nothing(index_elements=keys).returning(table.c.id)
    return db.session.execute(statement).first() is not None  # the row count is not told by every driver


def hold(*facts: str) -> None:
    """Let nobody else hold the same ``facts`` until this transaction ends (the embedded database has one writer)."""
    if db.engine.dialect.name == "postgresql":
        digest = hashlib.sha256("\x1f".join(facts).encode()).digest()
        key = int.from_bytes(digest[:8], signed=True)
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def changed_one(statement: Update | Delete, *, synchronize: Literal["auto", "fetch", False] = False) -> bool:
    """Run a guarded UPDATE or DELETE; whether its conditions held for exactly one row.

    Rows that the session holds keep their old values unless ``synchronize`` says otherwise: refresh what is read again.
    """
    result = db.session.execute(statement, execution_options={"synchronize_session": synchronize})
    return isinstance(result, CursorResult) and result.rowcount == 1


def enum_column(kind: type[StrEnum], name: str) -> Enum:
    """A text column that holds only the values of ``kind``, kept by a named CHECK on both databases."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=name,
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )
