"""A buyer calls goods off or sends them back; the producer (or, when they are silent, the operator) answers.

Locks are taken payment first, then order, then lots. What is accepted, put into stock and given back is one
transaction: there is no moment at which one is true without the other.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from marketplace.checkout import goods, queries, services
from marketplace.checkout.announcing import announce_return
from marketplace.checkout.deadlines import SELLERS_SIDE
from marketplace.checkout.flows.closing import close_when_finished, lock_order
from marketplace.checkout.models import ReturnKind, ReturnRequest, ReturnState
from marketplace.checkout.services import GiveBack, ReturnWish
from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict, Forbidden
from marketplace.orders import queries as orders
from marketplace.orders import services as order_services
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import SubOrder, SubOrderState
from marketplace.payments import services as payments

#: Where packs stand in the stock's books: ``("return_line", id)``.
FACT = "return_line"


@dataclass(frozen=True)
class Decider:
    """Who answers: a producer by the own ids, or the operator (``producer_ids`` None), who must wait for silence."""

    user_id: int
    producer_ids: Collection[int] | None

    @property
    def is_operator(self) -> bool:
        """Whether this is not the producer's own word."""
        return self.producer_ids is None


def ask_return(order_id: int, sub_order_id: int, wish: ReturnWish, *, actor_id: int | None) -> int:
    """Ask to call off or send back packs of one parcel of one's own order; id of the request. Twice is once.

    Raises ``OrderNotFound`` for a parcel of another order and what ``services.ask_return`` raises.
    """

    def write() -> int:
        with transaction():
            order = lock_order(order_id)
            part = next((part for part in order.sub_orders if part.id == sub_order_id), None)
            if part is None:
                raise OrderNotFound
            request = services.ask_return(part, wish, actor_id=actor_id)
            announce_return(request, actor_id=actor_id)
            return request.id

    return retrying(write)


def withdraw_return(order_id: int, request_id: int, *, actor_id: int | None) -> None:
    """The buyer wants the goods after all. Raises ``NotFound``, ``Conflict`` (``return_moved``)."""

    def act(request: ReturnRequest) -> None:
        services.move_return(request, ReturnState.WITHDRAWN, actor_id=actor_id)

    def find() -> ReturnRequest:
        return queries.get_return_of(orders.get_order(order_id), request_id)

    _decide(find, act, actor_id)


def accept_return(request_id: int, decider: Decider, *, goods_stay: bool, answer: str = "") -> None:
    """Accept a request. Called-off goods go into stock and their money back at once, and so does money for goods that
    may stay with the buyer (``goods_stay``); else the goods are awaited.

    Raises ``NotFound`` for a neighbour's, ``Conflict`` (``return_moved``), ``Forbidden`` (``return_not_silent``) for
    the operator while the producer has time to answer.
    """

    def act(request: ReturnRequest) -> None:
        _check_silence(request, decider)
        services.move_return(request, ReturnState.ACCEPTED, actor_id=decider.user_id, answer=answer)
        if request.kind is ReturnKind.CANCELLATION:
            _call_off(request, decider.user_id)
        elif goods_stay:
            _give_back(request, decider.user_id)

    _decide(lambda: queries.get_return(request_id, decider.producer_ids), act, decider.user_id)


def refuse_return(request_id: int, decider: Decider, *, answer: str) -> None:
    """Refuse a request with a reason that the buyer reads. Raises as ``accept_return``, ``Invalid`` without reason."""

    def act(request: ReturnRequest) -> None:
        if request.state is ReturnState.ASKED:
            _check_silence(request, decider)
        services.move_return(request, ReturnState.REFUSED, actor_id=decider.user_id, answer=answer)

    _decide(lambda: queries.get_return(request_id, decider.producer_ids), act, decider.user_id)


