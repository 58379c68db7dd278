"""Counting what an order writes, to hold the twin to the same work."""

import re
from collections import Counter
from itertools import groupby
from typing import Any

from flask import Flask
from sqlalchemy import event

from marketplace.core.db import db

_WRITE = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


def of_shop(app: Flask, headers: dict[str, str], body: str) -> Counter[str]:
    """Rows written by the shop for one order, by verb and table."""
    seen: Counter[str] = Counter()

    def note(_connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        many = many and isinstance(parameters[0], (tuple, list))
        _count(seen, statement, len(parameters) if many else max(cursor.rowcount, 1))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "after_cursor_execute", note)
    try:
        _order(app, headers, body)
    finally:
        event.remove(engine, "after_cursor_execute", note)
    return seen


def of_twin(headers: dict[str, str], body: str) -> Counter[str]:
    """Rows written by the twin for one order, by verb and table."""
    from tests.bench import twin

    seen: Counter[str] = Counter()
    connection = twin.connection()
    traced: list[str] = []
    connection.set_trace_callback(traced.append)
    try:
        _order(twin.app, headers, body)
    finally:
        connection.close()
    for statement, _again in groupby(traced):  # it is told once more for each trigger that it sets off
        _count(seen, statement, 1)
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
