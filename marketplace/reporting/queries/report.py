"""The report of an area in a month: every indicator with its figure, target, verdict and the months before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from sqlalchemy import literal, select, union_all

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.programme import queries as programme
from marketplace.programme.models import DeclaredFigure, IndicatorDefinition, Plan, Target, ValueUnit
from marketplace.programme.queries import DeclaredFigures, DeclaredTotal
from marketplace.reporting.indicators import FORMULAS, Declared, Records, formula_of
from marketplace.reporting.periods import Period, Window

#: How many months the small line beside a figure shows, the report's own included.
TREND_MONTHS = 6


class Verdict(StrEnum):
    """What a figure says against the plan's target."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"
    NO_TARGET = "no_target"


class Gap(StrEnum):
    """Why an indicator has no value. It is never taken for 0 or 100 %."""

    NOT_DECLARED = "not_declared"
    PARTS_NOT_DECLARED = "parts_not_declared"
    NOTHING_TO_COUNT = "nothing_to_count"
    MORE_THAN_DECLARED = "more_than_declared"
    TOO_FEW_STALLS = "too_few_stalls"


@dataclass(frozen=True)
class Figure:
    """One indicator's numbers. ``declared`` and ``numerator_declared`` say what an officer's number rests on.

    ``value`` is exact: a percentage (not rounded), a count or dong; None with the reason in ``gap``. With ``is_money``
    numerator and denominator are dong.
    """

    numerator: int | None
    denominator: int | None
    value: Decimal | None
    gap: Gap | None = None
    declared: DeclaredTotal | None = None
    numerator_declared: DeclaredTotal | None = None
    is_money: bool = False

    @property
    def declarations(self) -> tuple[DeclaredFigure, ...]:
        """Every officer's number that counts in it, the numerator's first."""
        totals = (self.numerator_declared, self.declared)
        return tuple(figure for total in totals if total is not None for figure in total.figures)


@dataclass(frozen=True)
class Point:
    """A month of the small line."""

    period: Period
    value: Decimal | None


@dataclass(frozen=True)
class ReportRow:
    """One line of the report."""

    definition: IndicatorDefinition
    figure: Figure
    target: Target | None
    trend: tuple[Point, ...]

    @property
    def published(self) -> int | Decimal | None:
        """The value as every face shows it."""
        return self.publish(self.figure.value)

    def publish(self, value: Decimal | None) -> int | Decimal | None:
        """A percentage with one decimal (half up), a whole count, whole dong, or None."""
        if value is None or self.definition.unit is not ValueUnit.PERCENT:
            return None if value is None else int(value)
        return value.quantize(Decimal("0.1"), ROUND_HALF_UP)

    @property
    def verdict(self) -> Verdict:
        """Judged on the exact value, so that 69,96 % does not reach 70 %."""
        if self.target is None:
            return Verdict.UNKNOWN if self.figure.value is None else Verdict.NO_TARGET
        if self.figure.value is None:
            return Verdict.UNKNOWN
        return Verdict.MET if self.figure.value >= self.target.value else Verdict.NOT_MET


class Outside(StrEnum):
    """A month of which a plan does not speak: before it was made, or after the years that its targets are for."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Report:
    """Everything a page, a file or a program shows of an area's month; no rows where the unit did not exist then."""

    window: Window
    plan: Plan | None
    rows: tuple[ReportRow, ...]
    #: Whether payments of this installation run against a sandbox (S12); every face says so.
    is_simulated: bool = True

    @property
    def outside_plan(self) -> Outside | None:
        """Where the month lies when the plan's targets were not set for it; None inside, or without a time."""
        if self.plan is None:
            return None
        first = self.window.period.first
        if self.plan.targets_until is not None and first.year > self.plan.targets_until:
            return Outside.AFTER
        begins = self.plan.issued_on
        return Outside.BEFORE if begins is not None and clock.add_months(first, 1) <= begins else None

    @property
    def unknown(self) -> int:
        """How many indicators have no value."""
        return sum(row.figure.value is None for row in self.rows)

    def count(self, verdict: Verdict) -> int:
        """How many rows have that verdict."""
        return sum(row.verdict is verdict for row in self.rows)


