"""A parcel that was to be paid at the door comes back: nobody took it, nobody paid."""

from collections.abc import Collection, Mapping

from marketplace.audit import services as audit
from marketplace.checkout import goods, queries
from marketplace.checkout.at_the_door import AtTheDoor
from marketplace.checkout.flows.closing import close_when_finished, lock_order
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.orders import queries as orders
from marketplace.orders import services as order_services
from marketplace.orders.errors import OrderMoved
from marketplace.orders.models import PaymentMethod, SubOrderState
from marketplace.payments import services as payments


def refuse_at_door(
    sub_order_id: int,
    producer_ids: Collection[int],
    why: AtTheDoor,
    damaged: Mapping[int, int],
    *,
    actor_id: int | None,
) -> None:
    """A shipped cash-on-delivery parcel came back: its goods are free again, ``damaged`` packs (by id of the line)
    leave the stock, its payment is cancelled, nobody is credited.

    Raises ``OrderNotFound`` for a neighbour's parcel, ``OrderMoved`` unless it is on its way, ``Conflict``:
    ``not_cash_on_delivery``, ``return_packs`` for more damaged packs than were sent.
    """

    def write() -> None:
        with transaction():
            part = orders.get_sub_order(sub_order_id, producer_ids)
            order = lock_order(part.order_id)
            if order.payment_method is not PaymentMethod.CASH_ON_DELIVERY:
                raise Conflict("not_cash_on_delivery")
            if part.state is not SubOrderState.SHIPPED:
                raise OrderMoved(state=part.state)
            payment = queries.open_payment_of(part)
            if payment is not None:
                payments.cancel(payment)
            for line in goods.lines_of([part]):
                if damaged.get(line.id, 0) > line.quantity:
                    raise Conflict("return_packs", left=line.quantity)
                goods.come_home(line, damaged=damaged.get(line.id, 0), note=why, actor_id=actor_id)
            order_services.move_sub_order(part, SubOrderState.CANCELLED, actor_id=actor_id, note=why)
            close_when_finished(order, actor_id)
            audit.record("parcel.came_back", object_type="sub_order", object_id=part.id, actor_id=actor_id, why=why)

    retrying(write)
