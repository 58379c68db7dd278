"""Reading differences and runs, for pages, desk and commands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from marketplace.accounts.models import User
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.payments.models import BankReceipt, Payment, Rail, Refund
from marketplace.settlement.models import (
    DifferenceKind,
    DifferenceState,
    LineSource,
    ReconciliationRun,
    StatementDifference,
    StatementImport,
    StatementLine,
)

#: A comparison that is older than this was forgotten.
OVERDUE_AFTER = timedelta(hours=26)
_MOST_DAYS = 62
_MOST = 200


def difference_waits() -> ColumnElement[bool]:
    """SQL clause: a difference that nobody has explained and that is still there."""
    return StatementDifference.state == DifferenceState.OPEN


def count_open() -> int:
    """How many differences wait for a person."""
    return db.session.scalar(select(func.count()).where(difference_waits())) or 0


def open_differences() -> Sequence[StatementDifference]:
    """Open differences, those without an owner first, then oldest first."""
    statement = select(StatementDifference).where(difference_waits())
    order = (StatementDifference.owner_id.is_not(None), StatementDifference.found_at, StatementDifference.id)
    return db.session.scalars(statement.order_by(*order).limit(_MOST)).all()


@dataclass(frozen=True)
class Share:
    """Of a transfer that waits: the whole, what has paid for something, and what is open; in dong they add up."""

    amount: Dong
    applied: Dong

    @property
    def open(self) -> Dong:
        """What waits for a decision."""
        return Dong(self.amount - self.applied)


def shares_of(rows: Iterable[StatementDifference]) -> dict[int, Share]:
    """By id of an unapplied difference how much of its transfer is used and how much is open, as it stands now."""
    by_reference = {row.subject: row.id for row in rows if row.kind is DifferenceKind.UNAPPLIED}
    statement = select(BankReceipt).where(BankReceipt.bank_reference.in_(by_reference))
    return {by_reference[row.bank_reference]: Share(row.amount, row.applied) for row in db.session.scalars(statement)}


def differences_of(account: str, day: date) -> dict[str, StatementDifference]:
    """The living differences of an account and day, by subject."""
    statement = select(StatementDifference).where(
        StatementDifference.account == account,
        StatementDifference.happened_on == day,
        StatementDifference.state != DifferenceState.GONE,
    )
    return {row.subject: row for row in db.session.scalars(statement.order_by(StatementDifference.id))}


def list_without_effect() -> Sequence[int]:
    """Ids of the lines of the bank whose effect on the books is still to be done, oldest booking first."""
    statement = select(StatementLine.id).where(
        StatementLine.applied_at.is_(None), StatementLine.source != LineSource.GATEWAY
    )
    return db.session.scalars(statement.order_by(StatementLine.transacted_at, StatementLine.id)).all()


def closed_lately() -> Sequence[StatementDifference]:
    """Differences that were closed in the last week, newest first."""
    statement = select(StatementDifference).where(StatementDifference.closed_at >= clock.now() - timedelta(days=7))
    return db.session.scalars(statement.order_by(StatementDifference.closed_at.desc()).limit(50)).all()


def days_with_open() -> Sequence[date]:
    """Days that hold an open or explained difference: they are compared again until it is gone; newest first."""
    statement = (
        select(StatementDifference.happened_on)
        .where(StatementDifference.state == DifferenceState.OPEN)
        .distinct()
        .order_by(StatementDifference.happened_on.desc())
        .limit(_MOST_DAYS)
    )
    return db.session.scalars(statement).all()


def names_of(people: Iterable[int | None]) -> dict[int, str]:
    """The names of people, by their row ids."""
    wanted = {person for person in people if person is not None}
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def last_run() -> ReconciliationRun | None:
    """The comparison that ended last."""
    statement = select(ReconciliationRun).where(ReconciliationRun.ended_at.is_not(None))
    return db.session.scalars(statement.order_by(ReconciliationRun.id.desc()).limit(1)).first()


def is_overdue() -> bool:
    """Whether no comparison that heard both sides ended within 26 hours."""
    return is_due(clock.now() - OVERDUE_AFTER)


def is_due(since: datetime) -> bool:
    """Whether no comparison that heard both sides ended since then."""
    statement = select(ReconciliationRun.id).where(ReconciliationRun.ended_at >= since, ReconciliationRun.silent == "")
    return db.session.scalars(statement.limit(1)).first() is None


def imports_lately() -> Sequence[StatementImport]:
    """The last files that were taken over, newest first."""
    return db.session.scalars(select(StatementImport).order_by(StatementImport.id.desc()).limit(10)).all()


def has_lines_of_bank(account: str) -> bool:
    """Whether the bank's own list of an account was read before."""
    statement = select(StatementLine.id).where(
        StatementLine.account == account, StatementLine.source == LineSource.BANK
    )
    return db.session.scalars(statement.limit(1)).first() is not None


def our_payment(gateway_id: str, reference: str | None) -> Payment | None:
    """The card payment behind an intent, by its id or by our own id in its metadata."""
    found = db.session.scalars(select(Payment).where(Payment.gateway_id == gateway_id)).one_or_none()
    if found is not None or not reference:
        return found
    named = select(Payment).where(Payment.public_id == reference, Payment.rail == Rail.CARD)
    return db.session.scalars(named.where(Payment.gateway_id.is_(None))).one_or_none()


def our_refund(gateway_id: str, reference: str | None) -> Refund | None:
    """The refund behind the gateway's, by its id or by our own id in its metadata."""
    either = (Refund.gateway_id == gateway_id) | (Refund.public_id == (reference or ""))
    return db.session.scalars(select(Refund).where(either)).first()
