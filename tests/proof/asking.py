"""All promises in one question: what a step of a random program can afford."""

from sqlalchemy import TextClause, bindparam, text

from marketplace.core import clock
from marketplace.core.db import UtcDateTime, db
from marketplace.ledger import audit_checks
from marketplace.ledger.audit_checks import Check

#: Promises about what the worker does in time: asked at the end of a program, when it has had its turn.
_IN_TIME = (":ago_", ":now")


def broken(checks: list[Check]) -> list[str]:
    """Names of the broken promises among ``checks``, by one statement."""
    moments = audit_checks._moments(clock.now())
    statement = _question(checks)
    used = {name: moment for name, moment in moments.items() if f":{name}" in statement.text}
    statement = statement.bindparams(*(bindparam(name, value, type_=UtcDateTime()) for name, value in used.items()))
    return list(db.session.scalars(statement))


def at_any_moment() -> list[Check]:
    """The promises that hold between any two commits (I31 is about texts, which programs do not vary)."""
    found = [check for check in audit_checks.checks() if not any(word in check.sql for word in _IN_TIME)]
    return [check for check in found if check.is_offender is None]


def _question(checks: list[Check]) -> TextClause:
    is_sqlite = db.engine.dialect.name == "sqlite"
    parts = (
        f"SELECT '{check.name}' AS name WHERE EXISTS "
        f"(SELECT 1 FROM ({check.sqlite if is_sqlite and check.sqlite else check.sql}) AS found)"
        for check in checks
    )
    return text(" UNION ALL ".join(parts))
