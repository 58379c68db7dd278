"""Stocked goods at a producer's stall: the same shelf, prices and refusals as in the shop, moved by inventory alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from marketplace.audit.services import record
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.inventory import services as inventory
from marketplace.inventory.services import Claim
from marketplace.producers.models import Producer
from marketplace.stalls import queries
from marketplace.stalls.models import Sale, SaleLine, Stall, StallProducer
from marketplace.storefront.sellable import Offer, offer_for

#: Who holds, buys and gives back packs in the store's books.
SALE_LINE = "stall_sale_line"


@dataclass(frozen=True)
class Wanted:
    """So many of a pack."""

    pack_id: int
    quantity: int


def link_producer(stall: Stall, producer: Producer | None, *, actor_id: int) -> None:
    """Let the stall sell this producer's goods from the producer's store; None: no stocked goods any more."""
    known = db.session.scalars(select(StallProducer).where(StallProducer.stall_id == stall.id)).one_or_none()
    if known is not None:
        db.session.delete(known)
        db.session.flush()
    if producer is not None:
        made = {"stall_id": stall.id, "producer_id": producer.id}
        db.session.add(StallProducer(**made, linked_by=actor_id, linked_at=clock.now()))
        db.session.flush()
    record(
        "stall.producer_linked",
        object_type="stall",
        object_id=stall.id,
        actor_id=actor_id,
        producer_id=producer.id if producer else None,
    )


def check_goods(stall_id: int, wanted: Sequence[Wanted], amount: Dong) -> dict[int, Offer]:
    """The offers of the wanted packs, by pack id, when the stall may sell them now for ``amount`` dong in all.

    Whether a pack may be sold says ``storefront.sellable``, as for every buyer of the shop. Raises ``Conflict``
    (``pack_not_sold_here``: not for sale, or another producer's), ``Invalid`` (``sale_total_differs`` with ``total``;
    ``pack_named_twice``).
    """
    if len({line.pack_id for line in wanted}) < len(wanted):
        raise Invalid("pack_named_twice", field="lines")
    producer_id = queries.producer_of(stall_id)
    offers = offer_for([line.pack_id for line in wanted])
    for line in wanted:
        offer = offers.get(line.pack_id)
        if offer is None or offer.producer.id != producer_id:
            raise Conflict("pack_not_sold_here", pack_id=line.pack_id)
    total = sum(offers[line.pack_id].unit_price * line.quantity for line in wanted)
    if total != amount:
        raise Invalid("sale_total_differs", field="amount", total=total)
    return offers


def promise(sale: Sale, wanted: Sequence[Wanted], offers: dict[int, Offer]) -> None:
    """Write the lines of a sale and promise their packs to it, all or none. Raises ``Conflict`` (``stock_short``)."""
    lines = [
        SaleLine(
            sale_id=sale.id,
            pack_id=line.pack_id,
            product_id=offers[line.pack_id].product.id,
            quantity=line.quantity,
            unit_price=offers[line.pack_id].unit_price,
            line_total=Dong(offers[line.pack_id].unit_price * line.quantity),
        )
        for line in sorted(wanted, key=lambda line: line.pack_id)
    ]
    db.session.add_all(lines)
    db.session.flush()
    claims = [Claim(line.pack_id, line.quantity, SALE_LINE, str(line.id)) for line in lines]
    if claims:
        inventory.reserve_all(claims, expires_at=None)


def hand_over(sale_id: int, *, actor_id: int | None) -> None:
    """The sale is paid: its packs leave the store, once."""
    for line in queries.lines_of(sale_id):
        inventory.consume(SALE_LINE, str(line.id), actor_id=actor_id)


def take_back(sale_id: int, *, was_paid: bool) -> None:
    """The sale is given up: packs of a paid one come back into their lots, those of a waiting one are free again."""
    for line in queries.lines_of(sale_id):
        if was_paid:
            fact = {"fact_type": SALE_LINE, "fact_id": str(line.id)}
            inventory.return_to_stock(SALE_LINE, str(line.id), line.quantity, **fact, actor_id=None)
        else:
            inventory.release(SALE_LINE, str(line.id))
