"""A statement file as a table: its text, its separator, its header row and where each column stands.

Headings are compared without marks and case; a bilingual heading counts when either language is known.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from marketplace.core.text import fold

MAX_BYTES: Final = 2 * 1024 * 1024
_MOST_PROBLEMS: Final = 50
_MOST_LINES_OF_A_ROW: Final = 12
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")

#: Folded headings of each column; a bilingual heading is tried whole and by its parts.
_HEADINGS: Final = {
    "day": (
        "ngay giao dich", "ngay gd", "ngay gio giao dich", "thoi gian giao dich", "thoi gian", "ngay hach toan",
        "ngay hieu luc", "ngay", "transaction date", "posting date", "value date", "date", "tnx date",
    ),
    "reference": (
        "so tham chieu", "ma tham chieu", "ma giao dich", "so giao dich", "so but toan", "so chung tu", "so ct",
        "ma gd", "so gd", "reference", "reference no", "ref no", "transaction id", "transaction no", "doc no",
    ),
    "debit": (
        "ghi no", "so tien ghi no", "phat sinh no", "no", "tien ra", "so tien ra", "rut ra", "debit", "debit amount",
        "withdrawal",
    ),
    "credit": (
        "ghi co", "so tien ghi co", "phat sinh co", "co", "tien vao", "so tien vao", "gui vao", "credit",
        "credit amount", "deposit",
    ),
    "amount": ("so tien", "so tien giao dich", "phat sinh", "so tien gd", "amount", "transaction amount"),
    "text": (
        "noi dung", "noi dung giao dich", "noi dung chi tiet", "noi dung chuyen khoan", "dien giai", "mo ta",
        "mo ta giao dich", "description", "details", "transactions in detail", "remark", "transaction description",
    ),
    "balance": ("so du", "so du sau giao dich", "so du cuoi", "so du luy ke", "balance", "running balance"),
    "name": (
        "ten doi ung", "ten tai khoan doi ung", "nguoi chuyen", "ten nguoi chuyen", "doi tac", "don vi doi ung",
        "counterparty", "counter account name", "remitter",
    ),
    "other_account": (
        "tai khoan doi ung", "so tai khoan doi ung", "tai khoan nguoi chuyen", "tk doi ung", "counter account",
        "counterparty account", "remitter account",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file, where, and (in the words of ``code``) what is allowed. ``row`` counts from 1."""

    code: str
    row: int | None = None
    column: str = ""
    value: str = ""
    facts: dict[str, str] = field(default_factory=dict)


class StatementRefused(Exception):
    """The file cannot be taken over; nothing of it was kept."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)[:_MOST_PROBLEMS]
        super().__init__(", ".join(f"row {problem.row}: {problem.code}" for problem in self.problems))


@dataclass(frozen=True)
class Row:
    number: int
    cells: list[str]

    @property
    def is_blank(self) -> bool:
        return not any(self.cells)


@dataclass(frozen=True)
class Table:
    layout: str
    columns: dict[str, int]
    headings: list[str]
    above: list[Row]
    below: list[Row]


def decode(content: bytes) -> str:
    """The text of a file in UTF-8; other encodings and other kinds of file are refused by name."""
    if len(content) > MAX_BYTES:
        raise StatementRefused([Problem("statement_too_large", facts={"limit_mb": str(MAX_BYTES // 1024 // 1024)})])
    if not content.strip():
        raise StatementRefused([Problem("statement_empty")])
    if content.startswith(_WORKBOOKS):
        raise StatementRefused([Problem("statement_is_workbook")])
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content:
        raise StatementRefused([Problem("statement_utf16")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise StatementRefused([Problem("statement_not_utf8", row=row)]) from None


def find_table(text: str) -> Table:
    """The header row under exactly one separator; anything else is refused."""
    for separator in (";", ",", "\t"):
        rows, broken = _rows(text, separator)
        for place, row in enumerate(rows):
            columns = _columns(row.cells)
            layout = _layout(columns)
            if layout is None:
                continue
            if broken:
                raise StatementRefused([Problem("statement_quotes", row=broken)])
            return Table(layout, columns, row.cells, rows[:place], rows[place + 1 :])
    raise StatementRefused([Problem("statement_layout_unknown")])


def _rows(text: str, separator: str) -> tuple[list[Row], int | None]:
    """Every row, and where quotation marks do not close: a cell there would swallow the rows below it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found: list[Row] = []
    before = 0
    try:
        for cells in reader:
            found.append(Row(before + 1, [_tidy(cell) for cell in cells]))
            if reader.line_num - before > _MOST_LINES_OF_A_ROW:
                return found, before + 1
            before = reader.line_num
    except csv.Error:
        return found, before + 1
    return found, None


def _tidy(cell: str) -> str:
    shown = cell if cell.isprintable() else "".join(c if c.isprintable() else " " for c in cell)
    return " ".join(shown.split())


def _columns(cells: list[str]) -> dict[str, int]:
    """Where each known column stands; of two for one purpose the one whose heading is named first above."""
    ranked: dict[str, tuple[int, int]] = {}
    for place, cell in enumerate(cells):
        for role, headings in _HEADINGS.items():
            ranks = [headings.index(part) for part in heading_parts(cell, headings) if part in headings]
            if ranks and (role not in ranked or min(ranks) < ranked[role][0]):
                ranked[role] = (min(ranks), place)
    return {role: place for role, (_rank, place) in ranked.items()}


def heading_parts(cell: str, known: tuple[str, ...] = ()) -> list[str]:
    """A heading as a whole and, where it is bilingual, its parts; folded. Units in brackets do not count.

    Two languages without a stroke between them are taken apart where both halves are ``known``.
    """
    bare = re.sub(r"\([^)]*\)", " ", cell)
    parts = [fold(part) for part in (bare, *re.split(r"[/|]", bare))]
    words = parts[0].split()
    halves = ((" ".join(words[:place]), " ".join(words[place:])) for place in range(1, len(words)))
    parts += [left for left, right in halves if left in known and right in known]
    # "No." numbers the rows of an English table; the debit column of a Vietnamese one is "Nợ"
    return [part for part in parts if part != "no" or "ợ" in bare.lower()]


def _layout(columns: dict[str, int]) -> str | None:
    apart = [columns[role] for role in ("day", "text", "debit", "credit", "amount") if role in columns]
    if not {"day", "text"} <= columns.keys() or len(set(apart)) < len(apart):
        return None
    if {"debit", "credit"} <= columns.keys():
        return "A" if "reference" in columns else "C"
    return "B" if "amount" in columns and not columns.keys() & {"debit", "credit"} else None
