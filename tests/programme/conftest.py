"""The small world of figures, at ten in the morning of 22 November 2026."""

from collections.abc import Iterator

import pytest
from flask import Flask

from marketplace.core import clock
from marketplace.core.db import transaction
from tests.factories.figures import NOW, World, make_world


@pytest.fixture
def world(context: Flask) -> Iterator[World]:
    """Units, definitions and plans, with an application context around."""
    with clock.frozen(NOW):
        with transaction():
            made = make_world()
        yield made
