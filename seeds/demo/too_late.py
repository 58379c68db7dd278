"""An order that ran out of time and whose goods somebody else bought: its code is still to be paid by hand (case 9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from marketplace.catalogue.models import Pack, Product
from marketplace.core.db import db
from marketplace.inventory.queries import available
from marketplace.ocop.models import OcopProduct
from marketplace.orders.models import PaymentMethod
from marketplace.storefront.sellable import sellable_clause
from seeds.demo.trade import Trade


@dataclass
class TooLate:
    """The buyer's order takes the whole of one pack and is not paid; two hours later a stranger buys all of it."""

    trade: Trade

    def fill(self) -> None:
        """Both orders, a day before the end."""
        moment = self.trade.line.end - timedelta(hours=24)
        self.trade.line.at(moment, partial(self._run_out, moment))

    def _run_out(self, moment: datetime) -> None:
        pack_id = self._cheapest_to_empty(moment)
        buyer, way = self.trade.buyer_id, self.trade.expire
        chosen = {pack_id: available([pack_id])[pack_id]}
        self.trade.place(chosen, moment, PaymentMethod.VIETQR, key="too-late", buyer_id=buyer, way=way)
        later = moment + timedelta(hours=2)
        self.trade.line.at(later, partial(self._sell_out, pack_id, later))

    def _sell_out(self, pack_id: int, moment: datetime) -> None:
        chosen = {pack_id: available([pack_id])[pack_id]}
        self.trade.place(chosen, moment, PaymentMethod.VIETQR, key="in-time", buyer_id=None)

    def _cheapest_to_empty(self, moment: datetime) -> int:
        """The pack whose whole stock costs least, but none of the producers who have a log-in: their goods stay."""
        sold = (
            select(Pack)
            .join(Pack.product)
            .join(Product.ocop_product)
            .where(sellable_clause(moment), Pack.is_offered, ~OcopProduct.is_alcohol)
            .where(Product.producer_id.not_in(self.trade.favourites))
        )
        packs = db.session.scalars(sold.order_by(Pack.id)).all()
        left = available([pack.id for pack in packs])
        stocked = [pack for pack in packs if left[pack.id]]
        return min(stocked, key=lambda pack: (pack.price * left[pack.id], pack.id)).id
