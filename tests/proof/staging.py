"""A stage for random programs and crashes: the same prepared shop again and again, in a few milliseconds."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.payments import settings
from tests import conftest
from tests.proof.outside import Outside
from tests.proof.world import NOON, World, build


class Stage:
    """Over a migrated database; ``folder`` is for the sandbox's files."""

    def __init__(self, shop: Flask, migrated: tuple[Flask, Path], folder: Path) -> None:
        self._shop, self._migrated = shop, migrated
        self._outside = Outside(folder / "sandbox.db")

    def set_up(self) -> World:
        """An empty database with the small shop in it, a new sandbox, and the clock at noon."""
        db.session.remove()
        clock.use(lambda: NOON)
        conftest.empty_database(self._migrated)
        self._outside.forget()
        return build(self._shop, self._outside)

    def clear(self) -> None:
        """Let go of what was set up."""
        self._outside.close()
        db.session.remove()


@contextmanager
def stage(shop: Flask, migrated: tuple[Flask, Path], folder: Path) -> Iterator[Stage]:
    """A stage that leaves clock and settings as they were."""
    before, source = settings.current(), clock._source
    made = Stage(shop, migrated, folder)
    try:
        yield made
    finally:
        made.clear()
        clock.use(source)
        settings.configure(before)
        shutil.rmtree(folder, ignore_errors=True)
