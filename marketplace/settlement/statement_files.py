"""Reads a bank statement that was saved as CSV. Pure: nothing is written, nothing of the house is asked.

Three layouts are known, told apart by the columns of the header row and never guessed (``;``, ``,`` or tab between
cells, UTF-8 with or without BOM, Vietnamese with or without marks, bilingual headings):

* **A**: day, reference, debit, credit, text. *Ngày giao dịch; Số tham chiếu; Ghi nợ; Ghi có; Số dư; Nội dung*
* **B**: day, one signed amount, text, mostly a reference. *Thời gian; Mã giao dịch; Số tiền; Số dư; Nội dung*
* **C**: day, debit, credit, text, no reference. *STT; Ngày hiệu lực; Diễn giải; Phát sinh nợ; Phát sinh có*

Above the table stands at least the account; below it sums may follow, and they must be right. A file is read whole
or refused whole: ``StatementRefused`` names every bad row with its column and what is allowed there.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from marketplace.core import clock
from marketplace.core.cardnumbers import mask_card_numbers
from marketplace.core.money import MAX_DONG, Dong
from marketplace.core.text import fold
from marketplace.payments.movements import ROW_KEY
from marketplace.payments.transfer_codes import masked
from marketplace.settlement.statement_tables import (
    Problem,
    Row,
    StatementRefused,
    Table,
    decode,
    find_table,
    heading_parts,
)

T = TypeVar("T")

MAX_ROWS: Final = 2_000
#: Rows that are no movements: sums of pages, signatures, remarks.
_MOST_BELOW: Final = 200

_ACCOUNT_LABELS = ("so tai khoan", "tai khoan", "so tk", "account number", "account no", "account")
_CURRENCY_LABELS = ("loai tien te", "loai tien", "don vi tien te", "tien te", "currency")
_OPENING_LABELS = ("so du dau ky", "so du dau", "du dau ky", "opening balance")
_CLOSING_LABELS = ("so du cuoi ky", "so du cuoi", "du cuoi ky", "closing balance", "ending balance")
_TOTAL_LABELS = ("tong cong", "tong phat sinh", "cong phat sinh", "tong so", "tong", "cong", "total")

_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[\sT]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_PLAIN = re.compile(r"\d{1,13}", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:([.,\s'])\d{3})(?:\1\d{3})*", re.ASCII)
_UNIT = re.compile(r"\s*(?:vnd|vnđ|đ|₫|đồng)\.?$", re.IGNORECASE)
_REWRITTEN = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d+", re.ASCII)


@dataclass(frozen=True)
class StatementRow:
    """One movement: signed dong, the moment of the bank (the start of the day where it tells no time)."""

    row: int
    at: datetime
    has_time: bool
    amount: Dong
    text: str
    reference: str
    name: str
    other_account: str


@dataclass(frozen=True)
class ParsedStatement:
    """A whole file: its layout, the account it is about, and what it says of balances."""

    layout: str
    account: str
    rows: list[StatementRow]
    opening: Dong | None
    closing: Dong | None
    unused_columns: list[str]


def read(content: bytes) -> ParsedStatement:
    """The statement in ``content``. Raises ``StatementRefused`` with every problem found."""
    text = decode(content)
    table = find_table(text)
    reader = _Reader(table)
    return reader.statement()


# -- reading it ---------------------------------------------------------------------------------------------------


class _Bad(Exception):
    """A cell that cannot be read: its column and the code that says what is allowed."""

    def __init__(self, role: str, code: str) -> None:
        self.role, self.code = role, code


class _Reader:
    """Reads one table; collects problems instead of stopping at the first."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.problems: list[Problem] = []
        self.rows: list[StatementRow] = []
        self.opening = self._named_amount(table.above, _OPENING_LABELS)
        self.closing: Dong | None = self._named_amount(table.above, _CLOSING_LABELS)

    def statement(self) -> ParsedStatement:
        """The whole statement; raises ``StatementRefused``."""
        self._check_head()
        last = self._last_movement()
        rows = [row for row in self.table.below if not row.is_blank and row.cells != self.table.headings]
        if len(rows) > MAX_ROWS + _MOST_BELOW:  # told before any of them is looked at
            self._refuse_too_many()
            raise StatementRefused(self.problems)
        for row in rows:
            if self._fits(row) and not self._summary(row):
                self._movement(row, is_foot=row.number > last)
        self._check_whole()
        if self.problems:
            raise StatementRefused(self.problems)
        used = set(self.table.columns.values())
        unused = [name for place, name in enumerate(self.table.headings) if name and place not in used]
        return ParsedStatement(self.table.layout, self._account(), self.rows, self.opening, self.closing, unused)

    def _refuse_too_many(self) -> None:
        self.problems.append(Problem("statement_too_many_rows", facts={"most": str(MAX_ROWS)}))

    def _fits(self, row: Row) -> bool:
        """False, and refused, for a dated row with more cells than the header: a bare ``50,000`` is two of them."""
        surplus = next((cell for cell in row.cells[len(self.table.headings) :] if cell), "")
        if not surplus or not _DAY.match(self._cell(row, "day")):
            return True
        self.problems.append(Problem("statement_more_cells", row.number, self.table.headings[-1], surplus[:80]))
        return False

    def _check_head(self) -> None:
        if not self._account():
            self.problems.append(Problem("statement_account_missing"))
        currency = self._named(self.table.above, _CURRENCY_LABELS)
        if currency and fold(currency) not in ("vnd", "dong", "viet nam dong", "dong viet nam"):
            self.problems.append(Problem("statement_other_currency", value=currency[:40]))

    def _account(self) -> str:
        found = self._named(self.table.above, _ACCOUNT_LABELS)
        plain = re.match(r"[0-9A-Za-z][0-9A-Za-z .-]*", found)
        account = re.sub(r"[ .-]", "", plain.group()) if plain else ""
        digits = re.match(r"[0-9]+", account)
        account = digits.group() if digits and len(digits.group()) >= 6 else account
        return account if re.fullmatch(r"[A-Za-z0-9]{1,19}", account) and any(c.isdigit() for c in account) else ""

    def _last_movement(self) -> int:
        dated = [row.number for row in self.table.below if _DAY.match(self._cell(row, "day"))]
        return max(dated, default=0)

    def _movement(self, row: Row, *, is_foot: bool) -> None:
        if is_foot and not self._has_amount(row) and not self._cell(row, "reference"):
            return  # signatures and remarks below the table
        day, amount = self._try(row, self._moment), self._try(row, self._amount)
        reference = self._try(row, self._reference)
        if day is None or amount is None or reference is None:
            return
        self.rows.append(
            StatementRow(
                row=row.number,
                at=day[0],
                has_time=day[1],
                amount=amount,
                text=masked(self._cell(row, "text"))[:210],
                reference=reference,
                name=mask_card_numbers(self._cell(row, "name"))[:120],
                other_account=self._cell(row, "other_account")[:34],
            )
        )

    def _try(self, row: Row, take: Callable[[Row], T]) -> T | None:
        try:
            return take(row)
        except _Bad as bad:
            self._refuse(row, bad.role, bad.code)
            return None

    def _moment(self, row: Row) -> tuple[datetime, bool]:
        written = self._cell(row, "day")
        match = _DAY.fullmatch(written)
        if match is None:
            raise _Bad("day", "statement_bad_day")
        day, month, year, hour, minute, second = (int(part) if part else 0 for part in match.groups())
        try:
            local = datetime(year, month, day, hour, minute, second, tzinfo=clock.VIETNAM)
        except ValueError:
            raise _Bad("day", "statement_bad_day") from None
        if not datetime(2000, 1, 1, tzinfo=clock.VIETNAM) <= local <= clock.now() + timedelta(days=1):
            raise _Bad("day", "statement_day_out_of_range")
        return local, match[4] is not None

    def _amount(self, row: Row) -> Dong:
        if self.table.layout == "B":
            amount = self._money(row, "amount")
            if not amount:
                raise _Bad("amount", "statement_amount_missing")
            return amount
        debit, credit = abs(self._money(row, "debit")), self._money(row, "credit")
        if credit < 0:
            raise _Bad("credit", "statement_credit_negative")
        if bool(debit) == bool(credit):
            raise _Bad("credit", "statement_two_amounts" if debit else "statement_amount_missing")
        return Dong(credit - debit)

    def _reference(self, row: Row) -> str:
        written = self._cell(row, "reference")
        if _REWRITTEN.fullmatch(written):
            raise _Bad("reference", "statement_reference_rewritten")
        if len(written) > 80:
            raise _Bad("reference", "statement_reference_too_long")
        return written

    def _money(self, row: Row, role: str) -> Dong:
        written = self._cell(row, role)
        if written in ("", "-"):
            return Dong(0)
        amount = amount_of(written)
        if amount is None:
            raise _Bad(role, "statement_bad_amount")
        return amount

    # -- sums ------------------------------------------------------------------------------------------------------

    def _summary(self, row: Row) -> bool:
        """Take an opening, closing or total row; False when the row is none."""
        if _DAY.match(self._cell(row, "day")):
            return False
        label = next((cell for cell in row.cells if cell), "")
        for labels, take in ((_OPENING_LABELS, "opening"), (_CLOSING_LABELS, "closing")):
            if _begins(label, labels):
                amounts = [amount for amount in map(amount_of, row.cells) if amount is not None]
                amounts = amounts or [a for a in [amount_of(label.split(":")[-1])] if a is not None]
                if len(set(amounts)) == 1:
                    setattr(self, take, amounts[0])
                return True
        if _begins(label, _TOTAL_LABELS):
            self._check_totals(row)
            return True
        return False

    def _check_totals(self, row: Row) -> None:
        if self.table.layout == "B":
            return
        for role, sign in (("debit", -1), ("credit", 1)):
            told = amount_of(self._cell(row, role))
            summed = sum(found.amount * sign for found in self.rows if found.amount * sign > 0)
            if told is not None and abs(told) != summed and not self.problems:
                self._refuse(row, role, "statement_total_differs", summed=f"{summed:,}".replace(",", "."))

    def _check_whole(self) -> None:
        if self.problems:
            return
        if not self.rows:
            self.problems.append(Problem("statement_without_rows"))
        if len(self.rows) > MAX_ROWS:
            self._refuse_too_many()
        self._check_references()
        if self.opening is not None and self.closing is not None:
            reckoned = self.opening + sum(row.amount for row in self.rows)
            if reckoned != self.closing:
                facts = {"reckoned": f"{reckoned:,}".replace(",", "."), "told": f"{self.closing:,}".replace(",", ".")}
                self.problems.append(Problem("statement_balance_differs", facts=facts))

    def _check_references(self) -> None:
        first: dict[str, int] = {}
        for row in self.rows:
            if row.reference and row.reference in first:
                facts = {"first": str(first[row.reference])}
                column = self._heading("reference")
                self.problems.append(Problem("statement_reference_twice", row.row, column, row.reference, facts))
            first.setdefault(row.reference, row.row)

    # -- cells -----------------------------------------------------------------------------------------------------

    def _cell(self, row: Row, role: str) -> str:
        place = self.table.columns.get(role)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def _has_amount(self, row: Row) -> bool:
        return any(self._cell(row, role) not in ("", "-") for role in ("debit", "credit", "amount"))

    def _heading(self, role: str) -> str:
        place = self.table.columns.get(role)
        return self.table.headings[place] if place is not None else ""

    def _refuse(self, row: Row, role: str, code: str, **facts: str) -> None:
        self.problems.append(Problem(code, row.number, self._heading(role), self._cell(row, role)[:80], facts))

    def _named_amount(self, rows: list[Row], labels: tuple[str, ...]) -> Dong | None:
        return amount_of(self._named(rows, labels))

    def _named(self, rows: list[Row], labels: tuple[str, ...]) -> str:
        """What stands behind a label above the table: after its colon, or in the next filled cell."""
        for row in rows:
            for place, cell in enumerate(row.cells):
                head, colon, rest = cell.partition(":")
                if not any(part in labels for part in heading_parts(head)):
                    continue
                if colon and rest.strip():
                    return rest.strip()
                return next((later for later in row.cells[place + 1 :] if later), "")
        return ""


