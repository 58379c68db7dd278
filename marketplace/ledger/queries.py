"""Reading the ledger: balances are sums of lines, nothing is cached."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

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
