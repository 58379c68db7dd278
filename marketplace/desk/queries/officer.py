"""What waits for officers: products to approve, and the reports of their areas."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select

from marketplace.catalogue.models import ProductEvent
from marketplace.catalogue.queries import list_waiting
from marketplace.core.db import db
from marketplace.core.paging import NumberedPage
from marketplace.desk.queries.goods import Pending
from marketplace.desk.queries.reach import Reach, page_of
from marketplace.places.models import AdminUnit
from marketplace.programme.areas import Area
from marketplace.programme.figures import FigureKey
from marketplace.programme.queries import DeclaredFigures
from marketplace.reporting.periods import Period, this_month


@dataclass(frozen=True)
class ReportOfMonth:
    """The report of an area for a month, and the numbers that an officer still has to declare for it."""

    unit: AdminUnit
    period: Period
    missing: tuple[FigureKey, ...]


def products_to_approve(province_ids: Collection[int] | None, number: int, size: int) -> NumberedPage[Pending]:
    """Products and changes of these provinces (everywhere when None) that wait for a decision, oldest first."""
    found = list_waiting(province_ids, page=number, size=size)
    ids = [waiting.product.id for waiting in found.items]
    latest = select(ProductEvent.product_id, func.max(ProductEvent.id).label("id")).where(
        ProductEvent.product_id.in_(ids)
    )
    last = latest.group_by(ProductEvent.product_id).subquery()
    moments = select(ProductEvent.product_id, ProductEvent.at).join(last, ProductEvent.id == last.c.id)
    since = {row.product_id: row.at for row in db.session.execute(moments)}
    rows = []
    for row in found.items:
        moment = row.edit.submitted_at if row.edit else since.get(row.product.id)
        rows.append(Pending(row.product, moment, note="", is_change=row.edit is not None))
    return NumberedPage(rows, found.number, found.size, found.total)


def reports_of_areas(reach: Reach, number: int, size: int) -> NumberedPage[ReportOfMonth]:
    """The reports of the last full month and of the running one, for each unit of the person's grants."""
    chosen = select(AdminUnit).where(AdminUnit.id.in_(reach.unit_ids)).order_by(AdminUnit.name_fold, AdminUnit.id)
    return page_of(chosen, number, size, make=_with_gaps)


def _with_gaps(units: list[AdminUnit]) -> list[ReportOfMonth]:
    months = (this_month().earlier(1), this_month())
    return [
        ReportOfMonth(unit, month, tuple(key for key in FigureKey if declared.total(key, month.day).value is None))
        for unit in units
        for declared in [DeclaredFigures(Area(unit))]
        for month in months
    ]