def _begins(label: str, labels: tuple[str, ...]) -> bool:
    folded = fold(label)
    return any(folded == wanted or folded.startswith(wanted + " ") for wanted in labels)


def amount_of(written: str) -> Dong | None:
    """Signed whole dong out of ``1.250.000``, ``1,250,000.00``, ``-50 000``, ``(50.000)``, ``+50000 VND``; else None.

    Decimals must be zeros: đồng has none, and ``1.5`` is not guessed at.
    """
    text = re.sub(
        r"(?i)\s*(vnd|vnđ|đ|₫|đồng)\.?$", "", written.strip().replace("\u00a0", " ").replace("−", "-")
    ).strip()
    is_out = text.startswith("-") or text.endswith("-") or (text.startswith("(") and text.endswith(")"))
    text = re.sub(r"^[+-]\s*|\s*[+-]$", "", text.strip("()").strip(), count=1)
    zeros = re.fullmatch(r"(.*\d)([.,])0{1,2}", text)
    if zeros and (_PLAIN.fullmatch(zeros[1]) or (_GROUPED.fullmatch(zeros[1]) and zeros[2] not in zeros[1])):
        text = zeros[1]
    if not (_PLAIN.fullmatch(text) or _GROUPED.fullmatch(text)):
        return None
    amount = int(re.sub(r"\D", "", text))
    return Dong(-amount if is_out else amount) if amount <= MAX_DONG else None


def derived_keys(account: str, rows: Iterable[StatementRow]) -> Iterator[tuple[StatementRow, str]]:
    """Each row with its key: the bank's reference, else one made of account, moment, amount, text and a running number.

    Equal rows of one day are counted, so two equal transfers are two, in whatever order a file lists its rows, and the
    same rows again get the same keys.
    """
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        if row.reference:
            yield row, row.reference
            continue
        facts = (account, row.at.isoformat(), str(row.has_time), str(row.amount), fold(row.text))
        seen[facts] = seen.get(facts, 0) + 1
        digest = hashlib.sha256("\x1f".join((*facts, str(seen[facts]))).encode()).hexdigest()
        yield row, f"{ROW_KEY}{digest[:32]}"
