"""All promises in one question: what a step of a random program can afford."""

from collections.abc import Sequence

from sqlalchemy import bindparam, text

from marketplace.core import clock
from marketplace.core.db import UtcDateTime, db
from marketplace.ledger import audit_checks
from marketplace.ledger.audit_checks import Check

#: Promises about what the worker does in time: asked at the end of a program, when it has had its turn.
_IN_TIME = (":ago_", ":now")


class Question:
    """Asks all of ``checks`` by one statement, which is made once: a program asks it after each of its steps."""

    def __init__(self, checks: Sequence[Check]) -> None:
        is_sqlite = db.engine.dialect.name == "sqlite"
        words = " UNION ALL ".join(
            f"SELECT '{check.name}' AS name WHERE EXISTS "
            f"(SELECT 1 FROM ({check.sqlite if is_sqlite and check.sqlite else check.sql}) AS found)"
            for check in checks
        )
        self._moments = [name for name in audit_checks._moments(clock.now()) if f":{name}" in words]
        self._statement = text(words).bindparams(*(bindparam(name, type_=UtcDateTime()) for name in self._moments))

    def broken(self) -> list[str]:
        """Names of the broken promises, now."""
        moments = audit_checks._moments(clock.now())
        return list(db.session.scalars(self._statement, {name: moments[name] for name in self._moments}))


def at_any_moment() -> list[Check]:
    """The promises that hold between any two commits."""
    return [check for check in at_rest() if not any(word in check.sql for word in _IN_TIME)]


def at_rest() -> list[Check]:
    """Every promise, once all is settled (but I31, which is about texts: programs do not vary them)."""
    return [check for check in audit_checks.checks() if check.is_offender is None]
