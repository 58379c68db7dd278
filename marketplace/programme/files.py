"""Reads and checks the CSV files of ``seeds/programme`` (the README there says what each column means).

Nothing is written here: a folder is read whole into records or refused whole, naming file, row and column.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from marketplace.core import text
from marketplace.core.errors import Invalid
from marketplace.programme.errors import ProgrammeFileRefused
from marketplace.programme.models import DenominatorSource, ValueUnit

T = TypeVar("T")

INDICATOR_COLUMNS = (
    "code", "version", "position", "unit", "denominator_source", "name_vi", "name_en", "numerator_vi",
    "numerator_en", "denominator_vi", "denominator_en", "source", "valid_from",
)  # fmt: skip
PLAN_COLUMNS = (
    "code", "number", "name_vi", "name_en", "issuer", "issued_on", "targets_until", "vintage", "unit_code", "source",
)  # fmt: skip
TARGET_COLUMNS = ("plan", "indicator", "value", "quotation")


@dataclass(frozen=True)
class IndicatorRecord:
    """One line of ``indicators.csv``: one version of one definition."""

    code: str
    version: int
    position: int
    unit: ValueUnit
    denominator_source: DenominatorSource
    name_vi: str
    name_en: str
    numerator_vi: str
    numerator_en: str
    denominator_vi: str
    denominator_en: str
    source: str
    valid_from: date


@dataclass(frozen=True)
class PlanRecord:
    """One line of ``plans.csv``; ``unit`` is (vintage, code) or None for the whole country."""

    row: "Row"
    code: str
    number: str
    name_vi: str
    name_en: str
    issuer: str
    issued_on: date | None
    targets_until: int | None
    unit: tuple[str, str] | None
    source: str


@dataclass(frozen=True)
class TargetRecord:
    """One line of ``targets.csv``."""

    plan: str
    indicator: str
    value: Decimal
    quotation: str


@dataclass(frozen=True)
class ProgrammeFiles:
    """All three files, checked: every reference between them stands, no key twice."""

    indicators: list[IndicatorRecord]
    plans: list[PlanRecord]
    targets: list[TargetRecord]


class Row:
    """One line of a file, read column by column; a bad value is refused with its place in the file."""

    def __init__(self, file: str, number: int, values: dict[str, str]) -> None:
        self.file, self.number, self._values = file, number, values

    def refuse(self, problem: str, column: str) -> ProgrammeFileRefused:
        """The error that names this row, ``column`` and the value found there."""
        return ProgrammeFileRefused(problem, file=self.file, row=self.number, column=column, value=self._values[column])

    def read(self, column: str, problem: str, convert: Callable[[str], T]) -> T:
        """The value of ``column`` through ``convert``; refused with ``problem`` when that fails."""
        try:
            return convert(self._values[column])
        except (ValueError, KeyError, InvalidOperation, Invalid):
            raise self.refuse(problem, column) from None

    def words(self, column: str, *, longest: int = 2000, may_be_empty: bool = False) -> str:
        """Tidied text of at most ``longest`` characters."""
        words = self.read(column, "bad_text", text.clean)
        if not words and not may_be_empty:
            raise self.refuse("empty_value", column)
        if len(words) > longest:
            raise self.refuse("too_long", column)
        return words

    def number_from_one(self, column: str) -> int:
        """A whole number, one or more."""
        value = self.read(column, "bad_number", int)
        if value < 1:
            raise self.refuse("bad_number", column)
        return value


def read_folder(folder: Path) -> ProgrammeFiles:
    """Read ``indicators.csv``, ``plans.csv`` and ``targets.csv`` of ``folder``.

    Raises ``ProgrammeFileRefused`` (file, row, column, value) for a missing file, a column too many or too few,
    a value that cannot be, a target of an unknown plan or indicator, or the same key twice.
    """
    indicators = {}
    for row in _rows(folder / "indicators.csv", INDICATOR_COLUMNS):
        indicator = _indicator(row)
        if (indicator.code, indicator.version) in indicators:
            raise row.refuse("double_line", "code")
        indicators[indicator.code, indicator.version] = indicator
    plans = {}
    for row in _rows(folder / "plans.csv", PLAN_COLUMNS):
        plan = _plan(row)
        if plan.code in plans:
            raise row.refuse("double_line", "code")
        plans[plan.code] = plan
    targets = {}
    for row in _rows(folder / "targets.csv", TARGET_COLUMNS):
        target = _target(row)
        if target.plan not in plans:
            raise row.refuse("broken_reference", "plan")
        if target.indicator not in {code for code, _version in indicators}:
            raise row.refuse("broken_reference", "indicator")
        if (target.plan, target.indicator) in targets:
            raise row.refuse("double_line", "indicator")
        targets[target.plan, target.indicator] = target
    return ProgrammeFiles(list(indicators.values()), list(plans.values()), list(targets.values()))


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    if not path.is_file():
        raise ProgrammeFileRefused("missing", file=path.name, row=0)
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        header = next(reader, [])
        for unknown in (name for name in header if name not in columns):
            raise ProgrammeFileRefused("unknown_column", file=path.name, row=1, column=unknown)
        for absent in (name for name in columns if header.count(name) != 1):
            raise ProgrammeFileRefused("missing_column", file=path.name, row=1, column=absent)
        for number, cells in enumerate(reader, start=2):
            if len(cells) != len(header):
                raise ProgrammeFileRefused("wrong_width", file=path.name, row=number, value=str(len(cells)))
            yield Row(path.name, number, dict(zip(header, cells, strict=True)))


def _indicator(row: Row) -> IndicatorRecord:
    return IndicatorRecord(
        code=row.words("code", longest=16),
        version=row.number_from_one("version"),
        position=row.number_from_one("position"),
        unit=row.read("unit", "unknown_unit", ValueUnit),
        denominator_source=row.read("denominator_source", "unknown_source", DenominatorSource),
        name_vi=row.words("name_vi", longest=200),
        name_en=row.words("name_en", longest=200),
        numerator_vi=row.words("numerator_vi"),
        numerator_en=row.words("numerator_en"),
        denominator_vi=row.words("denominator_vi", may_be_empty=True),
        denominator_en=row.words("denominator_en", may_be_empty=True),
        source=row.words("source"),
        valid_from=row.read("valid_from", "bad_date", date.fromisoformat),
    )


def _plan(row: Row) -> PlanRecord:
    vintage, code = row.words("vintage", may_be_empty=True), row.words("unit_code", may_be_empty=True)
    if bool(vintage) != bool(code):
        raise row.refuse("half_a_place", "unit_code")
    return PlanRecord(
        row=row,
        code=row.words("code", longest=40),
        number=row.words("number", longest=60),
        name_vi=row.words("name_vi", longest=200),
        name_en=row.words("name_en", longest=200),
        issuer=row.words("issuer", longest=160),
        issued_on=row.read("issued_on", "bad_date", lambda day: date.fromisoformat(day) if day else None),
        targets_until=row.read("targets_until", "bad_number", _year),
        unit=(vintage, code) if code else None,
        source=row.words("source"),
    )


def _year(written: str) -> int | None:
    if written and not 2000 <= int(written) <= 2100:
        raise ValueError(written)
    return int(written) if written else None


def _target(row: Row) -> TargetRecord:
    value = row.read("value", "bad_number", Decimal)
    if not value.is_finite() or value < 0:
        raise row.refuse("bad_number", "value")
    return TargetRecord(row.words("plan"), row.words("indicator"), value, row.words("quotation"))
