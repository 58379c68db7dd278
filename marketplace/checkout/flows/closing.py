"""How an order ends: not paid in time, cancelled by the buyer, or handed over parcel by parcel.

Locks are taken payment first, then order, then lots, as everywhere where money meets goods.
"""

from collections.abc import Collection
from functools import partial

from marketplace.audit import services as audit
from marketplace.checkout import goods, queries, services
from marketplace.checkout.announcing import announce, announce_shipped
from marketplace.checkout.models import ReturnState
from marketplace.checkout.services import GiveBack
from marketplace.core import clock
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.orders import queries as orders
from marketplace.orders import services as order_services
from marketplace.orders.errors import OrderMoved
from marketplace.orders.models import Order, OrderState, PaymentMethod, SubOrder, SubOrderState
from marketplace.payments import services as payments

_FINISHED = frozenset({SubOrderState.DELIVERED, SubOrderState.CANCELLED})


def expire_orders() -> None:
    """Close the orders that were not paid in time. Run by every worker each minute; twice changes nothing (P12)."""
    for order_id in orders.list_overdue(clock.now()):
        retrying(partial(_expire, order_id))


def cancel_order(order_id: int, *, actor_id: int | None) -> None:
    """Cancel an order of which nothing was shipped: goods go back, what was paid is refunded in full.

    Raises ``OrderMoved`` when a parcel has left or the order is closed already.
    """
    retrying(lambda: _cancel(order_id, actor_id))


def advance_parcel(
    sub_order_id: int, producer_ids: Collection[int], to: SubOrderState, *, actor_id: int | None
) -> None:
    """Mark one's own parcel packed, shipped or delivered. Delivered cash-on-delivery parcels are paid with that.

    Raises ``OrderNotFound`` for a parcel of somebody else (P06), ``OrderMoved`` for a step that is not next,
    ``Conflict`` (``return_waits``) while the buyer's wish to call goods off is unanswered.
    """
    retrying(lambda: _advance(sub_order_id, producer_ids, to, actor_id))


def _expire(order_id: int) -> None:
    with transaction():
        order = lock_order(order_id)
        if not orders.is_overdue(order, clock.now()):
            return
        _give_up_payments(order)
        goods.release(goods.lines_of(order.sub_orders))
        for part in order.sub_orders:
            order_services.move_sub_order(part, SubOrderState.CANCELLED)
        order_services.move_order(order, OrderState.EXPIRED)
        announce(order, "expired", actor_id=None)


def _cancel(order_id: int, actor_id: int | None) -> None:
    with transaction():
        order = lock_order(order_id)
        if not orders.can_be_cancelled(order):
            raise OrderMoved(state=order.state)
        parts = [part for part in order.sub_orders if part.state is not SubOrderState.CANCELLED]
        _give_up_requests(order, actor_id)
        if order.state is OrderState.PAID:
            goods.take_back(goods.lines_of(parts), actor_id=actor_id)
            for part in parts:
                _refund_rest(part, actor_id)
        else:
            _give_up_payments(order)
            goods.put_back(goods.lines_of(parts), actor_id=actor_id)
        for part in parts:
            order_services.move_sub_order(part, SubOrderState.CANCELLED, actor_id=actor_id)
        order_services.move_order(order, OrderState.CANCELLED, actor_id=actor_id)
        announce(order, "cancelled", actor_id=actor_id)


def _advance(sub_order_id: int, producer_ids: Collection[int], to: SubOrderState, actor_id: int | None) -> None:
    with transaction():
        part = orders.get_sub_order(sub_order_id, producer_ids)
        order = lock_order(part.order_id)
        if to is SubOrderState.SHIPPED and any(
            open_.sub_order_id == part.id for open_ in queries.list_open_returns(order)
        ):
            raise Conflict("return_waits")
        order_services.move_sub_order(part, to, actor_id=actor_id)
        if to is SubOrderState.SHIPPED:
            announce_shipped(part)
        if to is SubOrderState.DELIVERED:
            _hand_over(order, part, actor_id)
        audit.record(f"parcel.{to}", object_type="sub_order", object_id=part.id, actor_id=actor_id)


def _hand_over(order: Order, part: SubOrder, actor_id: int | None) -> None:
    if order.payment_method is PaymentMethod.CASH_ON_DELIVERY:
        payment = queries.open_payment_of(part)
        if payment is not None:
            payments.settle(payment, occurred_at=clock.now())
    close_when_finished(order, actor_id)


def close_when_finished(order: Order, actor_id: int | None) -> None:
    """End a locked order whose parcels have all ended: completed, or cancelled when none of them was delivered."""
    states = {part.state for part in order.sub_orders}
    if not states <= _FINISHED:
        return
    if SubOrderState.DELIVERED not in states:
        order_services.move_order(order, OrderState.CANCELLED, actor_id=actor_id)
        announce(order, "cancelled", actor_id=actor_id)
        return
    if order.state is OrderState.CONFIRMED:
        order_services.mark_paid(order, clock.now())
    order_services.move_order(order, OrderState.COMPLETED, actor_id=actor_id)
    announce(order, "completed", actor_id=actor_id)


def _give_up_requests(order: Order, actor_id: int | None) -> None:
    """The whole order is called off: what was asked about parts of it needs no answer any more."""
    for request in queries.list_open_returns(order):
        services.move_return(request, ReturnState.WITHDRAWN, actor_id=actor_id)


def _refund_rest(part: SubOrder, actor_id: int | None) -> None:
    if any(choice.left for choice in queries.refund_choices(part)):
        key, everything = f"cancelled-sub-order-{part.id}", GiveBack(everything=True)
        services.request_refund(part, everything, reason="order_cancelled", key=key, actor_id=actor_id)


def _give_up_payments(order: Order) -> None:
    for payment in queries.list_open_payments(order):
        payments.cancel(payment)


def lock_order(order_id: int) -> Order:
    """The order under its lock, its payments locked before it. Inside a transaction."""
    services.lock_payments(order_id)
    return order_services.lock_order(order_id)
