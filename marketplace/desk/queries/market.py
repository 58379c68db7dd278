"""What traders and market managers open every day."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.core.paging import NumberedPage
from marketplace.desk.queries.reach import Reach, page_of
from marketplace.places.models import AdminUnit
from marketplace.stalls.models import Market, Sale, SaleState, Stall


@dataclass(frozen=True)
class StallToday:
    """An own stall with the number and sum (dong) of what was paid today on Vietnam's calendar."""

    stall: Stall
    count: int
    amount: Dong


def own_stalls(reach: Reach, number: int, size: int) -> NumberedPage[StallToday]:
    """The trader's own stalls, in order of id."""
    chosen = select(Stall).where(Stall.id.in_(reach.stall_ids)).options(joinedload(Stall.market)).order_by(Stall.id)
    return page_of(chosen, number, size, make=_with_sales)


def _with_sales(stalls: list[Stall]) -> list[StallToday]:
    start, end = clock.local_day(clock.today())
    paid = (
        select(Sale.stall_id, func.count(), func.sum(Sale.amount))
        .where(
            Sale.stall_id.in_([stall.id for stall in stalls]),
            Sale.state == SaleState.PAID,
            Sale.paid_at >= start,
            Sale.paid_at < end,
        )
        .group_by(Sale.stall_id)
    )
    found = {stall_id: (count, Dong(int(amount))) for stall_id, count, amount in db.session.execute(paid)}
    return [StallToday(stall, *found.get(stall.id, (0, Dong(0)))) for stall in stalls]


def managed_markets(reach: Reach, number: int, size: int) -> NumberedPage[Market]:
    """The markets that the person manages, by name."""
    commune = joinedload(Market.commune).joinedload(AdminUnit.parent)
    chosen = select(Market).where(Market.id.in_(reach.market_ids)).options(commune).order_by(Market.name, Market.id)
    return page_of(chosen, number, size, make=list)
