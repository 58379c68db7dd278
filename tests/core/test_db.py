"""Writing: all or nothing, never nested, never over stale rows."""

import sqlite3
import threading
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text, update

from marketplace.core import clock
from marketplace.core.db import (
    changed_one,
    db,
    insert_ignoring_duplicates,
    prepare_engine,
    sqlite_is_repaired,
    transaction,
    write_ahead,
)
from marketplace.outbox.models import OutboxMessage


def _message(key: str) -> OutboxMessage:
    now = clock.now()
    return OutboxMessage(key=key, topic="test", payload="{}", created_at=now, due_at=now)


def _count() -> int:
    return db.session.scalar(select(func.count()).select_from(OutboxMessage)) or 0


def test_a_failed_transaction_leaves_nothing(context: Flask) -> None:
    with pytest.raises(ValueError, match="stop"), transaction():
        db.session.add(_message("a"))
        db.session.flush()
        raise ValueError("stop")
    assert _count() == 0


def test_a_transaction_writes_everything(context: Flask) -> None:
    with transaction():
        db.session.add_all([_message("a"), _message("b")])
    assert _count() == 2


def test_transactions_do_not_nest(context: Flask) -> None:
    with pytest.raises(RuntimeError, match="nest"), transaction(), transaction():
        pass


def test_changes_made_before_are_refused(context: Flask) -> None:
    db.session.add(_message("a"))
    with pytest.raises(RuntimeError, match="before"), transaction():
        pass
    db.session.rollback()


def test_naive_moments_never_reach_the_database(context: Flask) -> None:
    with pytest.raises(Exception, match="naive"), transaction():
        message = _message("a")
        message.due_at = datetime(2026, 1, 1)  # noqa: DTZ001  # a naive one is meant
        db.session.add(message)


def test_a_twin_is_ignored_and_said(context: Flask) -> None:
    now = clock.now()
    values = {"key": "a", "topic": "test", "payload": "{}", "created_at": now, "due_at": now, "attempts": 0}
    with transaction():
        assert insert_ignoring_duplicates(OutboxMessage, values, keys=["key"])
        assert not insert_ignoring_duplicates(OutboxMessage, values, keys=["key"])
    assert _count() == 1


def test_embedded_database_is_durable_and_checks_references(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'new.db'}")  # the one of the tests does not wait for the disk
    prepare_engine(engine)
    with engine.connect() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys")
        found = {name: connection.scalar(text(f"PRAGMA {name}")) for name in names}
    engine.dispose()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_restored_copy_is_opened_while_another_process_reads_it(tmp_path: Path) -> None:
    reader = sqlite3.connect(tmp_path / "restored.db", check_same_thread=False)
    reader.executescript("CREATE TABLE kept (id INTEGER); BEGIN; SELECT * FROM kept")
    opener = sqlite3.connect(tmp_path / "restored.db", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):  # the control: without patience
        opener.execute("PRAGMA journal_mode=WAL")
    done_reading = threading.Timer(0.05, reader.close)
    done_reading.start()
    write_ahead(opener)
    done_reading.join()
    assert opener.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    opener.close()


def test_only_releases_with_the_wal_repair_are_trusted() -> None:
    assert sqlite_is_repaired((3, 53, 4))
    assert sqlite_is_repaired((3, 50, 7))
    assert not sqlite_is_repaired((3, 40, 1))
    assert not sqlite_is_repaired((3, 51, 2))


def test_a_guarded_update_says_whether_its_conditions_held(context: Flask) -> None:
    with transaction():
        message = _message("guarded")
        db.session.add(message)
    still = update(OutboxMessage).where(OutboxMessage.key == "guarded", OutboxMessage.attempts == 0)
    with transaction():
        assert changed_one(still.values(attempts=1)) is True
    with transaction():
        assert changed_one(still.values(attempts=2)) is False
    assert db.session.scalar(select(OutboxMessage.attempts).where(OutboxMessage.key == "guarded")) == 1
