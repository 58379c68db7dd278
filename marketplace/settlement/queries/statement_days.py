"""One day of one account: each line of the statement beside its posting, and sums that meet to the dong.

Lines and postings are paired by *subject*: the name under which bank or gateway know the movement. What is added to the
books to get the statement is the *effect* of a pair on that day; the effects of a day are all of the difference.
"""

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import Movement as Posting
from marketplace.payments import settings
from marketplace.payments.models import BankReceipt, EventSource, GatewayEvent, ReceiptState
from marketplace.settlement.models import GATEWAY, DifferenceKind, ReconciliationRun, StatementImport, StatementLine
from marketplace.settlement.queries import gateway_subjects, subjects
from marketplace.settlement.queries.pairs import Pair, StatementDay, Sums

#: A notice of the bank that comes later than this after its movement was never about to come.
_NOTICES_COME_WITHIN = timedelta(days=4)


def accounts() -> list[str]:
    """The accounts that have a statement: ours at the bank, and the gateway's."""
    return [settings.current().collecting.account, GATEWAY]


def book_account(account: str) -> str:
    """The code of the ledger account that holds the money of ``account``."""
    return GATEWAY if account == GATEWAY else "bank:collecting"


def statement_day(account: str, day: date) -> StatementDay:
    """One day of an account, from what was kept of its statement and from the books; nothing is asked outside."""
    begin, end = clock.local_day(day)
    pairs = _pairs(account, begin, end)
    lines = [line for pair in pairs for line in pair.lines if begin <= line.transacted_at < end]
    code = book_account(account)
    opening = ledger.balance(code, before=begin)
    posted = ledger.movements(code, begin=begin, end=end)
    return StatementDay(
        account,
        day,
        _sums(_opening(account, begin), [counted(line) for line in lines]),
        _sums(opening, [posting.amount for posting in posted]),
        sorted(pairs, key=lambda pair: (pair.happened_at, pair.subject)),
    )


def counted(line: StatementLine) -> Dong:
    """The dong that a line moved: none in another currency."""
    return line.amount if line.currency == "VND" else Dong(0)


def _sums(opening: Dong, amounts: Iterable[Dong]) -> Sums:
    moved = list(amounts)
    came_in = Dong(sum(amount for amount in moved if amount > 0))
    return Sums(opening, came_in, Dong(-sum(amount for amount in moved if amount < 0)))


def _opening(account: str, begin: datetime) -> Dong:
    """What the statement says stood there: all lines before, on what the first file says was there before them."""
    before = select(func.coalesce(func.sum(StatementLine.amount), 0)).where(
        StatementLine.account == account, StatementLine.currency == "VND"
    )
    total = db.session.scalar(before.where(StatementLine.transacted_at < begin)) or 0
    first = db.session.scalars(
        select(StatementImport)
        .where(StatementImport.account == account, StatementImport.opening.is_not(None))
        .order_by(StatementImport.first_on, StatementImport.id)
    ).first()
    if first is None or first.opening is None:
        return Dong(int(total))
    started, _ = clock.local_day(first.first_on)
    if started > begin:
        return Dong(int(total))
    earlier = db.session.scalar(before.where(StatementLine.transacted_at < started)) or 0
    return Dong(int(total) + first.opening - int(earlier))


def _pairs(account: str, begin: datetime, end: datetime) -> list[Pair]:
    lines = list(
        db.session.scalars(
            select(StatementLine).where(
                StatementLine.account == account,
                StatementLine.transacted_at >= begin,
                StatementLine.transacted_at < end,
            )
        )
    )
    postings = ledger.movements(book_account(account), begin=begin, end=end)
    named = subjects.Names.of(account, lines, postings)
    lines = named.with_lines_of_other_days(lines)
    postings = named.with_postings_of_other_days(postings)
    found: dict[str, Pair] = {}
    for line in lines:
        _add_line(found, named.of_line(line), line, begin, end)
    for posting in postings:
        _add_posting(found, named.of_posting(posting), posting, begin, end)
    if account == GATEWAY:
        gateway_subjects.judge(found, begin, end)
    else:
        _judge_bank(found, begin)
    _spare_young(found)
    return list(found.values())


