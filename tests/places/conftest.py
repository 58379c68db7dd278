"""The small country (a handful of units) per test, and the whole country once per module."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.places.services import ImportReport, import_places
from tests.conftest import empty_database
from tests.factories.places import load_small_country

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "places"
AFTER_ALL_CHANGES = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def small_country(context: Flask) -> Iterator[Flask]:
    """A context over the small country, on 22 November 2026."""
    with clock.frozen(AFTER_ALL_CHANGES):
        with transaction():
            load_small_country()
        yield context


@pytest.fixture(scope="module")
def whole_country(_migrated: tuple[Flask, Path]) -> Iterator[ImportReport]:
    """A context over all places of ``seeds/places``, imported once for the module; tests in it only read."""
    app, _template = _migrated
    with app.app_context(), clock.frozen(AFTER_ALL_CHANGES):
        empty_database(_migrated)
        with transaction():
            report = import_places(SEEDS)
        yield report
        db.session.remove()
        db.engine.dispose()
