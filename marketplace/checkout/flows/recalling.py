"""What a recall of a lot does to the orders that hold goods of it (P17)."""

from functools import partial

from marketplace.checkout.flows.closing import cancel_order
from marketplace.checkout.goods import REF_TYPE
from marketplace.core.db import retrying, transaction
from marketplace.inventory import queries as stock
from marketplace.orders import queries as orders
from marketplace.orders.errors import OrderMoved
from marketplace.orders.models import OrderState
from marketplace.outbox import services as outbox

#: Told once per order and lot; the payload is ``{"order_id": …, "lot_id": …}``.
RECALLED = "order.recalled"

_UNPAID = frozenset({OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED})


def stop_recalled_orders(lot_id: int) -> None:
    """Cancel every unpaid order with goods of the lot that has not left, and tell the buyers of all the others.

    Paid orders stay with their producer, who sees them on the recall list and gives the money back. Run again, it
    changes nothing.
    """
    lines = [int(held.ref_id) for held in stock.list_holders(lot_id) if held.ref_type == REF_TYPE]
    for order_id in orders.list_orders_of_lines(lines):
        if not _cancelled(order_id):
            retrying(partial(_tell, order_id, lot_id))


def _cancelled(order_id: int) -> bool:
    if orders.get_order(order_id).state not in _UNPAID:
        return False
    try:
        cancel_order(order_id, actor_id=None)
    except OrderMoved:  # paid, sent or closed in the meantime
        return False
    return True


def _tell(order_id: int, lot_id: int) -> None:
    with transaction():
        payload = {"order_id": order_id, "lot_id": lot_id}
        outbox.enqueue(RECALLED, payload, key=f"{RECALLED}:{order_id}:{lot_id}")
