"""The journal in the syntax of beancount, a bookkeeping program of others, so that they can check our books.

One transaction per entry with its fact as metadata, on the day in Vietnam on which the fact occurred; a balance
assertion for each account after each day that moved it. Memo accounts, which tell of money that never was ours, are
kept apart under Equity. Amounts are whole dong.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.ledger.models import Account, AccountKind, Entry, Line

_ROOTS = {
    AccountKind.ASSET: "Assets",
    AccountKind.LIABILITY: "Liabilities",
    AccountKind.INCOME: "Income",
    AccountKind.EXPENSE: "Expenses",
    AccountKind.MEMO: "Equity:Memo",
}
_CURRENCY = "VND"


def account_name(code: str, kind: AccountKind) -> str:
    """``producer:12:payable`` as ``Liabilities:Producer:12:Payable``: two codes never have one name."""
    parts = [re.sub("_(.)", lambda found: f"-{found[1].upper()}", part.capitalize()) for part in code.split(":")]
    return ":".join((_ROOTS[kind], *parts))


def lines(title: str) -> Iterator[str]:
    """The whole journal, line by line, by day and then by entry. Reads, never writes."""
    yield f'option "title" "{_quoted(title)}"'
    yield f'option "operating_currency" "{_CURRENCY}"'
    names = {account.id: account_name(account.code, account.kind) for account in db.session.scalars(select(Account))}
    opened: set[int] = set()
    totals: dict[int, int] = {}
    for day, rows in groupby(_postings(), key=lambda row: clock.local_day_of(row.occurred_at)):
        moved: set[int] = set()
        for _entry_id, postings in groupby(rows, key=lambda row: row.id):
            entry, *others = postings
            accounts = {row.account_id for row in (entry, *others)}
            for account_id in sorted(accounts - opened):
                yield f"{day} open {names[account_id]} {_CURRENCY}"
            opened |= accounts
            moved |= accounts
            yield from _transaction(day, entry)
            for row in (entry, *others):
                totals[row.account_id] = totals.get(row.account_id, 0) + row.amount
                yield f"  {names[row.account_id]}  {row.amount} {_CURRENCY}"
        for account_id in sorted(moved):
            yield f"{day + timedelta(days=1)} balance {names[account_id]}  {totals[account_id]} {_CURRENCY}"


def _transaction(day: date, row: Any) -> Iterator[str]:
    yield f'{day} * "{_quoted(row.kind)}" "{_quoted(row.ref_type)} {_quoted(row.ref_id)}"'
    yield f"  entry: {row.id}"
    yield f'  fact: "{_quoted(row.kind)}/{_quoted(row.ref_type)}/{_quoted(row.ref_id)}"'
    yield f'  occurred: "{row.occurred_at.isoformat()}"'
    if row.reverses_id is not None:
        yield f"  reverses: {row.reverses_id}"


def _postings() -> Iterator[Any]:
    """Every line with the columns of its entry, in the order of the days and of the entries."""
    statement = (
        select(
            Entry.id,
            Entry.kind,
            Entry.ref_type,
            Entry.ref_id,
            Entry.occurred_at,
            Entry.reverses_id,
            Line.account_id,
            Line.amount,
        )
        .join(Line, Line.entry_id == Entry.id)
        .order_by(Entry.occurred_at, Entry.id, Line.id)
        .execution_options(yield_per=1000)
    )
    yield from db.session.execute(statement)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
