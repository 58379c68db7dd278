"""The migrations make exactly the tables that the models describe, and can be taken back."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from marketplace.core.db import Base, UtcDateTime, db


def _differences() -> list[object]:
    def ours(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        return not (kind == "table" and str(name).startswith("product_search"))

    def same_moment(_c: object, _i: object, _m: object, _inspected: object, wanted: object) -> bool | None:
        return False if isinstance(wanted, UtcDateTime) else None

    with db.engine.connect() as connection:
        options = {"include_object": ours, "compare_type": same_moment}
        return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


def test_models_and_migrations_agree(context: Flask) -> None:
    assert _differences() == []


def test_every_migration_can_be_taken_back_and_made_again(context: Flask) -> None:
    db.session.remove()
    downgrade(revision="base")
    with db.engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    upgrade()
    assert _differences() == []
