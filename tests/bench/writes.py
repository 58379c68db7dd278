"""Counting what an order writes, to hold the twin to the same work."""

import re
from collections import Counter
from typing import Any

from flask import Flask
from sqlalchemy import event

from marketplace.core.db import db

_WRITE = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


def of_shop(app: Flask, headers: dict[str, str], body: str) -> Counter[str]:
    """Rows written by the shop for one order, by verb and table."""
    seen: Counter[str] = Counter()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        _count(seen, statement, len(parameters) if many and isinstance(parameters[0], (tuple, list)) else 1)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        _order(app, headers, body)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return seen


def of_twin(headers: dict[str, str], body: str) -> Counter[str]:
    """Rows written by the twin for one order, by verb and table."""
    from tests.bench import twin

    seen: Counter[str] = Counter()
    connection = twin.connection()
    connection.set_trace_callback(lambda statement: _count(seen, statement, 1))
    try:
        _order(twin.app, headers, body)
    finally:
        connection.close()
    return seen


def _count(seen: Counter[str], statement: str, rows: int) -> None:
    found = _WRITE.match(statement)
    if found:
        seen[f"{found[1].upper()} {found[2]}"] += rows


def _order(app: Flask, headers: dict[str, str], body: str) -> None:
    answer = app.test_client().post(
        "/api/v1/orders", data=body.encode(), content_type="application/json", headers=headers
    )
    if answer.status_code != 201:
        raise RuntimeError(f"the order before the load was refused: {answer.status} {answer.get_data(as_text=True)}")
