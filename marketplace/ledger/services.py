"""Writing the ledger: a fact is posted once, balanced, and corrected only by a reversal."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, insert_ignoring_duplicates
from marketplace.core.money import MAX_DONG, Dong
from marketplace.ledger import chart
from marketplace.ledger.models import Account, Entry, Line

_REVERSAL = "reversal"


def post(
    kind: str,
    *,
    ref_type: str,
    ref_id: str,
    occurred_at: datetime,
    lines: Mapping[str, Dong],
    reverses: int | None = None,
) -> Entry | None:
    """Post one fact: ``lines`` maps account codes to signed dong (debit positive, credit negative).

    The fact is ``(kind, ref_type, ref_id)``. Returns the entry, or None when this fact was posted before (I04).
    Raises ``ValueError`` unless there are at least two lines, none of them zero or above the bound, and they sum to
    zero (I01, I02), or when the chart does not know a code.
    """
    _check(lines)
    accounts = {code: _account_id(code) for code in sorted(lines)}
    fact = {"kind": kind, "ref_type": ref_type, "ref_id": ref_id}
    values = {**fact, "occurred_at": occurred_at, "posted_at": clock.now(), "reverses_id": reverses}
    if not insert_ignoring_duplicates(Entry, values, keys=["kind", "ref_type", "ref_id"]):
        return None
    entry = db.session.scalars(select(Entry).filter_by(**fact)).one()
    db.session.add_all(
        Line(entry_id=entry.id, account_id=accounts[code], amount=amount) for code, amount in lines.items()
    )
    db.session.flush()
    return entry


def reverse(entry: Entry, *, occurred_at: datetime) -> Entry | None:
    """Undo ``entry`` by a posting with opposite signs that names it; None when it was reversed before."""
    statement = select(Account.code, Line.amount).join(Line.account).where(Line.entry_id == entry.id)
    lines = {code: Dong(-amount) for code, amount in db.session.execute(statement)}
    return post(
        _REVERSAL,
        ref_type="ledger_entry",
        ref_id=str(entry.id),
        occurred_at=occurred_at,
        lines=lines,
        reverses=entry.id,
    )


def _check(lines: Mapping[str, Dong]) -> None:
    if len(lines) < 2:
        raise ValueError("an entry needs at least two lines")
    for code, amount in lines.items():
        if type(amount) is not int or amount == 0 or abs(amount) > MAX_DONG:
            raise ValueError(f"{amount!r} on {code} is no lawful line")
    if sum(lines.values()) != 0:
        raise ValueError(f"the lines sum to {sum(lines.values())}, not to zero")


def _account_id(code: str) -> int:
    find = select(Account.id).where(Account.code == code)
    known = db.session.scalar(find)
    if known is not None:
        return known
    values = {"code": code, "kind": chart.kind_of(code), "opened_at": clock.now()}
    insert_ignoring_duplicates(Account, values, keys=["code"])
    return db.session.scalars(find).one()
