"""One product as its page shows it: what it is, who made it, what can be bought now and why not, how it is traced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.catalogue.models import Pack, Photo, Product, ProductState
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import available, lot_has_free_packs, lot_may_be_sold
from marketplace.ocop.models import Certificate
from marketplace.ocop.queries import valid_certificate
from marketplace.places.models import AdminUnit
from marketplace.producers.models import ProducerState
from marketplace.storefront.sellable import Reason, reasons_against
from marketplace.trace.queries import CheckedLink, links_of

#: States in which a product has been approved once and its page may be read, on sale or not.
_READABLE = (ProductState.APPROVED, ProductState.PAUSED)


@dataclass(frozen=True)
class ProductPage:
    """``packs`` with free packs each (0: sold out); ``reasons`` empty means that it can be bought."""

    product: Product
    certificate: Certificate | None
    origin: AdminUnit
    packs: Sequence[tuple[Pack, int]]
    lots: Sequence[Lot]
    links: Sequence[CheckedLink]
    reasons: Sequence[Reason]

    @property
    def can_be_bought(self) -> bool:
        """Whether the page has a button."""
        return not self.reasons


def get_product_page(product_id: int, moment: datetime | None = None) -> ProductPage:
    """All that the page of a product says. Raises ``NotFound`` for one that was never approved (P04).

    A verified producer's product that is not for sale just now is shown with the reasons instead of a button.
    """
    moment = moment or clock.now()
    product = db.session.scalars(
        select(Product)
        .where(Product.id == product_id, Product.state.in_(_READABLE))
        .options(
            joinedload(Product.producer),
            joinedload(Product.ocop_product),
            selectinload(Product.packs),
            selectinload(Product.photos).joinedload(Photo.file),
        )
    ).one_or_none()
    if product is None or product.producer.state not in (ProducerState.VERIFIED, ProducerState.SUSPENDED):
        raise NotFound("product_not_found")
    offered = [pack for pack in product.packs if pack.is_offered]
    free = available([pack.id for pack in offered], moment=moment)
    return ProductPage(
        product=product,
        certificate=valid_certificate(product.ocop_product_id, clock.local_day_of(moment)),
        origin=db.session.get_one(
            AdminUnit, product.origin_commune_id, options=[joinedload(AdminUnit.parent)], populate_existing=True
        ),
        packs=[(pack, free[pack.id]) for pack in offered],
        lots=_lots_on_sale(product_id, moment),
        links=links_of(product_id),
        reasons=reasons_against(product_id, moment=moment),
    )


def _lots_on_sale(product_id: int, moment: datetime) -> Sequence[Lot]:
    """The lots from which a buyer would get the goods, first expired first."""
    return db.session.scalars(
        select(Lot)
        .where(Lot.product_id == product_id, lot_may_be_sold(moment), lot_has_free_packs(moment))
        .order_by(Lot.expires_on.is_(None), Lot.expires_on, Lot.id)
        .options(joinedload(Lot.pack))
    ).all()
