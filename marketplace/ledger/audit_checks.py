"""The audit: named promises, each with the SQL that finds whoever breaks it. Rooms hand in theirs at start.

This room stands at the bottom and knows nobody, so it holds only the register and the checks of its own tables; the
checks that look across rooms come from the settlement room, which may see them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, text

from marketplace.core import clock
from marketplace.core.db import UtcDateTime, db


@dataclass(frozen=True)
class Check:
    """One promise. ``sql`` selects the offenders and returns no row when all is well.

    It may use ``:now``, ``:ago_2min``, ``:ago_5min`` and ``:ago_10min`` (UTC). ``sqlite`` stands in where the embedded
    database needs other words.
    """

    name: str
    promise: str
    sql: str
    sqlite: str = ""


@dataclass(frozen=True)
class Finding:
    """A broken promise with its offenders, at most ``MOST_ROWS`` of them."""

    check: Check
    rows: Sequence[dict[str, Any]]


MOST_ROWS = 20
_checks: dict[str, Check] = {}


def add(*checks: Check) -> None:
    """Hand in checks, once per name."""
    _checks.update({check.name: check for check in checks})


def checks() -> list[Check]:
    """Every check, by name."""
    return [_checks[name] for name in sorted(_checks)]


def find_offenders(check: Check) -> list[dict[str, Any]]:
    """The first rows that break a promise; empty when it is kept."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    statement = text(check.sqlite if is_sqlite and check.sqlite else check.sql)
    moments = {name: moment for name, moment in _moments(clock.now()).items() if f":{name}" in statement.text}
    statement = statement.bindparams(*(bindparam(name, value, type_=UtcDateTime()) for name, value in moments.items()))
    return [dict(row) for row in db.session.execute(statement).mappings().fetchmany(MOST_ROWS)]


def run() -> list[Finding]:
    """Ask every check; the broken promises only. Reads, never writes."""
    found = ((check, find_offenders(check)) for check in checks())
    return [Finding(check, rows) for check, rows in found if rows]


def _moments(now: datetime) -> dict[str, datetime]:
    return {
        "now": now,
        "ago_2min": now - timedelta(minutes=2),
        "ago_5min": now - timedelta(minutes=5),
        "ago_10min": now - timedelta(minutes=10),
    }
