"""What happened to an order so far, for the person who placed it: one list for the whole, one per producer's part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from marketplace.checkout.models import RefundLine, ReturnKind, ReturnRequest, ReturnState
from marketplace.checkout.queries.refunds import list_refunds
from marketplace.checkout.queries.returns import list_returns_of
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.orders import queries as orders
from marketplace.orders.models import Order, OrderEvent, OrderState, PaymentMethod
from marketplace.payments.models import Rail, Refund, RefundState


@dataclass(frozen=True)
class Step:
    """One thing that happened, at a moment (UTC). ``what`` is a key of ``messages.STORY``.

    ``amount``: dong given back, where it is about money; ``reason``: a code or a person's words, or empty.
    """

    at: datetime
    what: str
    amount: Dong = field(default=Dong(0))
    reason: str = ""


#: Steps by id of the sub-order; None: of the order as a whole. Oldest first.
Story = Mapping[int | None, Sequence[Step]]

#: What a move of the order means to its buyer, by where it led.
_ORDER_MOVES = {
    "paid": "paid",
    "completed": "completed",
    "cancelled": "cancelled",
    "expired": "expired",
    "awaiting_payment": "unpaid",
}

#: The same for one producer's part. That a part waits for the payment or ended with the order, the order tells.
_PART_MOVES = {"to_pack": "getting_ready", "packed": "packed", "shipped": "shipped", "delivered": "delivered"}


def story_of(order: Order) -> Story:
    """Everything that happened to an order and its parts, each list oldest first; parts without a step have none."""
    told: dict[int | None, list[Step]] = {}
    for part_id, step in _steps(order):
        told.setdefault(part_id, []).append(step)
    return {part_id: sorted(steps, key=lambda step: step.at) for part_id, steps in told.items()}


def _steps(order: Order) -> Iterator[tuple[int | None, Step]]:
    for event in orders.list_events(order):
        step = _part_step(event, order) if event.sub_order_id else _order_step(event, order)
        if step is not None:
            yield event.sub_order_id, step
    for asked in list_returns_of(order):
        for at, what, reason in _asked_steps(asked):
            yield asked.sub_order_id, Step(at, what, reason=reason)
    yield from _refund_steps(order)


def _order_step(event: OrderEvent, order: Order) -> Step | None:
    if event.from_state is None:
        return Step(event.at, "placed")
    what = _ORDER_MOVES.get(event.to_state)
    if what == "paid" and order.payment_method is PaymentMethod.CASH_ON_DELIVERY:
        what = "paid_at_the_door"
    return Step(event.at, what) if what else None


def _part_step(event: OrderEvent, order: Order) -> Step | None:
    if event.to_state in _PART_MOVES:
        return Step(event.at, _PART_MOVES[event.to_state])
    if event.to_state != "cancelled":
        return None
    if event.note:
        return Step(event.at, "came_back", reason=event.note)
    is_told = order.state is OrderState.EXPIRED or len(order.sub_orders) == 1
    return None if is_told else Step(event.at, "part_cancelled")


def _asked_steps(asked: ReturnRequest) -> Iterator[tuple[datetime, str, str]]:
    """The steps of a wish to call off or send back; that its money is on its way, the refund tells."""
    for event in asked.events:
        if event.to_state == ReturnState.REFUNDED:
            if asked.refund_id is None and asked.kind is ReturnKind.CANCELLATION:
                yield event.at, "cancellation_done", ""
            continue
        reasons = {"asked": f"return_{asked.reason}", "refused": asked.answer}
        yield event.at, f"{asked.kind}_{event.to_state}", reasons.get(event.to_state, "")


def _refund_steps(order: Order) -> Iterator[tuple[int | None, Step]]:
    refunds = list_refunds(order)
    shares = _shares([refund.id for refund in refunds])
    for refund in refunds:
        for part_id, amount in shares.get(refund.id, [(None, refund.amount)]):
            yield part_id, Step(refund.created_at, "refund_ordered", amount, refund.reason)
            if refund.succeeded_at:
                yield part_id, Step(refund.succeeded_at, _sent(refund), amount)
            elif refund.failed_at:
                returned = refund.state is RefundState.RETURNED
                yield part_id, Step(refund.failed_at, "refund_returned" if returned else "refund_failed", amount)


def _sent(refund: Refund) -> str:
    if refund.transfer_id is not None:
        return "refund_to_account"
    return {Rail.CARD: "refund_to_card", Rail.VIETQR: "refund_to_account"}.get(refund.payment.rail, "refund_sent")


def _shares(refund_ids: Sequence[int]) -> dict[int, list[tuple[int | None, Dong]]]:
    """By id of the refund: what it gives back of which parcel."""
    statement = (
        select(RefundLine.refund_id, RefundLine.sub_order_id, func.sum(RefundLine.amount))
        .where(RefundLine.refund_id.in_(refund_ids))
        .group_by(RefundLine.refund_id, RefundLine.sub_order_id)
        .order_by(RefundLine.refund_id, RefundLine.sub_order_id)
    )
    found: dict[int, list[tuple[int | None, Dong]]] = {}
    for refund_id, part_id, amount in db.session.execute(statement):
        found.setdefault(refund_id, []).append((part_id, Dong(int(amount))))
    return found
