"""Reading stock: what is free, which lots there are, who holds them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.orm import joinedload

from marketplace.catalogue.models import Product
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.inventory.models import Lot, LotEvent, LotState, Reservation, ReservationState, StockMove

# -- conditions, shared with the shop ------------------------------------------------------------------------------


def lot_may_be_sold(moment: datetime) -> ColumnElement[bool]:
    """The lot is open and, on the Vietnamese day of ``moment``, before its expiry day."""
    today = clock.local_day_of(moment)
    return and_(Lot.state == LotState.OPEN, or_(Lot.expires_on.is_(None), Lot.expires_on > today))


def hold_has_lapsed(moment: datetime) -> ColumnElement[bool]:
    """The promise is past its deadline: nobody has to run a job before the goods count as free (P12)."""
    return and_(Reservation.state == ReservationState.HELD, Reservation.expires_at <= moment)


def lot_has_free_packs(moment: datetime) -> ColumnElement[bool]:
    """At least one pack of the lot is neither sold nor promised; lapsed promises do not count."""
    lapsed = select(Reservation.id).where(Reservation.lot_id == Lot.id, hold_has_lapsed(moment))
    return or_(Lot.on_hand > Lot.reserved, lapsed.exists())


def free_packs(moment: datetime) -> ColumnElement[int]:
    """How many packs of the lot are neither sold nor promised; lapsed promises do not count."""
    lapsed = (
        select(func.coalesce(func.sum(Reservation.quantity), 0))
        .where(Reservation.lot_id == Lot.id, hold_has_lapsed(moment))
        .correlate(Lot)
        .scalar_subquery()
    )
    return Lot.on_hand - Lot.reserved + lapsed


def shelf_order() -> tuple[SQLColumnExpression[Any], ...]:
    """First expired, first out; lots without a shelf life last. Also the order in which lots are locked."""
    return (Lot.pack_id, Lot.expires_on.is_(None), Lot.expires_on, Lot.id)


# -- answers -------------------------------------------------------------------------------------------------------


def available(pack_ids: Collection[int], *, moment: datetime | None = None) -> dict[int, int]:
    """Packs that can be promised now, per pack id; 0 for those without any."""
    moment = moment or clock.now()
    found = dict.fromkeys(pack_ids, 0)
    rows = db.session.execute(
        select(Lot.pack_id, func.sum(free_packs(moment)))
        .where(Lot.pack_id.in_(list(found)), lot_may_be_sold(moment))
        .group_by(Lot.pack_id)
    )
    found.update((pack_id, int(free)) for pack_id, free in rows)
    return found


def get_lot(lot_id: int, *, producer_ids: Collection[int] | None = None) -> Lot:
    """The lot, with product and pack. Raises ``NotFound`` (``lot_not_found``), also for another producer's lot."""
    statement = select(Lot).where(Lot.id == lot_id).options(joinedload(Lot.product), joinedload(Lot.pack))
    if producer_ids is not None:
        statement = statement.join(Lot.product).where(Product.producer_id.in_(producer_ids))
    lot = db.session.scalars(statement).one_or_none()
    if lot is None:
        raise NotFound("lot_not_found")
    return lot


def list_lots(producer_ids: Collection[int], *, product_id: int | None = None) -> Sequence[Lot]:
    """Lots of these producers, by product, newest first, with product and pack."""
    statement = (
        select(Lot)
        .join(Lot.product)
        .where(Product.producer_id.in_(producer_ids))
        .options(joinedload(Lot.product), joinedload(Lot.pack))
        .order_by(Product.name_fold, Lot.made_on.desc(), Lot.id.desc())
    )
    if product_id is not None:
        statement = statement.where(Lot.product_id == product_id)
    return db.session.scalars(statement).all()


def list_moves(lot_id: int) -> Sequence[StockMove]:
    """What came in and went out of the lot, newest first."""
    return db.session.scalars(select(StockMove).where(StockMove.lot_id == lot_id).order_by(StockMove.id.desc())).all()


def list_events(lot_id: int) -> Sequence[LotEvent]:
    """The changes of the lot's state, oldest first."""
    return db.session.scalars(select(LotEvent).where(LotEvent.lot_id == lot_id).order_by(LotEvent.id)).all()


def reservations_of(ref_type: str, ref_id: str) -> Sequence[Reservation]:
    """All promises, past and present, made to ``ref`` (an order line), by lot."""
    return db.session.scalars(
        select(Reservation)
        .where(Reservation.ref_type == ref_type, Reservation.ref_id == ref_id)
        .order_by(Reservation.lot_id)
    ).all()


def list_holders(lot_id: int) -> Sequence[Reservation]:
    """Who holds or bought packs of this lot: the recall list (P17). Released promises are left out."""
    return db.session.scalars(
        select(Reservation)
        .where(Reservation.lot_id == lot_id, Reservation.state != ReservationState.RELEASED)
        .order_by(Reservation.id)
    ).all()
