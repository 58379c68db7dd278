"""The verbs of orders: write one down as the buyer saw it, and move it along the allowed edges."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.money import Dong
from marketplace.orders.errors import OrderMoved
from marketplace.orders.models import (
    Order,
    OrderEvent,
    OrderLine,
    OrderState,
    PaymentMethod,
    SubOrder,
    SubOrderState,
    hash_secret,
)
from marketplace.orders.states import ORDER_EDGES, SUB_ORDER_EDGES
from marketplace.storefront.sellable import Offer

#: Letters and digits that nobody mixes up when reading a number aloud.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Delivery:
    """Who receives the goods and where; the phone in E.164; an address for letters only when one was given."""

    contact_name: str
    contact_phone: str
    commune_id: int
    address_line: str
    note: str = ""
    contact_email: str = ""


@dataclass(frozen=True)
class Wanted:
    """So many of one offer, at the offer's price of this moment."""

    offer: Offer
    quantity: int

    @property
    def total(self) -> Dong:
        """Dong for the whole line."""
        return Dong(self.offer.unit_price * self.quantity)


@dataclass(frozen=True)
class Asked:
    """How an order was asked for: by whom, under which one-time key, with which content and way to pay."""

    idempotency_key: str
    request_hash: str
    secret: str
    payment_method: PaymentMethod
    user_id: int | None
    locale: str = "vi"


def place(asked: Asked, delivery: Delivery, wanted: Sequence[Wanted], *, hold_until: datetime | None) -> Order:
    """Write an order with one sub-order per producer, freezing names, prices, stars and decisions (I07, I09).

    ``wanted`` must not be empty. Cash on delivery (``hold_until`` None) is confirmed at once and can be packed;
    otherwise payment is awaited until ``hold_until`` (UTC). Flushes; stock and payment are the caller's.
    """
    by_producer: dict[int, list[Wanted]] = {}
    for line in wanted:
        by_producer.setdefault(line.offer.producer.id, []).append(line)
    sub_orders = [_sub_order(lines, is_waiting=hold_until is not None) for lines in by_producer.values()]
    goods = Dong(sum(part.goods_total for part in sub_orders))
    fees = Dong(sum(part.delivery_fee for part in sub_orders))
    order = Order(
        number=_new_number(),
        secret_hash=hash_secret(asked.secret),
        idempotency_key=asked.idempotency_key,
        request_hash=asked.request_hash,
        user_id=asked.user_id,
        contact_name=delivery.contact_name,
        contact_phone=delivery.contact_phone,
        contact_email=delivery.contact_email or None,
        commune_id=delivery.commune_id,
        address_line=delivery.address_line,
        note=delivery.note,
        payment_method=asked.payment_method,
        state=OrderState.AWAITING_PAYMENT if hold_until else OrderState.CONFIRMED,
        goods_total=goods,
        delivery_total=fees,
        total=Dong(goods + fees),
        hold_until=hold_until,
        locale=asked.locale,
        placed_at=clock.now(),
        sub_orders=sub_orders,
    )
    db.session.add(order)
    db.session.flush()
    _note_first_steps(order)
    return order


def lock_order(order_id: int) -> Order:
    """The order with its parcels, read afresh under its row's lock (held until the transaction ends)."""
    fresh = {"populate_existing": True}
    order = db.session.scalars(
        select(Order).where(Order.id == order_id).with_for_update(), execution_options=fresh
    ).one()
    db.session.scalars(select(SubOrder).where(SubOrder.order_id == order_id), execution_options=fresh).all()
    return order


def move_order(order: Order, to: OrderState, *, actor_id: int | None = None, note: str = "") -> None:
    """Move ``order`` along an allowed edge by one conditional UPDATE and write the event.

    Raises ``OrderMoved`` when the edge does not exist or somebody else moved the order first.
    """
    start = order.state
    if to not in ORDER_EDGES[start] or not _moved(Order, order.id, start, to):
        raise OrderMoved(state=start)
    db.session.refresh(order, ["state"])
    _note(order, None, start, to, actor_id=actor_id, note=note)
    db.session.flush()


