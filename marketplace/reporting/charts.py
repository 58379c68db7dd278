"""Where lines and bars of a chart lie. The templates only write them down as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from marketplace.programme.models import ValueUnit
from marketplace.reporting.queries import Point, Report, ReportRow, Verdict

WIDTH, HEIGHT, MARGIN = 96, 28, 3
_FULL = Decimal(100)


@dataclass(frozen=True)
class Sparkline:
    """Polylines (a gap in the data parts them) and the dots of months, in a box of ``WIDTH`` by ``HEIGHT``."""

    lines: tuple[str, ...]
    dots: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Bar:
    """One percentage: ``width`` and ``target`` in tenths of a percent of the full bar (0 to 1000)."""

    row: ReportRow
    width: int
    target: int | None
    verdict: Verdict


def sparkline(points: Sequence[Point], unit: ValueUnit) -> Sparkline:
    """The small line of a row: percentages on a scale of 0 to 100, volumes from 0 to their highest month."""
    known = [point.value for point in points if point.value is not None]
    top = _FULL if unit is ValueUnit.PERCENT else max([*known, Decimal(1)])
    lines: list[list[str]] = [[]]
    dots = []
    for index, point in enumerate(points):
        if point.value is None:
            lines.append([])
            continue
        x = MARGIN + (WIDTH - 2 * MARGIN) * index / max(1, len(points) - 1)
        y = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * float(min(point.value, top) / top)
        dots.append((f"{x:.1f}", f"{y:.1f}"))
        lines[-1].append(f"{x:.1f},{y:.1f}")
    return Sparkline(tuple(" ".join(line) for line in lines if len(line) > 1), tuple(dots))


def bars(report: Report) -> list[Bar]:
    """The bar chart: every percentage that is known, with the plan's target as a mark."""
    found = []
    for row in report.rows:
        value = row.published
        if row.definition.unit is not ValueUnit.PERCENT or value is None:
            continue
        target = None if row.target is None else int(min(row.target.value, _FULL) * 10)
        found.append(Bar(row, int(min(value, _FULL) * 10), target, row.verdict))
    return found
