"""The very records behind a figure, page by page. They come from the SELECT that the figure was counted with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from marketplace.core.db import db
from marketplace.core.paging import NumberedPage
from marketplace.programme import queries as programme
from marketplace.programme.figures import IN_DONG
from marketplace.programme.models import IndicatorDefinition
from marketplace.programme.queries import DeclaredFigures, DeclaredTotal
from marketplace.reporting.errors import IndicatorNotFound
from marketplace.reporting.indicators import FORMULAS, Declared, RecordKind, Records, formula_of
from marketplace.reporting.periods import Window
from marketplace.reporting.queries.report import Gap

PAGE_SIZE = 50


class Side(StrEnum):
    """Which number of the fraction."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"


@dataclass(frozen=True)
class RecordRow:
    """One record: what it is called, where it belongs, when, and how many dong (or what was declared).

    ``state`` says of a listing of T1 how its trace links stood (``works``, ``broken``, ``unknown``, ``no_link``).
    """

    record_id: int
    label: str
    detail: str
    at: datetime | None
    amount: int | None
    counted_on: date | None = None
    state: str = ""


@dataclass(frozen=True)
class RecordPage:
    """One page of the records of one side, and the figure that all of them make.

    With a ``gap`` the records are withheld and the page is empty; ``figure`` is None then where it is a sum.
    """

    definition: IndicatorDefinition
    side: Side
    kind: RecordKind
    is_sum: bool
    is_money: bool
    figure: int | None
    page: NumberedPage[RecordRow]
    gap: Gap | None = None


def read_side(written: str) -> Side:
    """``numerator`` or ``denominator`` as written in an address. Raises ``IndicatorNotFound`` for anything else."""
    if written not in list(Side):
        raise IndicatorNotFound(written)
    return Side(written)


def list_records(window: Window, code: str, side: Side, *, number: int = 1, size: int = PAGE_SIZE) -> RecordPage:
    """Page ``number`` of the records behind one side of an indicator, oldest first, with the report's figure.

    A declared side lists the declarations that count. Raises ``IndicatorNotFound`` for a code that the report does not
    have, a side that a plain volume lacks, or a month in which the unit did not exist.
    """
    definitions = {row.code: row for row in programme.list_definitions(window.period.day)}
    if code not in FORMULAS or code not in definitions or not window.exists:
        raise IndicatorNotFound(code)
    formula = formula_of(code, definitions[code].version, window)
    source = formula.numerator if side is Side.NUMERATOR else formula.denominator
    if source is None:
        raise IndicatorNotFound(code)
    if isinstance(source, Declared):
        total = DeclaredFigures(window.area).total(source.key, window.period.day)
        return _declarations(definitions[code], side, total, number=number, size=size)
    return _counted(definitions[code], side, source, number=number, size=size)


def _counted(definition: IndicatorDefinition, side: Side, source: Records, *, number: int, size: int) -> RecordPage:
    figure = db.session.scalar(source.total())
    if source.guard is not None and not db.session.scalar(source.guard):
        return _withheld(definition, side, source, figure=figure, size=size)
    inner = source.rows.subquery()
    total = _number_of(source)
    number = min(max(1, number), max(1, -(-total // size)))
    rows = db.session.execute(
        select(inner).order_by(inner.c.at, inner.c.label, inner.c.record_id).limit(size).offset((number - 1) * size)
    )
    items = [RecordRow(row.record_id, row.label, str(row.detail), row.at, row.amount, state=row.state) for row in rows]
    return RecordPage(
        definition=definition,
        side=side,
        kind=source.kind,
        is_sum=source.is_sum,
        is_money=True,
        figure=int(figure or 0),
        page=NumberedPage(items, number, size, total),
    )


def _withheld(
    definition: IndicatorDefinition, side: Side, source: Records, *, figure: int | None, size: int
) -> RecordPage:
    return RecordPage(
        definition=definition,
        side=side,
        kind=source.kind,
        is_sum=source.is_sum,
        is_money=True,
        figure=figure,
        page=NumberedPage([], 1, size, 0),
        gap=Gap.TOO_FEW_STALLS,
    )


def _number_of(source: Records) -> int:
    return int(db.session.execute(Records(source.kind, source.rows).total()).scalar_one())


def _declarations(
    definition: IndicatorDefinition, side: Side, total: DeclaredTotal, *, number: int, size: int
) -> RecordPage:
    figures = sorted(total.figures, key=lambda figure: (figure.counted_on, figure.id))
    number = min(max(1, number), max(1, -(-len(figures) // size)))
    shown: Sequence[Any] = figures[(number - 1) * size : number * size]
    items = [
        RecordRow(figure.id, figure.key, figure.source, figure.declared_at, figure.value, figure.counted_on)
        for figure in shown
    ]
    return RecordPage(
        definition=definition,
        side=side,
        kind=RecordKind.DECLARATION,
        is_sum=True,
        is_money=total.key in IN_DONG,
        figure=total.value,
        page=NumberedPage(items, number, size, len(figures)),
    )