def receive_return(request_id: int, decider: Decider, sellable: Mapping[int, int]) -> None:
    """The goods are back: by id of the return line so many packs can be sold again and go into stock; the money goes
    back to the buyer. Raises as ``accept_return`` and ``Conflict`` (``return_packs``) for more than were sent.
    """

    def act(request: ReturnRequest) -> None:
        services.move_return(request, ReturnState.RECEIVED, actor_id=decider.user_id)
        for line in sorted(request.lines, key=lambda line: (line.order_line.pack_id, line.id)):
            line.sellable = sellable.get(line.id, 0)
            if not 0 <= line.sellable <= line.quantity:
                raise Conflict("return_packs", left=line.quantity)
            if line.sellable:
                goods.restock(
                    line.order_line, line.sellable, fact_type=FACT, fact_id=str(line.id), actor_id=decider.user_id
                )
        _give_back(request, decider.user_id)

    _decide(lambda: queries.get_return(request_id, decider.producer_ids), act, decider.user_id)


def _decide(find: Callable[[], ReturnRequest], act: Callable[[ReturnRequest], None], actor_id: int | None) -> None:
    def write() -> None:
        with transaction():
            lock_order(find().sub_order.order_id)
            db.session.expire_all()
            request = find()
            act(request)
            db.session.flush()
            announce_return(request, actor_id=actor_id)

    retrying(write)


def _check_silence(request: ReturnRequest, decider: Decider) -> None:
    if decider.is_operator and not queries.is_unanswered(request, clock.now()):
        raise Forbidden("return_not_silent")


def _call_off(request: ReturnRequest, actor_id: int) -> None:
    """Packs that never left: back into stock, money back; the last of a parcel ends it."""
    part, order = request.sub_order, request.sub_order.order
    if part.state not in (SubOrderState.TO_PACK, SubOrderState.PACKED):
        raise Conflict("return_moved")
    if queries.settled_payment_of(part) is None:
        _call_off_unpaid(part, actor_id)
        services.move_return(request, ReturnState.REFUNDED, actor_id=actor_id)
    else:
        for line in sorted(request.lines, key=lambda line: (line.order_line.pack_id, line.id)):
            line.sellable = line.quantity
            goods.restock(line.order_line, line.quantity, fact_type=FACT, fact_id=str(line.id), actor_id=actor_id)
        _give_back(request, actor_id)
        if any(queries.packs_kept(part).values()):
            return
        order_services.move_sub_order(part, SubOrderState.CANCELLED, actor_id=actor_id)
    close_when_finished(order, actor_id)


def _call_off_unpaid(part: SubOrder, actor_id: int) -> None:
    """A whole parcel that was to be paid at the door."""
    goods.release(goods.lines_of([part]))
    payment = queries.open_payment_of(part)
    if payment is not None:
        payments.cancel(payment)
    order_services.move_sub_order(part, SubOrderState.CANCELLED, actor_id=actor_id)


def _give_back(request: ReturnRequest, actor_id: int) -> None:
    """Promise the money of the packs; of the delivery too, when nothing of the parcel stays and it is not the buyer's
    change of mind. What was given back before, by amount or by packs, is not given back again.
    """
    part = request.sub_order
    packs = {line.order_line_id: line.quantity for line in request.lines}
    nothing_stays = all(kept <= packs.get(line_id, 0) for line_id, kept in queries.packs_kept(part).items())
    with_delivery = nothing_stays and (request.kind is ReturnKind.CANCELLATION or request.reason in SELLERS_SIDE)
    choices = queries.refund_choices(part)
    left = {choice.line_id: choice.packs_left for choice in choices}
    unpaid = {line_id: min(count, left[line_id]) for line_id, count in packs.items()}
    wanted = GiveBack(quantities=unpaid, and_delivery=with_delivery)
    if sum(wanted.portions(choices).values()):
        refund = services.request_refund(
            part, wanted, reason=f"return_{request.reason}", key=f"return-{request.id}", actor_id=actor_id
        )
        request.refund_id = refund.id
    services.move_return(request, ReturnState.REFUNDED, actor_id=actor_id)
