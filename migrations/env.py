"""Runs migrations inside the application: one transaction, all or nothing, on both databases."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Table, text

from marketplace.core.db import UtcDateTime

database = current_app.extensions["migrate"].db
engine = database.engine


def render_item(kind: str, item: Any, _autogen: Any) -> Any:
    """Write our column types as the plain types they become: a migration imports nothing of the application."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def include_object(item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Search tables of SQLite (FTS5 and its shadows) belong to the storefront's own DDL, not to the models."""
    return not (kind == "table" and isinstance(item, Table) and str(name).startswith("product_search"))


def compare_type(_context: Any, _inspected: Any, _metadata: Any, inspected_type: Any, metadata_type: Any) -> Any:
    """Moments are stored alike whatever the reflected type is called; everything else by Alembic's own rules."""
    return False if isinstance(metadata_type, UtcDateTime) else None


def run(connection: Connection) -> None:
    """Migrate in one transaction."""
    is_sqlite = connection.dialect.name == "sqlite"
    raw: Any = connection.connection.dbapi_connection
    if is_sqlite:  # outside a transaction, else SQLite ignores it; rebuilding a parent table needs it off
        raw.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_as_batch=True,
        render_item=render_item,
        include_object=include_object,
        compare_type=compare_type,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        if is_sqlite and connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
            raise RuntimeError("a migration left a row that points nowhere")
    if is_sqlite:
        raw.execute("PRAGMA foreign_keys=ON")


with engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection:
    run(connection)
