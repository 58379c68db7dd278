"""Tables as files for spreadsheets: CSV and XLSX in which numbers are numbers and text is never a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import xlsxwriter

Cell = str | int | float | None

#: First characters that a spreadsheet may take for a formula (S49), full-width twins included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Sheet:
    """One page of a workbook; ``bold`` are the numbers of rows to print bold, ``widths`` of the first columns."""

    name: str
    rows: Sequence[Sequence[Cell]]
    bold: frozenset[int] = frozenset()
    widths: Sequence[int] = field(default=(20, 16))


def as_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark (Excel reads it), numbers plain, text that could be a formula quoted by ``'``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_inert(cell) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_xlsx(sheets: Iterable[Sheet], *, created: datetime) -> bytes:
    """A workbook. ``created`` (UTC) is written into it, so that the same facts give the same bytes (I60)."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": created.replace(tzinfo=None)})
    strong, number = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0"})
    strong_number = book.add_format({"bold": True, "num_format": "#,##0"})
    for page in sheets:
        sheet = book.add_worksheet(page.name[:31])
        for row_number, row in enumerate(page.rows):
            is_bold = row_number in page.bold
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(row_number, column, cell, strong if is_bold else None)
                elif cell is not None:
                    sheet.write_number(row_number, column, cell, strong_number if is_bold else number)
        for column, width in enumerate(page.widths):
            sheet.set_column(column, column, width)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
    book.close()
    return file.getvalue()


def _inert(cell: Cell) -> Cell:
    return "'" + cell if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
