"""What waits for the members of a producer: products, lots, money, the verification itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from marketplace.catalogue.models import EditState, Product, ProductEvent, ProductState, StagedEdit
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.core.paging import NumberedPage
from marketplace.desk.queries.goods import Pending
from marketplace.desk.queries.reach import Reach, page_of
from marketplace.inventory.models import Lot, LotState
from marketplace.ledger.queries import balances
from marketplace.producers.models import Producer, ProducerEvent, ProducerState

#: How early a producer is told that a lot runs out.
LOT_ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True)
class Unverified:
    """An own producer that may not trade, since when (UTC) and why, in the operator's words."""

    producer: Producer
    since: datetime
    reason: str


@dataclass(frozen=True)
class Owed:
    """What the platform owes a producer, in dong; negative after refunds that outweigh sales."""

    producer: Producer
    amount: Dong


def products_to_correct(reach: Reach, number: int, size: int) -> NumberedPage[Pending]:
    """Products and changes that an approver sent back, the one that stands longest first."""
    return _pending(reach, ProductState.CHANGES_WANTED, EditState.CHANGES_WANTED, number, size)


def products_in_approval(reach: Reach, number: int, size: int) -> NumberedPage[Pending]:
    """Products and changes that wait for an approver, the one that waits longest first."""
    return _pending(reach, ProductState.SUBMITTED, EditState.SUBMITTED, number, size)


def _pending(reach: Reach, state: ProductState, edit_state: EditState, number: int, size: int) -> NumberedPage[Pending]:
    latest = select(func.max(ProductEvent.id)).where(ProductEvent.product_id == Product.id).correlate(Product)
    chosen = (
        select(Product, StagedEdit)
        .join(Product.producer)
        .outerjoin(StagedEdit, and_(StagedEdit.product_id == Product.id, StagedEdit.state == edit_state))
        .options(contains_eager(Product.producer))
        .where(
            Product.producer_id.in_(reach.producer_ids),
            Product.state != ProductState.ARCHIVED,
            or_(Product.state == state, StagedEdit.id.is_not(None)),
        )
        .order_by(latest.scalar_subquery(), Product.id)
    )
    return page_of(chosen, number, size, make=_with_last_event, entity=False)


def _with_last_event(rows: list[tuple[Product, StagedEdit | None]]) -> list[Pending]:
    ids = [product.id for product, _edit in rows]
    oldest_first = select(ProductEvent).where(ProductEvent.product_id.in_(ids)).order_by(ProductEvent.id)
    noted = (ProductState.CHANGES_WANTED, ProductState.SUBMITTED)
    last = {event.product_id: event for event in db.session.scalars(oldest_first) if event.to_state in noted}
    found = []
    for product, edit in rows:
        if edit is not None:
            note = edit.note if edit.state == EditState.CHANGES_WANTED else ""
            found.append(Pending(product, edit.decided_at or edit.submitted_at, note, is_change=True))
        else:
            event = last.get(product.id)
            note = event.note if event and product.state == ProductState.CHANGES_WANTED else ""
            found.append(Pending(product, event.at if event else None, note, is_change=False))
    return found


def lots_to_see(reach: Reach, number: int, size: int) -> NumberedPage[Lot]:
    """Lots with packs in store that run out within 30 days, ran out, are held back or recalled; first to end first."""
    soon = clock.today() + LOT_ENDS_SOON
    chosen: Select[Lot] = (
        select(Lot)
        .join(Lot.product)
        .options(contains_eager(Lot.product), joinedload(Lot.pack))
        .where(
            Product.producer_id.in_(reach.producer_ids),
            Lot.on_hand > 0,
            or_(Lot.state != LotState.OPEN, Lot.expires_on <= soon),
        )
        .order_by(Lot.expires_on.is_(None), Lot.expires_on, Lot.id)
    )
    return page_of(chosen, number, size, make=list)


def unverified_producers(reach: Reach, number: int, size: int) -> NumberedPage[Unverified]:
    """Own producers that are not verified now, with the operator's last words; oldest registration first."""
    chosen = (
        select(Producer)
        .where(Producer.id.in_(reach.producer_ids), Producer.state != ProducerState.VERIFIED)
        .order_by(Producer.registered_at, Producer.id)
    )
    return page_of(chosen, number, size, make=_with_reason)


def _with_reason(rows: list[Producer]) -> list[Unverified]:
    ids = [producer.id for producer in rows]
    oldest_first = select(ProducerEvent).where(ProducerEvent.producer_id.in_(ids)).order_by(ProducerEvent.id)
    last = {event.producer_id: event for event in db.session.scalars(oldest_first)}
    found = []
    for producer in rows:
        event = last.get(producer.id)
        since, reason = (event.at, event.reason) if event else (producer.registered_at, "")
        found.append(Unverified(producer, since, reason))
    return found


def owed_to_producers(reach: Reach, number: int, size: int) -> NumberedPage[Owed]:
    """What the ledger says that each own producer is to receive, by name."""
    chosen = select(Producer).where(Producer.id.in_(reach.producer_ids)).order_by(Producer.name_fold, Producer.id)

    def owed(rows: list[Producer]) -> list[Owed]:
        codes = {producer.id: f"producer:{producer.id}:payable" for producer in rows}
        found = balances(codes.values())
        return [Owed(producer, Dong(-found[codes[producer.id]])) for producer in rows]

    return page_of(chosen, number, size, make=owed)
