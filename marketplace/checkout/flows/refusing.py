"""A parcel comes back from the door. To be paid there: nobody is owed anything. Paid before: the money goes back."""

from collections.abc import Collection, Mapping

from marketplace.audit import services as audit
from marketplace.checkout import goods, queries, services
from marketplace.checkout.at_the_door import FEE_GOES_BACK, AtTheDoor
from marketplace.checkout.flows.closing import close_when_finished, lock_order
from marketplace.checkout.services import GiveBack
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.orders import queries as orders
from marketplace.orders import services as order_services
from marketplace.orders.errors import OrderMoved
from marketplace.orders.models import PaymentMethod, SubOrder, SubOrderState
from marketplace.payments import services as payments


def refuse_at_door(
    sub_order_id: int,
    producer_ids: Collection[int],
    why: AtTheDoor,
    damaged: Mapping[int, int],
    *,
    actor_id: int | None,
) -> None:
    """A shipped parcel came back: its goods are free again, but for ``damaged`` packs (by id of the line).

    To be paid at the door: its payment is cancelled, nobody is credited. Paid before: what was paid for the goods
    that are still the buyer's goes back by the path of every refund; the delivery fee, too, when the parcel was at
    fault (``FEE_GOES_BACK``). Raises ``OrderNotFound`` for a neighbour's parcel, ``OrderMoved`` unless it is on its
    way, ``Conflict``: ``parcel_not_paid``, ``return_packs`` for more damaged packs than were sent.
    """

    def write() -> None:
        with transaction():
            part = orders.get_sub_order(sub_order_id, producer_ids)
            order = lock_order(part.order_id)
            if part.state is not SubOrderState.SHIPPED:
                raise OrderMoved(state=part.state)
            if queries.settled_payment_of(part) is not None:
                _undo_paid(part, why, damaged, actor_id)
            elif order.payment_method is PaymentMethod.CASH_ON_DELIVERY:
                _undo_unpaid(part, why, damaged, actor_id)
            else:
                raise Conflict("parcel_not_paid")
            order_services.move_sub_order(part, SubOrderState.CANCELLED, actor_id=actor_id, note=why)
            close_when_finished(order, actor_id)
            audit.record("parcel.came_back", object_type="sub_order", object_id=part.id, actor_id=actor_id, why=why)

    retrying(write)


def _undo_unpaid(part: SubOrder, why: AtTheDoor, damaged: Mapping[int, int], actor_id: int | None) -> None:
    payment = queries.open_payment_of(part)
    if payment is not None:
        payments.cancel(payment)
    for line in goods.lines_of([part]):
        if not 0 <= damaged.get(line.id, 0) <= line.quantity:
            raise Conflict("return_packs", left=line.quantity)
        goods.come_home(line, damaged=damaged.get(line.id, 0), note=why, actor_id=actor_id)


def _undo_paid(part: SubOrder, why: AtTheDoor, damaged: Mapping[int, int], actor_id: int | None) -> None:
    for line in goods.lines_of([part]):
        goods.bring_back(line, damaged=damaged.get(line.id, 0), fact_type="order_line_refused", actor_id=actor_id)
    left = {choice.line_id: choice.left for choice in queries.refund_choices(part)}
    if why not in FEE_GOES_BACK:
        left.pop(None, None)
    wanted = GiveBack(amounts={line_id: amount for line_id, amount in left.items() if amount})
    if wanted.amounts:
        services.request_refund(part, wanted, reason=why, key=f"refused-sub-order-{part.id}", actor_id=actor_id)
