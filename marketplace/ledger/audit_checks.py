"""The audit: named promises, each with the SQL that finds whoever breaks it. Rooms hand in theirs at start.

This room stands at the bottom and knows nobody, so it holds only the register and the checks of its own tables; the
checks that look across rooms come from the settlement room, which may see them all.
"""

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, bindparam, text

from marketplace.core import clock
from marketplace.core.db import UtcDateTime, db


@dataclass(frozen=True)
class Check:
    """One promise. ``sql`` selects the offenders and returns no row when all is well.

    It may use ``:now``, ``:ago_2min``, ``:ago_5min``, ``:ago_10min`` and ``:ago_1day`` (UTC). ``sqlite`` stands in
    where the embedded database needs other words. Where SQL cannot tell, it selects candidates and ``is_offender``
    decides about each; ``hidden`` columns are for its eyes only and never shown. ``few_sums``: many rows are summed for
    few (producers, say), which PostgreSQL does faster by hash than by sorting.
    """

    name: str
    promise: str
    sql: str
    sqlite: str = ""
    is_offender: Callable[[dict[str, Any]], bool] | None = None
    hidden: tuple[str, ...] = ()
    few_sums: bool = False


@dataclass(frozen=True)
class Finding:
    """A broken promise with its offenders, at most ``MOST_ROWS`` of them."""

    check: Check
    rows: Sequence[dict[str, Any]]


MOST_ROWS = 20
#: How PostgreSQL plans for reading whole tables several times at once: what suits looking up single rows (its defaults)
#: takes half as long again. Sorted by an index instead of hashed, joined at once instead of row by row.
_WHOLE_TABLES = {
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "work_mem": "64MB",
    "random_page_cost": "1.1",
    "enable_nestloop": "off",
    "enable_hashagg": "off",
}
_SUMS_BY_HASH = {"enable_hashagg": "on"}
_checks: dict[str, Check] = {}


def add(*checks: Check) -> None:
    """Hand in checks, once per name."""
    _checks.update({check.name: check for check in checks})


def checks() -> list[Check]:
    """Every check, by name."""
    return [_checks[name] for name in sorted(_checks)]


def find_offenders(check: Check, connection: Connection | None = None) -> list[dict[str, Any]]:
    """The first rows that break a promise, none when it is kept; on the session's connection unless told otherwise."""
    connection = connection or db.session.connection()
    with connection.execute(_statement(check, connection.dialect.name)) as result:
        rows = (dict(row) for row in result.mappings())
        offenders = (row for row in rows if check.is_offender is None or check.is_offender(row))
        return [{name: row[name] for name in row if name not in check.hidden} for row in islice(offenders, MOST_ROWS)]


def run() -> list[Finding]:
    """Ask every check on the session's connection; the broken promises only. Reads, never writes."""
    found = ((check, find_offenders(check)) for check in checks())
    return [Finding(check, rows) for check, rows in found if rows]


def run_side_by_side(at_once: int = 2) -> list[Finding]:
    """``run``, with several checks at once: for databases with years of orders.

    Each check sees what was committed when it began, so it is as sound as in ``run``. Not inside a transaction: its
    own writes would not be seen.
    """
    wanted = checks()
    db.session.remove()
    asked = _in_processes(wanted, at_once) if _may_fork() else _in_threads(wanted, at_once)
    return [Finding(check, rows) for check, rows in zip(wanted, asked, strict=True) if rows]


def _may_fork() -> bool:
    """Whether processes can share the work: the embedded database works in the asking process, where threads wait for
    each other, and a process with threads must not be copied."""
    is_embedded = db.engine.dialect.name == "sqlite"
    return is_embedded and threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods()


def _in_processes(wanted: Sequence[Check], at_once: int) -> list[list[dict[str, Any]]]:
    db.engine.dispose()  # an open connection must not be carried into another process
    with multiprocessing.get_context("fork").Pool(at_once) as pool:
        try:
            return pool.map(_ask_in_process, [check.name for check in wanted], chunksize=1)
        finally:  # they end by themselves: SIGTERM would not end them, they inherit the worker's answer to it
            pool.close()
            pool.join()


def _in_threads(wanted: Sequence[Check], at_once: int) -> list[list[dict[str, Any]]]:
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(partial(_ask, db.engine), wanted))


def _ask_in_process(name: str) -> list[dict[str, Any]]:
    """A check goes to another process by its name: what decides about its candidates cannot be sent."""
    return _ask(db.engine, _checks[name])


def _ask(engine: Engine, check: Check) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            settings = {**_WHOLE_TABLES, **(_SUMS_BY_HASH if check.few_sums else {})}
            told = ", ".join(f"set_config('{name}', '{value}', TRUE)" for name, value in settings.items())
            connection.exec_driver_sql(f"SELECT {told}")
        return find_offenders(check, connection)


def _statement(check: Check, dialect: str) -> TextClause:
    statement = text(check.sqlite if dialect == "sqlite" and check.sqlite else check.sql)
    moments = {name: moment for name, moment in _moments(clock.now()).items() if f":{name}" in statement.text}
    return statement.bindparams(*(bindparam(name, value, type_=UtcDateTime()) for name, value in moments.items()))


def _moments(now: datetime) -> dict[str, datetime]:
    return {
        "now": now,
        "ago_2min": now - timedelta(minutes=2),
        "ago_5min": now - timedelta(minutes=5),
        "ago_10min": now - timedelta(minutes=10),
        "ago_1day": now - timedelta(days=1),
    }
