"""A stage for random programs and crashes: the same prepared shop again and again, in a few milliseconds."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask import Flask
from sqlalchemy import event

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.payments import settings
from tests import conftest
from tests.proof.outside import Outside, Rows
from tests.proof.world import NOON, World, build, stand_at

Build = Callable[[Flask, Outside], World]


@dataclass
class Prepared:
    """A shop as ``prepare`` builds it: the file of its database, itself, and what gateway and bank know."""

    prepare: Build
    file: Path
    world: World | None = None
    rows: Rows = field(default_factory=dict)


class Stage:
    """Over a migrated database; ``folder`` is for the sandbox's file."""

    def __init__(self, shop: Flask, migrated: tuple[Flask, Path], folder: Path, prepared: Prepared) -> None:
        self._shop, self._migrated, self._prepared = shop, migrated, prepared
        self._outside = Outside(folder / "sandbox.db")
        engine = self._outside._store._engine
        event.listen(engine, "connect", conftest.hurry)
        engine.dispose()

    def set_up(self) -> World:
        """The small shop with nothing in it but what was prepared, its sandbox, and the clock at noon.

        On SQLite the file that was prepared once is copied back; on PostgreSQL the shop is built anew.
        """
        db.session.remove()
        stand_at(NOON)
        if self._prepared.world is not None:
            conftest.empty_database((self._shop, self._prepared.file))
            self._outside.become(self._prepared.rows)
            return replace(self._prepared.world, outside=self._outside)
        conftest.empty_database(self._migrated)
        self._outside.forget()
        world = self._prepared.prepare(self._shop, self._outside)
        if db.engine.dialect.name == "sqlite":
            self._keep(world)
        return world

    def clear(self) -> None:
        """Let go of what was set up."""
        self._outside.close()
        db.session.remove()

    def _keep(self, world: World) -> None:
        db.session.rollback()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # VACUUM runs outside a transaction
            connection.exec_driver_sql(f"VACUUM INTO '{self._prepared.file}'")
        self._prepared.world, self._prepared.rows = world, self._outside.rows()


@contextmanager
def stage(shop: Flask, migrated: tuple[Flask, Path], folder: Path, prepared: Prepared | None = None) -> Iterator[Stage]:
    """A stage that leaves clock and settings as they were; on it stands ``world.build`` unless told otherwise."""
    before, source = settings.current(), clock._source
    made = Stage(shop, migrated, folder, prepared or Prepared(build, folder / "prepared.db"))
    try:
        yield made
    finally:
        made.clear()
        clock.use(source)
        settings.configure(before)
        shutil.rmtree(folder, ignore_errors=True)