def mark_paid(order: Order, paid_at: datetime) -> None:
    """Move ``order`` to *paid* and remember when (UTC). Raises ``OrderMoved``."""
    move_order(order, OrderState.PAID)
    order.paid_at = paid_at
    db.session.flush()


def mark_unpaid(order: Order) -> None:
    """Move a paid ``order`` back to *awaiting payment*: the bank took its money back. Raises ``OrderMoved``."""
    move_order(order, OrderState.AWAITING_PAYMENT)
    order.paid_at = None
    db.session.flush()


def change_payment_method(order: Order, to: PaymentMethod) -> None:
    """Let a locked order that waits for its payment be paid another way; ``OrderMoved`` when it does not wait."""
    if order.state is not OrderState.AWAITING_PAYMENT:
        raise OrderMoved(state=order.state)
    order.payment_method = to
    db.session.flush()


def move_sub_order(sub_order: SubOrder, to: SubOrderState, *, actor_id: int | None = None, note: str = "") -> None:
    """Move one parcel along an allowed edge and write the event. Raises ``OrderMoved``."""
    start = sub_order.state
    if to not in SUB_ORDER_EDGES[start] or not _moved(SubOrder, sub_order.id, start, to):
        raise OrderMoved(state=start)
    db.session.refresh(sub_order, ["state"])
    if to is SubOrderState.DELIVERED:
        sub_order.delivered_at = clock.now()
    _note(sub_order.order, sub_order, start, to, actor_id=actor_id, note=note)
    db.session.flush()


def _sub_order(lines: Sequence[Wanted], *, is_waiting: bool) -> SubOrder:
    producer = lines[0].offer.producer
    goods = Dong(sum(line.total for line in lines))
    return SubOrder(
        producer_id=producer.id,
        goods_total=goods,
        delivery_fee=producer.delivery_fee,
        total=Dong(goods + producer.delivery_fee),
        state=SubOrderState.WAITING if is_waiting else SubOrderState.TO_PACK,
        lines=[_order_line(line) for line in lines],
    )


def _order_line(line: Wanted) -> OrderLine:
    offer = line.offer
    return OrderLine(
        product_id=offer.product.id,
        pack_id=offer.pack.id,
        certificate_id=offer.certificate_id,
        product_name=offer.product.name,
        pack_label=offer.pack.label,
        stars=offer.stars,
        decision_number=offer.decision_number,
        quantity=line.quantity,
        unit_price=offer.unit_price,
        line_total=line.total,
    )


def _note_first_steps(order: Order) -> None:
    """How a placed order and its parcels begin, in one statement."""
    same: dict[str, Any] = {"order_id": order.id, "from_state": None, "note": "", "actor_id": order.user_id}
    steps: list[dict[str, Any]] = [{"sub_order_id": None, "to_state": order.state.value}]
    steps += [{"sub_order_id": part.id, "to_state": part.state.value} for part in order.sub_orders]
    db.session.execute(insert(OrderEvent), [{**same, "at": order.placed_at, **step} for step in steps])


def _new_number() -> str:
    return "OC-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))


def _moved(table: type[Order] | type[SubOrder], row_id: int, start: str, to: str) -> bool:
    statement = update(table).where(table.id == row_id, table.state == start).values(state=to)
    return changed_one(statement)


def _note(
    order: Order, part: SubOrder | None, start: str | None, to: str, *, actor_id: int | None, note: str = ""
) -> None:
    db.session.add(
        OrderEvent(
            order_id=order.id,
            sub_order_id=part.id if part else None,
            from_state=start,
            to_state=to,
            note=note,
            actor_id=actor_id,
            at=clock.now(),
        )
    )
