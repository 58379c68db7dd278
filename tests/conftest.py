"""The harness: a migrated database per test, real transactions, on SQLite and (``TEST_DATABASE_URL``) PostgreSQL.

Fixtures: ``app`` (a fresh, migrated, empty database), ``client`` (a browser without cookies of others),
``context`` (an application context for calling services and queries directly), ``racers`` (eight processes at once).
"""

import contextvars
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import settings
from sqlalchemy import event, inspect, text
from werkzeug.test import TestResponse

from config import Testing
from marketplace.app import create_app
from marketplace.core.db import db, write_ahead
from tests.racing import Racers

settings.register_profile("untimed", settings(), deadline=None)  # a busy machine is no error of the code
settings.load_profile("untimed")

#: Tables whose rows a migration brings: they stay.
_KEPT = {"alembic_version", "tax_rate"}
_RESTART_SEQUENCES = """
    SELECT setval(quote_ident(schemaname) || '.' || quote_ident(sequencename), start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""
_POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "")


class OwnContextClient(FlaskClient):
    """A test client whose requests never share ``g`` with the test around them or with other clients."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send the request in an empty context, as a server would."""
        kwargs.setdefault("buffered", True)
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, Path]:
    folder = tmp_path_factory.mktemp("instance")
    settings = {"INSTANCE_PATH": str(folder), "SHOW_DEMO_LOGINS": "1"}
    if _POSTGRESQL:
        settings["DATABASE_URL"] = _POSTGRESQL
    app = create_app(Testing(settings))
    app.test_client_class = OwnContextClient
    with app.app_context():
        upgrade()
        template = folder / "template.db"
        if not _POSTGRESQL:
            with db.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")  # VACUUM runs outside a transaction
                connection.exec_driver_sql(f"VACUUM INTO '{template}'")
            _write_ahead_from_the_first(template)
            event.listen(db.engine, "connect", hurry)
        db.engine.dispose()
    return app, template


def _write_ahead_from_the_first(template: Path) -> None:
    """Give the template its write-ahead log, so that not each copy has to change over."""
    with closing(db.engine.dialect.loaded_dbapi.connect(template)) as connection:
        write_ahead(connection)


def hurry(connection: Any, _record: Any) -> None:
    """For SQLite's connections where no power cut is tried: they need not wait for the disk."""
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def app(_migrated: tuple[Flask, Path]) -> Iterator[Flask]:
    """The application over an empty, migrated database."""
    app, _template = _migrated
    with app.app_context():
        empty_database(_migrated)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def empty_database(migrated: tuple[Flask, Path]) -> None:
    """Take every row out, inside an application context; also for module-wide fixtures that tests only read."""
    if _POSTGRESQL:
        _empty_postgresql()
    else:
        _replace_sqlite(migrated[1])


def _replace_sqlite(template: Path) -> None:
    db.engine.dispose()
    path = Path(str(db.engine.url.database))
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    shutil.copyfile(template, path)


def _empty_postgresql() -> None:
    with db.engine.begin() as connection:
        filled = connection.scalars(text(_filled_tables())).all()
        if not filled:
            return
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # no trigger and no foreign key asks
        for name in filled:
            connection.execute(text(f'DELETE FROM "{name}"'))
        connection.execute(text(_RESTART_SEQUENCES))


@cache
def _filled_tables() -> str:
    """One question for the names of all tables that hold a row (TRUNCATE of all takes a quarter of a second a test)."""
    names = set(inspect(db.engine).get_table_names()) - _KEPT
    return " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in sorted(names))


@pytest.fixture(scope="session")
def racers(_migrated: tuple[Flask, Path]) -> Iterator[Racers]:
    """Eight more processes on the database of the tests."""
    made = Racers({"INSTANCE_PATH": str(_migrated[0].config["INSTANCE_PATH"]), "DATABASE_URL": _POSTGRESQL})
    yield made
    made.stop()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser."""
    return app.test_client()


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """An application context, for tests that call services and queries."""
    with app.app_context():
        yield app
        db.session.rollback()
