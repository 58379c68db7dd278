"""Differences as rows: found, seen again, taken by somebody, explained with a reason, gone by themselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from marketplace.audit import services as audit
from marketplace.core import clock
from marketplace.core.db import db, hold
from marketplace.core.errors import Conflict, NotFound
from marketplace.settlement.models import (
    DifferenceKind,
    DifferenceState,
    Outcome,
    ReconciliationRun,
    StatementDifference,
)
from marketplace.settlement.queries.pairs import Pair

#: Longest text of the other side that is kept with a difference.
_MOST_ABOUT = 2_000


@dataclass
class Counts:
    """What a comparison changed: rows made, put right at once, gone since the last one."""

    found: int = 0
    repaired: int = 0
    closed: int = 0


def record(account: str, day: date, pairs: Iterable[Pair], *, repaired: Iterable[Pair] = ()) -> Counts:
    """Bring the rows of one account and day up to date with what a comparison found.

    A difference that was known is only seen again; one that is not found any more is *gone*; one that was explained
    stays explained while its facts stay the same. ``repaired`` are differences that this very run put right; a notice
    that never came is one by nature, for its money is in the books.
    """
    counts = Counts()
    living = {(row.subject, row.kind): row for row in _living(account, day)}
    seen = set()
    mended = {pair.subject: pair for pair in repaired}
    for pair in (*pairs, *mended.values()):
        if pair.kind is None or clock.local_day_of(pair.happened_at) != day:
            continue
        is_mended = pair.kind is DifferenceKind.MISSING_NOTICE or mended.get(pair.subject) is pair
        seen.add((pair.subject, pair.kind))
        _note(account, day, pair, living.get((pair.subject, pair.kind)), counts, is_mended=is_mended)
    for key, row in living.items():
        keeps = row.state is DifferenceState.REPAIRED and row.kind is not DifferenceKind.MISSING_NOTICE
        if key not in seen and not keeps:
            _close(row, DifferenceState.GONE)
            counts.closed += 1
    db.session.flush()
    return counts


def hold_day(account: str, day: date) -> None:
    """Let nobody else compare a day of that account until this transaction ends: operator and worker may meet."""
    hold("statement_day", account, day.isoformat())


def take(difference_id: int, *, actor_id: int) -> None:
    """A person will find out about a difference; taking one of somebody else's over is allowed and written down.

    Raises ``NotFound`` (``difference_unknown``), ``Conflict`` (``difference_closed``).
    """
    row = _lock_open(difference_id)
    before, row.owner_id, row.taken_at = row.owner_id, actor_id, clock.now()
    audit.record(
        "difference.taken",
        object_type="statement_difference",
        object_id=row.id,
        actor_id=actor_id,
        subject=row.subject,
        before=before,
    )


def resolve(difference_id: int, *, reason: str, actor_id: int) -> None:
    """A person explains a difference; nothing of the books changes.

    Raises ``NotFound`` (``difference_unknown``), ``Conflict`` (``difference_closed``).
    """
    row = _lock_open(difference_id)
    if row.owner_id is None:
        row.owner_id, row.taken_at = actor_id, clock.now()
    row.resolution, row.resolved_by_id = reason, actor_id
    _close(row, DifferenceState.RESOLVED)
    audit.record(
        "difference.resolved",
        object_type="statement_difference",
        object_id=row.id,
        actor_id=actor_id,
        subject=row.subject,
        reason=reason,
    )


def begin_run(days: list[date]) -> ReconciliationRun:
    """A comparison of these days begins."""
    run = ReconciliationRun(started_at=clock.now(), first_on=min(days), last_on=max(days))
    db.session.add(run)
    db.session.flush()
    return run


def end_run(run_id: int, counts: Counts, *, silent: list[str], still_open: int) -> Outcome:
    """A comparison ended; who did not answer counts for more than what was found."""
    run = db.session.get_one(ReconciliationRun, run_id)
    run.ended_at, run.silent, run.still_open = clock.now(), "\n".join(silent), still_open
    run.found, run.repaired, run.closed = counts.found, counts.repaired, counts.closed
    run.outcome = Outcome.UNANSWERED if silent else Outcome.DIFFERENCES if still_open else Outcome.CLEAN
    db.session.flush()
    return run.outcome


def _note(
    account: str, day: date, pair: Pair, known: StatementDifference | None, counts: Counts, *, is_mended: bool
) -> None:
    is_new = known is None
    if known is not None and _is_another(known, pair, is_mended=is_mended):
        _close(known, DifferenceState.GONE)
        db.session.flush()  # makes room for the new row under the same name
        known, is_new = None, True
    now = clock.now()
    row = known or StatementDifference(
        account=account,
        subject=pair.subject,
        kind=pair.kind,
        happened_on=day,
        state=DifferenceState.REPAIRED if is_mended else DifferenceState.OPEN,
        found_at=now,
        closed_at=now if is_mended else None,
    )
    row.happened_at, row.seen_at = pair.happened_at, now
    row.theirs, row.ours, row.effect = pair.theirs, pair.ours, pair.effect
    row.their_state, row.our_state, row.about = pair.their_state, pair.our_state, pair.about[:_MOST_ABOUT]
    if is_new:
        db.session.add(row)
        counts.repaired += is_mended
        counts.found += not is_mended
    db.session.flush()


def _is_another(known: StatementDifference, pair: Pair, *, is_mended: bool) -> bool:
    """Whether what is found now is not what a closed row was about."""
    if known.state is DifferenceState.OPEN:
        return is_mended
    if known.state is DifferenceState.REPAIRED:
        return not is_mended
    before = (known.theirs, known.ours, known.their_state, known.our_state)
    return before != (pair.theirs, pair.ours, pair.their_state, pair.our_state)


def _living(account: str, day: date) -> list[StatementDifference]:
    statement = select(StatementDifference).where(
        StatementDifference.account == account,
        StatementDifference.happened_on == day,
        StatementDifference.state != DifferenceState.GONE,
    )
    return list(db.session.scalars(statement.with_for_update()))


def _close(row: StatementDifference, state: DifferenceState) -> None:
    row.state, row.closed_at = state, row.closed_at or clock.now()


def _lock_open(difference_id: int) -> StatementDifference:
    statement = select(StatementDifference).where(StatementDifference.id == difference_id).with_for_update()
    row = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound("difference_unknown")
    if row.state is not DifferenceState.OPEN:
        raise Conflict("difference_closed")
    return row
