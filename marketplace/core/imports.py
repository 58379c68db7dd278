"""Bringing a table in line with a file of facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, update

from marketplace.core.db import db


@dataclass
class Counts:
    """What an import did to the rows of one table."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


def bring_in_line(model: Any, wanted: Mapping[Any, dict[str, Any]], stored: Mapping[Any, Any], counts: Counts) -> None:
    """Insert what is new, update what differs, delete what is stored and not wanted; all in bulk.

    ``stored`` holds rows with ``id`` and every column of ``wanted``, under the same keys. Objects of ``model`` that the
    session holds keep their old values: expire what is read again.
    """
    new = [values for key, values in wanted.items() if key not in stored]
    differing = [
        {"id": stored[key].id, **values}
        for key, values in wanted.items()
        if key in stored and any(getattr(stored[key], column) != value for column, value in values.items())
    ]
    surplus = [row.id for key, row in stored.items() if key not in wanted]
    if new:
        db.session.execute(insert(model), new)
    if differing:
        db.session.execute(update(model), differing)
    if surplus:
        db.session.execute(delete(model).where(model.id.in_(surplus)))
    counts.new += len(new)
    counts.changed += len(differing)
    counts.unchanged += len(wanted) - len(new) - len(differing)
    counts.removed += len(surplus)
