"""Reading the ledger: balances are sums of lines, nothing is cached."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased, selectinload

from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.ledger.models import Account, AccountKind, Entry, Line


@dataclass(frozen=True)
class TrialRow:
    """One account of the trial balance; all amounts in dong, ``debit`` and ``credit`` positive."""

    code: str
    kind: AccountKind
    debit: Dong
    credit: Dong

    @property
    def balance(self) -> Dong:
        """Debit minus credit."""
        return Dong(self.debit - self.credit)


def balance(code: str, *, before: datetime | None = None) -> Dong:
    """The balance of an account in dong, debit positive; 0 for one that was never used.

    ``before`` counts only what occurred earlier than that moment.
    """
    statement = select(func.coalesce(func.sum(Line.amount), 0)).join(Line.account).where(Account.code == code)
    if before is not None:
        statement = statement.join(Line.entry).where(Entry.occurred_at < before)
    return Dong(int(db.session.scalar(statement) or 0))


def balances(codes: Collection[str]) -> dict[str, Dong]:
    """``balance`` for many accounts in one query; every code is a key."""
    statement = (
        select(Account.code, func.sum(Line.amount))
        .join(Line.account)
        .where(Account.code.in_(list(codes)))
        .group_by(Account.code)
    )
    found = {code: Dong(int(amount)) for code, amount in db.session.execute(statement)}
    return {code: found.get(code, Dong(0)) for code in codes}


def trial_balance() -> list[TrialRow]:
    """Every account with the sums of its debits and credits, by code; both columns have the same total."""
    debit = func.coalesce(func.sum(case((Line.amount > 0, Line.amount), else_=0)), 0)
    credit = func.coalesce(func.sum(case((Line.amount < 0, -Line.amount), else_=0)), 0)
    statement = (
        select(Account.code, Account.kind, debit, credit)
        .outerjoin(Line, Line.account_id == Account.id)
        .group_by(Account.code, Account.kind)
        .order_by(Account.code)
    )
    return [
        TrialRow(code, kind, Dong(int(debited)), Dong(int(credited)))
        for code, kind, debited, credited in db.session.execute(statement)
    ]


def find_entry(kind: str, *, ref_type: str, ref_id: str) -> Entry | None:
    """The posting of one fact, or None."""
    return db.session.scalars(select(Entry).filter_by(kind=kind, ref_type=ref_type, ref_id=ref_id)).one_or_none()


def lines_of(entry: Entry) -> dict[str, Dong]:
    """Account codes and signed dong of one entry."""
    statement = select(Account.code, Line.amount).join(Line.account).where(Line.entry_id == entry.id).order_by(Line.id)
    return {code: Dong(amount) for code, amount in db.session.execute(statement)}


@dataclass(frozen=True)
class Movement:
    """One line on an account with the fact it was posted for; ``amount`` in signed dong.

    A reversal carries the fact of the entry that it takes back and says so in ``is_reversal``.
    """

    kind: str
    ref_type: str
    ref_id: str
    occurred_at: datetime
    amount: Dong
    is_reversal: bool


def movements(
    code: str,
    *,
    begin: datetime | None = None,
    end: datetime | None = None,
    facts: Collection[tuple[str, str]] | None = None,
) -> list[Movement]:
    """Lines on an account, in the order of their posting: with ``begin <= occurred < end``, or about certain ``facts``.

    A fact is ``(ref_type, ref_id)``; reversals of its entries belong to it.
    """
    undone = aliased(Entry)
    ref_type = func.coalesce(undone.ref_type, Entry.ref_type)
    ref_id = func.coalesce(undone.ref_id, Entry.ref_id)
    statement = (
        select(
            func.coalesce(undone.kind, Entry.kind),
            ref_type,
            ref_id,
            Entry.occurred_at,
            Line.amount,
            Entry.reverses_id.is_not(None),
        )
        .join(Line.entry)
        .join(Line.account)
        .outerjoin(undone, undone.id == Entry.reverses_id)
        .where(Account.code == code)
        .order_by(Entry.id)
    )
    if begin is not None:
        statement = statement.where(Entry.occurred_at >= begin)
    if end is not None:
        statement = statement.where(Entry.occurred_at < end)
    if facts is not None:
        statement = statement.where(ref_id.in_([fact[1] for fact in facts]))
    found = (Movement(*row[:4], Dong(row[4]), bool(row[5])) for row in db.session.execute(statement))
    return [row for row in found if facts is None or (row.ref_type, row.ref_id) in facts]


@dataclass(frozen=True)
class Posting:
    """One entry with all its lines (account code, signed dong) and the fact it was posted for.

    A reversal carries the fact of the entry that it takes back and says so in ``is_reversal``.
    """

    kind: str
    occurred_at: datetime
    is_reversal: bool
    lines: tuple[tuple[str, Dong], ...]


def postings_about(facts: Collection[tuple[str, str]]) -> list[Posting]:
    """Every entry about certain facts ``(ref_type, ref_id)``, reversals included, in the order of their posting."""
    if not facts:
        return []
    undone = aliased(Entry)
    ref_type, ref_id = func.coalesce(undone.ref_type, Entry.ref_type), func.coalesce(undone.ref_id, Entry.ref_id)
    about = or_(Entry.ref_id.in_(sorted({fact[1] for fact in facts})), undone.ref_id.in_({fact[1] for fact in facts}))
    statement = (
        select(Entry, func.coalesce(undone.kind, Entry.kind), ref_type, ref_id)
        .outerjoin(undone, undone.id == Entry.reverses_id)
        .where(about)
        .options(selectinload(Entry.lines).joinedload(Line.account))
        .order_by(Entry.id)
    )
    return [
        Posting(
            kind,
            entry.occurred_at,
            entry.reverses_id is not None,
            tuple((ln.account.code, ln.amount) for ln in entry.lines),
        )
        for entry, kind, of_type, of_id in db.session.execute(statement)
        if (of_type, of_id) in facts
    ]


def first_moment(code: str) -> datetime | None:
    """When the first line on an account occurred; None for one that was never used."""
    statement = select(func.min(Entry.occurred_at)).join(Line.entry).join(Line.account).where(Account.code == code)
    return db.session.scalar(statement.select_from(Line))
