"""Marks of what the shop shows: the same mark twice means that a page made of it would be the same page.

The database keeps ``shelf_change`` (migration 0020): one row for each change of a product, pack, photo, trace link and
its check, certificate, recognised product, producer or place, and of a lot when goods appear or run out. An order that
leaves something on the shelf changes nothing here, so pages stay remembered while the shop sells.
"""

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

from sqlalchemy import delete, func, insert, select

from marketplace.core import clock
from marketplace.core.db import db, mark_of
from marketplace.storefront.models import ShelfChange

#: Changes that are kept so that two marks cannot be alike by chance; older ones are forgotten by the worker.
KEPT = 100
#: Answers that a process keeps between two changes; more than these are made each time.
MOST_KEPT = 1000


def shelf_mark() -> object:
    """The state of all that lists and searches show, but for what the clock alone changes (lapsed promises, days).

    Number and highest id of the changes: ids are given out before they are committed, the number is not. PostgreSQL
    adds the last transaction, which a restored copy does not repeat.
    """
    last = ", max(CAST(CAST(xmin AS text) AS bigint))" if db.engine.dialect.name == "postgresql" else ""
    return mark_of(f"SELECT max(id), count(*){last} FROM shelf_change")


def product_mark(product_id: int) -> object:
    """The state of all that the page of one product shows: the shelf, and how much of its lots is left."""
    left = "SELECT id, on_hand, reserved FROM lot WHERE product_id = :product_id ORDER BY id"
    return shelf_mark(), mark_of(left, product_id=product_id)


V = TypeVar("V")
_made: dict[Hashable, object] = {}
_made_for: object = None
_making = threading.Lock()


def once_per_change(key: Hashable, make: Callable[[], V]) -> V:
    """What ``make`` says of the shelf as it is now; asked again only after a change of it or when the minute is over.

    For small answers that weigh every product: each process keeps its own until then.
    """
    global _made_for
    state = (shelf_mark(), clock.now().replace(second=0, microsecond=0))
    with _making:
        if _made_for != state:
            _made.clear()
            _made_for = state
        if key in _made:
            return _made[key]  # type: ignore[return-value]  # made under this key by the same caller
    value = make()
    with _making:
        if _made_for == state and len(_made) < MOST_KEPT:
            _made[key] = value
    return value


def forget_old_changes() -> None:
    """Drop all but the last changes. In the caller's transaction; a change of its own moves the mark on."""
    newest = db.session.scalar(select(func.max(ShelfChange.id))) or 0
    dropped = delete(ShelfChange).where(ShelfChange.id <= newest - KEPT)
    if db.session.scalar(select(func.min(ShelfChange.id)).where(ShelfChange.id <= newest - KEPT)) is not None:
        db.session.execute(insert(ShelfChange).values())
        db.session.execute(dropped.execution_options(synchronize_session=False))
