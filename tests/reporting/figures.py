"""Short ways to ask for figures in tests."""

from datetime import date
from decimal import Decimal

from marketplace.places.models import AdminUnit
from marketplace.programme.areas import Area
from marketplace.programme.queries import default_plan
from marketplace.reporting.periods import Basis, Period, Window
from marketplace.reporting.queries import Figure, Report, ReportRow, build_report


def window_of(unit: AdminUnit, month: str = "2026-11", basis: Basis = Basis.REPORTED) -> Window:
    """The unit in a month."""
    year, number = month.split("-")
    return Window(Area(unit), Period(date(int(year), int(number), 1)), basis)


def report_of(unit: AdminUnit, month: str = "2026-11", basis: Basis = Basis.REPORTED) -> Report:
    """The unit's report against its own plan."""
    window = window_of(unit, month, basis)
    return build_report(window, default_plan(window.area, window.period.first.year))


def row_of(unit: AdminUnit, code: str, month: str = "2026-11", basis: Basis = Basis.REPORTED) -> ReportRow:
    """One line of the report."""
    return next(row for row in report_of(unit, month, basis).rows if row.definition.code == code)


def figure_of(unit: AdminUnit, code: str, month: str = "2026-11", basis: Basis = Basis.REPORTED) -> Figure:
    """The numbers of one line."""
    return row_of(unit, code, month, basis).figure


def fraction(figure: Figure) -> tuple[int | None, int | None]:
    """Numerator and denominator."""
    return figure.numerator, figure.denominator


def percent(value: str) -> Decimal:
    """A published percentage."""
    return Decimal(value)
