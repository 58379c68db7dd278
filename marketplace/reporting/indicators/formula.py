"""What an indicator's function hands back: two sides, each a list of records or an officer's number.

Figures and drill-down read the same SELECT, so the records always add up to the figure.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, null

from marketplace.programme.figures import FigureKey

#: A select of the columns ``record_id, label, detail, at, amount, state``, in this order.
Rows = Select[Any]


class RecordKind(StrEnum):
    """What the records of one side are."""

    OCOP_PRODUCT = "ocop_product"
    LISTING = "listing"
    TRACED_LISTING = "traced_listing"
    PRODUCER = "producer"
    ORDER = "order"
    STALL = "stall"
    MARKET = "market"
    SALE = "sale"
    DECLARATION = "declaration"


@dataclass(frozen=True)
class Records:
    """Records of one kind; the figure is their number, or with ``is_sum`` the sum of their amounts in dong.

    ``guard`` selects one truth value: whether so many people stand behind the records that none can be told apart. When
    it is false, the sum and every single record are withheld; the number of records is not.
    """

    kind: RecordKind
    rows: Rows
    is_sum: bool = False
    guard: Select[Any] | None = None

    def total(self) -> Select[Any]:
        """One row: the figure; NULL for a sum that is withheld."""
        columns = list(self.rows.selected_columns)
        figure: Any = func.coalesce(func.sum(columns[4]), 0) if self.is_sum else func.count(columns[0])
        if self.is_sum and self.guard is not None:
            figure = case((self.guard.scalar_subquery(), figure))
        return self.rows.with_only_columns(figure, maintain_column_froms=True)


@dataclass(frozen=True)
class Declared:
    """A number that an officer declared."""

    key: FigureKey


@dataclass(frozen=True)
class Formula:
    """Numerator over denominator; None where the indicator is a plain volume."""

    numerator: Records | Declared
    denominator: Records | Declared | None


def columns(
    record_id: Any, label: Any, *, detail: Any = None, at: Any = None, amount: Any = None, state: Any = None
) -> tuple[ColumnElement[Any], ...]:
    """The six columns of a record."""
    return (
        record_id.label("record_id"),
        label.label("label"),
        (literal("") if detail is None else detail).label("detail"),
        (null() if at is None else at).label("at"),
        (null() if amount is None else amount).label("amount"),
        (literal("") if state is None else state).label("state"),
    )
