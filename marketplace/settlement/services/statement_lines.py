"""Keeping what a statement tells, each line once, whoever tells it: a file, the bank's own list, the gateway's list."""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from marketplace.audit import services as audit
from marketplace.core import clock
from marketplace.core.db import db, insert_ignoring_duplicates
from marketplace.core.money import Dong
from marketplace.payments import services as payments
from marketplace.payments.models import BankReceipt
from marketplace.payments.movements import Movement, bare_text
from marketplace.payments.settings import Payee
from marketplace.settlement.models import LineSource, StatementImport, StatementLine
from marketplace.settlement.statement_files import ParsedStatement, StatementRow, derived_keys
from marketplace.settlement.statement_tables import Problem, StatementRefused

log = logging.getLogger(__name__)

#: Why a line without a reference was not booked: the same money may be in the books under another text.
MAYBE_KNOWN = "maybe_known"


def keep_file(
    parsed: ParsedStatement, payee: Payee, *, file_name: str, sha256: str, actor_id: int | None
) -> StatementImport:
    """Keep every line of a statement of our account that is not known yet; their effects follow line by line.

    The same file again keeps nothing; one more row keeps one. Raises ``StatementRefused``, and keeps nothing, for a
    statement of another account and for a reference that is known with another amount or day.
    """
    check(parsed, payee)
    made = StatementImport(
        file_name=file_name[:120],
        sha256=sha256,
        layout=parsed.layout,
        account=parsed.account,
        rows=len(parsed.rows),
        new_lines=0,
        opening=parsed.opening,
        closing=parsed.closing,
        first_on=min(clock.local_day_of(row.at) for row in parsed.rows),
        last_on=max(clock.local_day_of(row.at) for row in parsed.rows),
        imported_at=clock.now(),
        actor_id=actor_id,
    )
    db.session.add(made)
    db.session.flush()
    known = _Known(parsed.account, parsed.rows)
    for row, key in derived_keys(parsed.account, parsed.rows):
        made.new_lines += _keep_row(row, key, payee, made, known)
    db.session.flush()
    audit.record(
        "statement.imported",
        object_type="statement_import",
        object_id=made.id,
        actor_id=actor_id,
        file=made.file_name,
        sha256=sha256,
        rows=made.rows,
        new=made.new_lines,
    )
    return made


def check(parsed: ParsedStatement, payee: Payee) -> None:
    """Compare a file with what is known, writing nothing. Raises ``StatementRefused`` as ``keep_file`` does."""
    if parsed.account != payee.account:
        facts = {"expected": payee.account}
        raise StatementRefused([Problem("statement_other_account", value=parsed.account, facts=facts)])
    by_reference = {row.reference: row for row in parsed.rows if row.reference}
    problems = []
    for line in _with_reference(parsed.account, by_reference):
        row = by_reference[line.key if line.key in by_reference else line.reference]
        same_day = clock.local_day_of(line.transacted_at) == clock.local_day_of(row.at)
        if line.amount != row.amount or not same_day:
            known = f"{line.amount:,}".replace(",", ".") + f" ₫, {clock.local(line.transacted_at):%d/%m/%Y}"
            problems.append(Problem("statement_contradicts", row.row, "", row.reference, {"known": known}))
    if problems:
        raise StatementRefused(sorted(problems, key=lambda problem: problem.row or 0))


def keep_movements(movements: Iterable[Movement]) -> int:
    """Keep what the bank itself lists; the number of new lines. Needs to be called for lines of one account."""
    return sum(_keep_movement(movement) for movement in movements)


def keep_gateway_line(key: str, **values: Any) -> StatementLine:
    """Keep an object of the gateway as it is now; it is kept once and follows the gateway's changes."""
    values = {"bin": "", "memo": "", "has_time": True, "counterparty": "", "counterparty_account": "", **values}
    values |= {"key": key, "source": LineSource.GATEWAY, "heard_at": clock.now()}
    insert_ignoring_duplicates(StatementLine, values, keys=["account", "key"])
    of_this = StatementLine.account == values["account"], StatementLine.key == key
    changing = {name: values[name] for name in ("amount", "asked", "state", "detail")}
    db.session.execute(update(StatementLine).where(*of_this).values(**changing, applied_at=clock.now()))
    statement = select(StatementLine).where(*of_this).execution_options(populate_existing=True)
    return db.session.scalars(statement).one()


def note_effect(line_id: int, *, ignored: str | None, known_as: str | None) -> None:
    """The effect of a line on the books was done, or there was none (``ignored``).

    ``known_as`` is the name by which the books knew the money before: a line without a reference learns it.
    """
    line = db.session.get_one(StatementLine, line_id)
    line.applied_at, line.ignored_reason = clock.now(), ignored
    receipt = payments.find_by_name(line.reference) or payments.find_by_name(line.key)
    line.receipt_id = receipt.id if receipt is not None else None
    if known_as is not None and known_as != line.key and not line.is_named:
        line.later_reference = known_as
    db.session.flush()


# -- lines of a file ----------------------------------------------------------------------------------------------


