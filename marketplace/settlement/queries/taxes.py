"""Taxes withheld from household businesses, by month (Decree 117/2025/NĐ-CP): for the return of the platform.

The platform withholds at each successful order; cancelled and returned goods are offset in the month in which the money
went back. Rates are dated rows (``checkout.models.TaxRate``); this list only adds up what was withheld.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import aliased

from marketplace.checkout.models import Earning, EarningPart
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.orders.models import SubOrder
from marketplace.producers.models import Producer

#: What the rates and the monthly list rest on, as the pages cite it.
LAW = "117/2025/NĐ-CP (09/06/2025)"
_COLUMNS = ("gross", "vat", "pit")


@dataclass(frozen=True)
class TaxRow:
    """One household business: sales and what refunds took back (negative), in dong."""

    producer: Producer
    gross: Dong
    vat: Dong
    pit: Dong
    gross_back: Dong
    vat_back: Dong
    pit_back: Dong

    @property
    def has_identity(self) -> bool:
        """Whether the tax code is known, without which the return of the month cannot be sent."""
        return bool(self.producer.tax_code)

    @property
    def vat_due(self) -> Dong:
        """Dong of value added tax to hand over."""
        return Dong(self.vat + self.vat_back)

    @property
    def pit_due(self) -> Dong:
        """Dong of personal income tax to hand over."""
        return Dong(self.pit + self.pit_back)


@dataclass(frozen=True)
class TaxList:
    """A month of Vietnam's calendar, half-open (UTC); ``booked_*`` is what the ledger's tax accounts took up in it."""

    year: int
    month: int
    begin: datetime
    end: datetime
    rows: Sequence[TaxRow]
    booked_vat: Dong
    booked_pit: Dong

    def total(self, column: str) -> Dong:
        """The sum of a column over all rows, in dong."""
        return Dong(sum(getattr(row, column) for row in self.rows))

    @property
    def agrees(self) -> bool:
        """Whether the rows add up to the ledger, to the dong."""
        return (self.total("vat_due"), self.total("pit_due")) == (self.booked_vat, self.booked_pit)

    @property
    def without_identity(self) -> int:
        """How many rows lack a tax code."""
        return sum(not row.has_identity for row in self.rows)


def get_tax_list(year: int, month: int) -> TaxList:
    """Everybody with sales or refunds in that month that tax is withheld from, by name.

    The rates of the sale decide, not what the producer is now: who was a cooperative then has no such sales.
    """
    begin, end = clock.local_month(year, month)
    sums = [
        func.sum(case((Earning.refund_id.is_(None) == is_sale, getattr(Earning, name)), else_=0))
        for is_sale in (True, False)
        for name in _COLUMNS
    ]
    statement = (
        select(Producer, *sums)
        .join(SubOrder, SubOrder.producer_id == Producer.id)
        .join(Earning, Earning.sub_order_id == SubOrder.id)
        .where(Earning.occurred_at >= begin, Earning.occurred_at < end)
        .where(_is_withheld_from())
        .group_by(Producer.id)
        .order_by(Producer.name_fold, Producer.id)
    )
    rows = [TaxRow(row[0], *(Dong(int(amount)) for amount in row[1:])) for row in db.session.execute(statement)]
    return TaxList(
        year,
        month,
        begin,
        end,
        rows,
        booked_vat=_booked("tax:vat", begin, end),
        booked_pit=_booked("tax:pit", begin, end),
    )


def _is_withheld_from() -> ColumnElement[bool]:
    """SQL clause about an ``Earning``: a rate of tax held for a part of it when its payment settled."""
    first = aliased(Earning)
    statement = (
        select(EarningPart.id)
        .join(first, first.id == EarningPart.earning_id)
        .where(first.payment_id == Earning.payment_id, first.sub_order_id == Earning.sub_order_id)
        .where(or_(EarningPart.vat_basis_points > 0, EarningPart.pit_basis_points > 0))
    )
    return statement.correlate(Earning).exists()


def _booked(code: str, begin: datetime, end: datetime) -> Dong:
    return Dong(ledger.balance(code, before=begin) - ledger.balance(code, before=end))
