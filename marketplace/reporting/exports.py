"""The report as a file: CSV and XLSX with the figures of the page. The same report gives the same bytes (I60)."""

import io
from collections.abc import Iterator
from decimal import Decimal

import xlsxwriter
from flask_babel import get_locale
from flask_babel import gettext as _

from marketplace.core import clock, sheets
from marketplace.core.sheets import Cell
from marketplace.programme.figures import FigureKey
from marketplace.programme.models import ValueUnit
from marketplace.programme.words import FIGURES
from marketplace.reporting.periods import Basis
from marketplace.reporting.queries import Report, ReportRow
from marketplace.reporting.words import GAPS, VERDICTS, outside_plan


def as_csv(report: Report) -> bytes:
    """UTF-8 with a byte order mark (Excel reads it), numbers plain, text that could be a formula quoted by ``'``."""
    return sheets.as_csv(_lines(report))


def as_xlsx(report: Report) -> bytes:
    """One sheet: the head of the report, then a row per indicator. Numbers are numbers, text is never a formula."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": report.window.period.data_time.replace(tzinfo=None)})
    sheet = book.add_worksheet(report.window.period.key)
    bold = book.add_format({"bold": True})
    head = len(_head(report)) + 1
    for number, line in enumerate(_lines(report)):
        for column, cell in enumerate(line):
            if isinstance(cell, str):
                sheet.write_string(number, column, cell, bold if column == 0 or number == head else None)
            elif cell is not None:
                sheet.write_number(number, column, cell)
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 46)
    sheet.set_column(2, 10, 16)
    sheet.set_column(11, 13, 60)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    book.close()
    return file.getvalue()


def _lines(report: Report) -> Iterator[list[Cell]]:
    yield from _head(report)
    yield []
    yield [
        _("Code"), _("Indicator"), _("Numerator"), _("Denominator"), _("Value"), _("Unit"), _("Target"), _("Result"),
        _("Note"), _("Declared on"), _("Declared by source"), _("Numerator counts"), _("Denominator counts"),
        _("Source of the definition"), _("Version"),
    ]  # fmt: skip
    for row in report.rows:
        yield _line(row)


def _head(report: Report) -> list[list[Cell]]:
    window = report.window
    lines: list[list[Cell]] = [
        [_("Area"), window.area.unit.address],
        [_("Month"), window.period.key],
        [_("Basis"), _("As reported") if window.basis is Basis.REPORTED else _("Restated")],
        [_("Plan"), report.plan.number if report.plan else _("none")],
        [_("Data as of"), f"{clock.local(window.period.data_time):%d/%m/%Y %H:%M}"],
    ]
    if report.plan:
        lines.insert(4, [_("Targets set until"), report.plan.targets_until or _("not named in the plan's source")])
    if report.outside_plan:
        lines.append([_("Note"), outside_plan(report)])
    if report.is_simulated:
        lines.append([_("Note"), _("Simulated data: payments run against a sandbox, no real money.")])
    if not window.exists:
        lines.append([_("Note"), _("This unit did not exist in this month.")])
    return lines


def _line(row: ReportRow) -> list[Cell]:
    definition, figure = row.definition, row.figure
    language = "vi" if str(get_locale()) == "vi" else "en"
    days = sorted({declared.counted_on for declared in figure.declarations})
    return [
        definition.code,
        getattr(definition, f"name_{language}"),
        figure.numerator,
        figure.denominator,
        _plain(row.published),
        {ValueUnit.PERCENT: "%", ValueUnit.DONG: "đồng", ValueUnit.COUNT: ""}[definition.unit],
        None if row.target is None else _plain(row.target.value),
        str(VERDICTS[row.verdict]),
        "" if figure.gap is None else str(GAPS[figure.gap]),
        ", ".join(f"{day:%d/%m/%Y}" for day in days),
        "; ".join(f"{FIGURES[FigureKey(declared.key)]}: {declared.source}" for declared in figure.declarations),
        getattr(definition, f"numerator_{language}"),
        getattr(definition, f"denominator_{language}"),
        definition.source,
        definition.version,
    ]


def _plain(value: int | Decimal | None) -> int | float | None:
    if value is None or isinstance(value, int):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
