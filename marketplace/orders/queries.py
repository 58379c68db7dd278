"""Reading orders: the buyer's own, the one behind a guest's link, a producer's parcels. A stranger's is not there."""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.fields import parse_phone
from marketplace.core.paging import DEFAULT_LIMIT, NumberedPage, Page
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import Order, OrderEvent, OrderLine, OrderState, SubOrder, SubOrderState, hash_secret
from marketplace.orders.states import ADDRESS_NEEDED, BEFORE_SHIPPING
from marketplace.places.models import AdminUnit


@dataclass(frozen=True)
class Recipient:
    """Name, phone (E.164) and address of an open parcel."""

    name: str
    phone: str
    address: str
    note: str


def find_by_key(idempotency_key: str) -> Order | None:
    """The order that was placed under a one-time key, or None."""
    return db.session.scalars(_whole().where(Order.idempotency_key == idempotency_key)).one_or_none()


def get_order(order_id: int) -> Order:
    """The order with that id, with its parcels and lines. Raises ``OrderNotFound``."""
    order = db.session.scalars(_whole().where(Order.id == order_id)).one_or_none()
    if order is None:
        raise OrderNotFound
    return order


def list_orders_of_lines(line_ids: Collection[int]) -> Sequence[int]:
    """Ids of the orders that these lines belong to, each once, oldest first."""
    chosen = select(SubOrder.order_id).join(SubOrder.lines).where(OrderLine.id.in_(line_ids)).distinct()
    return db.session.scalars(chosen.order_by(SubOrder.order_id)).all()


def get_order_for(number: str, *, user_id: int | None, secret: str = "") -> Order:
    """The order ``number`` when it belongs to that person or ``secret`` is the one of its link.

    Raises ``OrderNotFound`` for a stranger's order exactly as for a missing one.
    """
    order = db.session.scalars(_whole().where(Order.number == number)).one_or_none()
    if order is not None:
        is_own = user_id is not None and order.user_id == user_id
        if is_own or hmac.compare_digest(order.secret_hash, hash_secret(secret)):
            return order
    raise OrderNotFound


def list_orders_of(user_id: int, *, number: int = 1, size: int = DEFAULT_LIMIT) -> NumberedPage[Order]:
    """A buyer's orders, newest first."""
    where = Order.user_id == user_id
    total = db.session.scalar(select(func.count()).select_from(Order).where(where)) or 0
    rows = _whole().where(where).order_by(Order.id.desc()).limit(size).offset((number - 1) * size)
    return NumberedPage(db.session.scalars(rows).all(), number, size, total)