def build_report(window: Window, plan: Plan | None, *, is_simulated: bool = True) -> Report:
    """The report of ``window`` held against ``plan``. Reads only; one query for the figures of each month."""
    if not window.exists:
        return Report(window, plan, (), is_simulated)
    definitions = [row for row in programme.list_definitions(window.period.day) if row.code in FORMULAS]
    declared = DeclaredFigures(window.area)
    targets = programme.targets_of(plan)
    months = [Window(window.area, window.period.earlier(back), window.basis) for back in reversed(range(TREND_MONTHS))]
    figures = [compute_figures(month, _in_force(definitions, month), declared) for month in months]
    rows = (
        ReportRow(
            definition=definition,
            figure=figures[-1][definition.code],
            target=targets.get(definition.code),
            trend=tuple(
                Point(month.period, found[definition.code].value if definition.code in found else None)
                for month, found in zip(months, figures, strict=True)
            ),
        )
        for definition in definitions
    )
    return Report(window, plan, tuple(rows), is_simulated)


def _in_force(definitions: Sequence[IndicatorDefinition], month: Window) -> list[IndicatorDefinition]:
    """Those that were in force in the month: nothing is counted backwards by a definition that came later."""
    return [row for row in definitions if row.valid_from <= month.period.day]


def compute_figures(
    window: Window, definitions: Sequence[IndicatorDefinition], declared: DeclaredFigures
) -> dict[str, Figure]:
    """The figures of one month by indicator code; empty where the unit did not exist. All counting is one query."""
    if not window.exists:
        return {}
    formulas = {row.code: formula_of(row.code, row.version, window) for row in definitions}
    sides = {(code, "numerator"): formula.numerator for code, formula in formulas.items()}
    sides |= {
        (code, "denominator"): formula.denominator
        for code, formula in formulas.items()
        if formula.denominator is not None
    }
    counted = _count({key: side for key, side in sides.items() if isinstance(side, Records)})
    vouched = {
        key: declared.total(side.key, window.period.day) for key, side in sides.items() if isinstance(side, Declared)
    }
    money = {code for code, formula in formulas.items() if getattr(formula.numerator, "is_sum", False)}
    figures = {}
    for definition in definitions:
        keys = [(definition.code, side) for side in ("numerator", "denominator")]
        numbers = [counted.get(key) for key in keys]
        figure = _figure(definition, numbers, [vouched.get(key) for key in keys])
        if any(key in counted and counted[key] is None for key in keys):
            figure = replace(figure, gap=Gap.TOO_FEW_STALLS)
        figures[definition.code] = replace(figure, is_money=definition.code in money)
    return figures


def _count(sides: dict[tuple[str, str], Records]) -> dict[tuple[str, str], int | None]:
    """The figure of each side; None for a sum that is withheld."""
    parts = [
        select(literal(f"{code}/{side}").label("side"), records.total().scalar_subquery().label("figure"))
        for (code, side), records in sides.items()
    ]
    if not parts:
        return {}
    rows = db.session.execute(union_all(*parts))
    found = {row.side: None if row.figure is None else int(row.figure) for row in rows}
    return {(code, side): found[f"{code}/{side}"] for code, side in sides}


def _figure(
    definition: IndicatorDefinition, counted: Sequence[int | None], declared: Sequence[DeclaredTotal | None]
) -> Figure:
    """Put both sides together; each is counted, or declared (then its value may be unknown)."""
    numerator, denominator = (
        number if total is None else total.value for number, total in zip(counted, declared, strict=True)
    )
    numerator_declared, denominator_declared = declared
    if definition.unit is not ValueUnit.PERCENT:
        value = None if numerator is None else Decimal(numerator)
        return Figure(numerator, None, value, numerator_declared=numerator_declared)
    gap = _gap(numerator, denominator, declared)
    value = None
    if gap is None and numerator is not None and denominator:
        value = Decimal(100 * numerator) / Decimal(denominator)
    return Figure(numerator, denominator, value, gap, denominator_declared, numerator_declared)


def _gap(numerator: int | None, denominator: int | None, declared: Sequence[DeclaredTotal | None]) -> Gap | None:
    if numerator is None or denominator is None:
        begun = any(total is not None and total.value is None and total.figures for total in declared)
        return Gap.PARTS_NOT_DECLARED if begun else Gap.NOT_DECLARED
    if denominator == 0:
        return Gap.NOTHING_TO_COUNT
    if numerator > denominator:
        return Gap.MORE_THAN_DECLARED
    return None