class _Known:
    """What is known of the days of a file, to recognise rows that carry no reference."""

    def __init__(self, account: str, rows: list[StatementRow]) -> None:
        self.lines: Counter[tuple[Any, ...]] = Counter()
        self.receipts: dict[tuple[Any, ...], list[BankReceipt]] = {}
        begin = min((row.at for row in rows), default=clock.now())
        begin, _ = clock.local_day(clock.local_day_of(begin))
        end = max((row.at for row in rows), default=clock.now())
        _, end = clock.local_day(clock.local_day_of(end))
        linked = set()
        for line in _between(account, begin, end):
            self.lines[_mark(line.transacted_at, line.amount, line.memo)] += 1
            linked.add(line.receipt_id)
        receipts = select(BankReceipt).where(
            BankReceipt.account == account, BankReceipt.transacted_at >= begin, BankReceipt.transacted_at < end
        )
        for receipt in db.session.scalars(receipts.order_by(BankReceipt.id)):
            if receipt.id not in linked and receipt.row_key is None:
                day = clock.local_day_of(receipt.transacted_at)
                self.receipts.setdefault((day, receipt.amount), []).append(receipt)

    def take_line(self, row: StatementRow) -> bool:
        """Whether a line tells this row already; each line stands for one row."""
        mark = _mark(row.at, row.amount, row.text)
        self.lines[mark] -= 1
        return self.lines[mark] >= 0

    def take_receipt(self, row: StatementRow) -> tuple[BankReceipt | None, bool]:
        """The receipt that is this row's money, and whether one is left that may be."""
        left = self.receipts.get((clock.local_day_of(row.at), row.amount), [])
        text = bare_text(row.text)
        for receipt in left:
            memo = bare_text(receipt.memo)
            if memo == text or (memo and text and (memo in text or text in memo)):
                left.remove(receipt)
                return receipt, False
        return None, bool(left)


def _keep_row(row: StatementRow, key: str, payee: Payee, made: StatementImport, known: _Known) -> bool:
    values = _values(row, key, payee, made)
    if row.reference:
        if _with_reference(payee.account, {row.reference}):
            return False
        if _claim(payee.account, row.reference, row.at, row.amount, row.text):
            return False
        return insert_ignoring_duplicates(StatementLine, values, keys=["account", "key"])
    if known.take_line(row):
        return False
    receipt, may_be_known = known.take_receipt(row)
    if receipt is not None:
        payments.claim_for_row(receipt, key)
        values |= {"later_reference": receipt.bank_reference, "receipt_id": receipt.id, "applied_at": clock.now()}
    elif may_be_known:
        values |= {"ignored_reason": MAYBE_KNOWN, "applied_at": clock.now()}
    return insert_ignoring_duplicates(StatementLine, values, keys=["account", "key"])


def _values(row: StatementRow, key: str, payee: Payee, made: StatementImport) -> dict[str, Any]:
    return {
        "account": payee.account,
        "bin": payee.bin,
        "key": key,
        "amount": row.amount,
        "currency": "VND",
        "memo": row.text,
        "transacted_at": row.at,
        "has_time": row.has_time,
        "counterparty": row.name,
        "counterparty_account": row.other_account,
        "source": LineSource.FILE,
        "import_id": made.id,
        "state": "",
        "detail": "",
        "heard_at": clock.now(),
    }


# -- lines of the bank's own list ---------------------------------------------------------------------------------


def _keep_movement(movement: Movement) -> bool:
    amount = Dong(movement.amount if movement.direction == "in" else -movement.amount)
    known = _with_reference(movement.account, {movement.bank_reference})
    if known:
        if known[0].amount != amount:
            log.error("the bank lists %s with another amount than before", movement.bank_reference)
        return False
    if _claim(movement.account, movement.bank_reference, movement.transacted_at, amount, movement.memo):
        return False
    values = {
        "account": movement.account,
        "bin": movement.bin,
        "key": movement.bank_reference,
        "amount": amount,
        "currency": movement.currency,
        "memo": movement.memo,
        "transacted_at": movement.transacted_at,
        "has_time": True,
        "counterparty": movement.payer_name,
        "counterparty_account": movement.payer_account,
        "source": LineSource.BANK,
        "state": "",
        "detail": "",
        "heard_at": clock.now(),
    }
    return insert_ignoring_duplicates(StatementLine, values, keys=["account", "key"])


def _claim(account: str, reference: str, at: datetime, amount: Dong, text: str) -> bool:
    """Give its reference to a line that a file told without one, and to its receipt; False when there is none."""
    begin, end = clock.local_day(clock.local_day_of(at))
    lines = [line for line in _between(account, begin, end) if not line.is_named and line.amount == amount]
    known = payments.find_by_name(reference)
    lines = [line for line in lines if bare_text(line.memo) == bare_text(text) and _may_be(line, known)]
    if not lines:
        return False
    line = min(lines, key=lambda line: known is None or line.receipt_id != known.id)
    line.later_reference = reference
    if known is not None:
        payments.claim_for_row(known, line.key)
    elif line.receipt_id is not None:
        payments.learn_reference(line.receipt_id, reference)
    db.session.flush()
    return True


def _may_be(line: StatementLine, known: BankReceipt | None) -> bool:
    """Whether a line without a reference may be the money that the books know as ``known``, or not yet (None)."""
    if line.receipt_id is None:
        return True
    if known is not None:
        return line.receipt_id == known.id
    return db.session.get_one(BankReceipt, line.receipt_id).later_reference is None


def _with_reference(account: str, references: Iterable[str]) -> list[StatementLine]:
    wanted = sorted(references)
    found: list[StatementLine] = []
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        either = StatementLine.key.in_(some) | StatementLine.later_reference.in_(some)
        found += db.session.scalars(select(StatementLine).where(StatementLine.account == account, either))
    return found


def _between(account: str, begin: datetime, end: datetime) -> list[StatementLine]:
    statement = select(StatementLine).where(
        StatementLine.account == account, StatementLine.transacted_at >= begin, StatementLine.transacted_at < end
    )
    return list(db.session.scalars(statement.order_by(StatementLine.id)))


def _mark(at: datetime, amount: Dong, text: str) -> tuple[Any, ...]:
    return clock.local_day_of(at), amount, bare_text(text)