def page_of_buyer(user_id: int, *, before: int | None = None, limit: int = DEFAULT_LIMIT) -> Page[Order]:
    """A buyer's orders for programs, newest first; the cursor is the id of the last one of the page before."""
    statement = _whole().where(Order.user_id == user_id).order_by(Order.id.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(Order.id < before)
    rows = db.session.scalars(statement).all()
    return Page(rows[:limit], next=str(rows[limit - 1].id) if len(rows) > limit else None)


def latest_delivery_of(user_id: int) -> Order | None:
    """The order whose address a buyer used last, to fill in the next form; None for a first order."""
    return db.session.scalars(select(Order).where(Order.user_id == user_id).order_by(Order.id.desc()).limit(1)).first()


def list_sub_orders(
    producer_ids: Collection[int],
    *,
    states: Collection[SubOrderState] = (),
    search: str = "",
    number: int = 1,
    size: int = DEFAULT_LIMIT,
) -> NumberedPage[SubOrder]:
    """The parcels of those producers, oldest first; all states when none is named.

    ``search`` is a part of an order's number, or the phone number of a recipient whose parcel is still open.
    """
    where: list[ColumnElement[bool]] = [SubOrder.producer_id.in_(producer_ids)]
    if states:
        where.append(SubOrder.state.in_(states))
    if search:
        where.append(_matches(search))
    total = db.session.scalar(select(func.count(SubOrder.id)).join(SubOrder.order).where(*where)) or 0
    rows = _parcels().join(SubOrder.order).where(*where).order_by(SubOrder.id)
    return NumberedPage(db.session.scalars(rows.limit(size).offset((number - 1) * size)).all(), number, size, total)


def count_sub_orders(producer_ids: Collection[int], state: SubOrderState) -> int:
    """How many parcels of those producers stand in ``state``."""
    where = (SubOrder.producer_id.in_(producer_ids), SubOrder.state == state)
    return db.session.scalar(select(func.count(SubOrder.id)).where(*where)) or 0


def get_sub_order(sub_order_id: int, producer_ids: Collection[int]) -> SubOrder:
    """A parcel of one of those producers. Raises ``OrderNotFound`` for a neighbour's as for a missing one (P06)."""
    where = (SubOrder.id == sub_order_id, SubOrder.producer_id.in_(producer_ids))
    sub_order = db.session.scalars(_parcels().where(*where)).one_or_none()
    if sub_order is None:
        raise OrderNotFound
    return sub_order


def get_any_sub_order(sub_order_id: int) -> SubOrder:
    """A parcel of any producer, for the operator. Raises ``OrderNotFound``."""
    sub_order = db.session.scalars(_parcels().where(SubOrder.id == sub_order_id)).one_or_none()
    if sub_order is None:
        raise OrderNotFound
    return sub_order


def recipient_of(sub_order: SubOrder) -> Recipient | None:
    """To whom a parcel goes, while it has to be packed or is on its way; None before and after."""
    if sub_order.state not in ADDRESS_NEEDED:
        return None
    order = sub_order.order
    return Recipient(order.contact_name, order.contact_phone, address_of(order), order.note)


def address_of(order: Order) -> str:
    """Where an order goes, in one line: what was typed, then commune and province."""
    commune = db.session.get_one(AdminUnit, order.commune_id)
    return f"{order.address_line}, {commune.address}"


def list_events(order: Order) -> Sequence[OrderEvent]:
    """What happened to an order and its parcels, oldest first."""
    return db.session.scalars(select(OrderEvent).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id)).all()


def note_of(sub_order: SubOrder, state: SubOrderState) -> str:
    """The note of the step that led a parcel to where it is, when that is ``state``; else an empty string."""
    if sub_order.state is not state:
        return ""
    newest = select(OrderEvent.note).where(OrderEvent.sub_order_id == sub_order.id).order_by(OrderEvent.id.desc())
    return db.session.scalars(newest.limit(1)).first() or ""


def list_overdue(moment: datetime, *, limit: int = 100) -> Sequence[int]:
    """Ids of orders whose payment was awaited until ``moment`` or earlier (UTC)."""
    where = (Order.state == OrderState.AWAITING_PAYMENT, Order.hold_until <= moment)
    return db.session.scalars(select(Order.id).where(*where).order_by(Order.id).limit(limit)).all()


def is_overdue(order: Order, moment: datetime) -> bool:
    """Whether an unpaid order has passed its deadline, though the job may not have closed it yet (P12)."""
    return order.state is OrderState.AWAITING_PAYMENT and order.hold_until is not None and order.hold_until <= moment


def can_be_cancelled(order: Order) -> bool:
    """Whether the buyer may still cancel: nothing was shipped and the order is open."""
    is_open = order.state in (OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED, OrderState.PAID)
    parts = [part for part in order.sub_orders if part.state is not SubOrderState.CANCELLED]
    return is_open and all(part.state in BEFORE_SHIPPING for part in parts)


def _whole() -> Select[Order]:
    parts = selectinload(Order.sub_orders)
    return select(Order).options(parts.selectinload(SubOrder.lines), parts.joinedload(SubOrder.producer))


def _parcels() -> Select[SubOrder]:
    return select(SubOrder).options(
        joinedload(SubOrder.order), joinedload(SubOrder.producer), selectinload(SubOrder.lines)
    )


def _matches(search: str) -> ColumnElement[bool]:
    by_number = Order.number.contains(search.strip().upper(), autoescape=True)
    try:
        phone = parse_phone(search)
    except Invalid:
        return by_number
    return or_(by_number, and_(Order.contact_phone == phone, SubOrder.state.in_(ADDRESS_NEEDED)))
