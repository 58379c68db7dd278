"""Reading the stocked goods of a producer's stall, and the lines of sales."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from marketplace.catalogue.models import Pack, Product
from marketplace.core.db import db
from marketplace.producers.models import Producer
from marketplace.stalls.models import Sale, SaleLine, SaleState, StallProducer
from marketplace.storefront.sellable import Offer, offer_for


def producer_of(stall_id: int) -> int | None:
    """The producer whose goods the stall sells from the store, or None."""
    return db.session.scalar(select(StallProducer.producer_id).where(StallProducer.stall_id == stall_id))


def find_producer_of(stall_id: int) -> Producer | None:
    """The producer whose goods the stall sells from the store, with name and address; or None."""
    statement = select(Producer).join(StallProducer, StallProducer.producer_id == Producer.id)
    return db.session.scalars(statement.where(StallProducer.stall_id == stall_id)).one_or_none()


def goods_of(stall_id: int) -> list[Offer]:
    """What the stall may sell now from its producer's store, by product and size."""
    producer_id = producer_of(stall_id)
    if producer_id is None:
        return []
    packs = select(Pack.id).join(Product, Product.id == Pack.product_id).where(Product.producer_id == producer_id)
    offers = offer_for(list(db.session.scalars(packs)))
    return sorted(offers.values(), key=lambda offer: (offer.product.name_fold, offer.unit_price, offer.pack.id))


def lines_of(sale_id: int) -> list[SaleLine]:
    """The lines of a sale with pack and product, in order of pack."""
    statement = select(SaleLine).options(joinedload(SaleLine.pack), joinedload(SaleLine.product))
    return list(db.session.scalars(statement.where(SaleLine.sale_id == sale_id).order_by(SaleLine.pack_id)))


def waiting_sales_of_lines(line_ids: Collection[int]) -> Sequence[Sale]:
    """The sales of these lines whose money is still awaited, by id."""
    statement = select(Sale).join(SaleLine, SaleLine.sale_id == Sale.id).distinct()
    where = (SaleLine.id.in_(line_ids), Sale.state == SaleState.AWAITING)
    return db.session.scalars(statement.where(*where).order_by(Sale.id)).all()
