"""The small world of figures, at ten in the morning of 22 November 2026."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from marketplace.core import clock
from marketplace.core.db import db, transaction
from tests.factories.figures import NOW, World, make_world


@pytest.fixture
def world(context: Flask) -> Iterator[World]:
    """Units, definitions and plans, with an application context around."""
    with clock.frozen(NOW):
        with transaction():
            made = make_world()
        yield made


@pytest.fixture
def count_queries(context: Flask) -> Iterator[list[str]]:
    """Every statement that the engine ran since the list was last cleared."""
    seen: list[str] = []

    def remember(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", remember)
    yield seen
    event.remove(db.engine, "before_cursor_execute", remember)
