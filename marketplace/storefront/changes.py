"""Marks of what the shop shows: the same mark twice means that a page made of it would be the same page.

The database counts (``shelf_writer``, migrations 0020 and 0047) the transactions that changed a product, pack, photo,
trace link and what was found at it, certificate, recognised product, producer or place, and a lot when goods appear or
run out. An order that leaves something on the shelf is not counted, so pages stay remembered while the shop sells.
"""

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

from sqlalchemy import func, select, text

from marketplace.core import clock
from marketplace.core.db import db, mark_of
from marketplace.storefront.models import ShelfWriter

#: Rows of writers that may stand before the worker adds up those of connections that are gone.
KEPT = 100
#: Answers that a process keeps between two changes; more than these are made each time.
MOST_KEPT = 1000


def shelf_mark() -> object:
    """The state of all that lists and searches show, but for what the clock alone changes (lapsed promises, days).

    The sum of all counts: it grows with every commit that changed something, in the order of the commits, and with
    nothing else; there are about as many rows as connections. PostgreSQL adds the last transaction, which a restored
    copy does not repeat. Whoever is writing gets a mark like no other: a change of its own is counted once, not twice.
    """
    if _is_writing():
        return object()
    last = ", max(CAST(CAST(xmin AS text) AS bigint))" if db.engine.dialect.name == "postgresql" else ""
    return mark_of(f"SELECT CAST(sum(changes) AS bigint){last} FROM shelf_writer")


def _is_writing() -> bool:
    return bool(db.session.info.get("writing"))


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


_ADD_UP = text("""
    WITH gone AS (
        DELETE FROM shelf_writer WHERE id NOT IN (SELECT pid FROM pg_stat_activity) RETURNING changes
    )
    INSERT INTO shelf_writer (id, changes)
    SELECT pg_backend_pid(), total FROM (SELECT sum(changes) AS total FROM gone) AS added WHERE total IS NOT NULL
    ON CONFLICT (id) DO UPDATE SET changes = shelf_writer.changes + excluded.changes
""")


def add_up_writers() -> None:
    """Put the counts of connections that are gone into one row when there are many; the sum stays what it was.

    In the caller's transaction. SQLite has one row only.
    """
    if db.engine.dialect.name == "postgresql" and _count_writers() > KEPT:
        db.session.execute(_ADD_UP)


def _count_writers() -> int:
    return db.session.scalar(select(func.count()).select_from(ShelfWriter)) or 0