def _spare_young(found: dict[str, Pair]) -> None:
    """What our books heard of after the statement was read last is not missing there."""
    read_at = db.session.scalar(select(func.max(ReconciliationRun.started_at)))
    for pair in found.values():
        if pair.kind is DifferenceKind.MISSING_THERE and (read_at is None or pair.happened_at > read_at):
            pair.kind, pair.is_young = None, True


def _add_line(found: dict[str, Pair], subject: str, line: StatementLine, begin: datetime, end: datetime) -> None:
    pair = found.setdefault(subject, Pair(subject, line.transacted_at))
    pair.theirs = Dong((pair.theirs or 0) + counted(line))
    pair.lines.append(line)
    pair.happened_at = min(other.transacted_at for other in pair.lines)
    if begin <= line.transacted_at < end:
        pair.theirs_today = Dong(pair.theirs_today + counted(line))


def _add_posting(found: dict[str, Pair], subject: str, posting: Posting, begin: datetime, end: datetime) -> None:
    pair = found.setdefault(subject, Pair(subject, posting.occurred_at))
    pair.ours = Dong((pair.ours or 0) + posting.amount)
    if begin <= posting.occurred_at < end:
        pair.ours_today = Dong(pair.ours_today + posting.amount)


# -- the bank -----------------------------------------------------------------------------------------------------


def _judge_bank(found: dict[str, Pair], begin: datetime) -> None:
    receipts = _receipts(found)
    noticed = _noticed(begin)
    for pair in found.values():
        receipt = receipts.get(pair.subject)
        pair.our_state = receipt.state.value if receipt is not None else ""
        pair.about = _about(pair, receipt)
        pair.kind = _bank_kind(pair, receipt, noticed)
        pair.applied = receipt.applied if receipt is not None and pair.kind is DifferenceKind.UNAPPLIED else None


def _bank_kind(pair: Pair, receipt: BankReceipt | None, noticed: set[str]) -> DifferenceKind | None:
    if any(line.currency != "VND" for line in pair.lines):
        return DifferenceKind.CURRENCY
    if not pair.lines:
        return DifferenceKind.MISSING_THERE if pair.ours else None
    if pair.ours is None:
        return DifferenceKind.MISSING_HERE
    if pair.theirs != pair.ours:
        return DifferenceKind.AMOUNT
    if receipt is None:
        return None
    if receipt.state is ReceiptState.UNAPPLIED:
        return DifferenceKind.UNAPPLIED
    names = {pair.subject, receipt.reference, *(line.reference for line in pair.lines)}
    return None if names & noticed else DifferenceKind.MISSING_NOTICE


def _receipts(found: dict[str, Pair]) -> dict[str, BankReceipt]:
    wanted = sorted(found)
    rows: list[BankReceipt] = []
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        rows += db.session.scalars(select(BankReceipt).where(BankReceipt.bank_reference.in_(some)))
    return {receipt.bank_reference: receipt for receipt in rows}


def _noticed(begin: datetime) -> set[str]:
    """References that a notice of the bank told us of since the day began."""
    statement = select(GatewayEvent.body).where(
        GatewayEvent.source == EventSource.BANK,
        GatewayEvent.received_at >= begin - timedelta(hours=1),
        GatewayEvent.received_at < begin + _NOTICES_COME_WITHIN,
    )
    references = set()
    for body in db.session.scalars(statement):
        try:
            told = json.loads(body)
        except ValueError:
            continue
        if isinstance(told, dict):
            references.add(str(told.get("bank_reference", "")))
    return references


def _about(pair: Pair, receipt: BankReceipt | None) -> str:
    if pair.lines:
        line = pair.lines[0]
        words = (line.memo, " ".join(part for part in (line.counterparty, line.counterparty_account) if part))
    elif receipt is not None:
        words = (receipt.memo, f"{receipt.payer_name} {receipt.payer_account}".strip())
    else:
        words = ("", "")
    return "\n".join(word for word in words if word)
