"""Who has goods of a recalled lot: buyers of the shop with their parcels, and sales at stalls (P17)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from marketplace.checkout.goods import REF_TYPE
from marketplace.core.db import db
from marketplace.inventory import queries as stock
from marketplace.inventory.models import Lot, Reservation
from marketplace.orders.models import OrderLine, SubOrder


@dataclass(frozen=True)
class RecalledSale:
    """So many packs of the lot that somebody holds or bought. ``line`` is None for a sale at a stall."""

    promise: Reservation
    line: OrderLine | None

    @property
    def packs(self) -> int:
        """Packs that have not come back."""
        return self.promise.quantity - self.promise.returned


def list_recalled_sales(lot: Lot) -> Sequence[RecalledSale]:
    """Every sale and open promise of the lot's goods, oldest first; what came back whole is left out."""
    promises = stock.list_holders(lot.id)
    wanted = [int(promise.ref_id) for promise in promises if promise.ref_type == REF_TYPE]
    lines = db.session.scalars(
        select(OrderLine)
        .join(OrderLine.sub_order)
        .join(SubOrder.order)
        .where(OrderLine.id.in_(wanted))
        .options(contains_eager(OrderLine.sub_order).contains_eager(SubOrder.order))
    )
    by_reference = {str(line.id): line for line in lines}
    sales = [
        RecalledSale(promise, by_reference.get(promise.ref_id) if promise.ref_type == REF_TYPE else None)
        for promise in promises
    ]
    return [sale for sale in sales if sale.packs]
