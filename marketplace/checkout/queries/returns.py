"""Requests to call off or send back goods: what may be asked for, what is open, whose answer is missing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.checkout.deadlines import ANSWER_TIME, last_day
from marketplace.checkout.models import (
    RefundLine,
    ReturnKind,
    ReturnLine,
    ReturnReason,
    ReturnRequest,
    ReturnState,
)
from marketplace.checkout.queries.paying import settled_payment_of
from marketplace.checkout.return_states import OPEN_RETURNS
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.paging import DEFAULT_LIMIT, NumberedPage
from marketplace.orders.models import Order, PaymentMethod, SubOrder, SubOrderState
from marketplace.payments.models import UNDONE_REFUNDS, Refund

_CAN_BE_CALLED_OFF = frozenset({SubOrderState.TO_PACK, SubOrderState.PACKED})
_ENDED_WELL = frozenset({ReturnState.REFUNDED})
_ASKED_FOR = OPEN_RETURNS | _ENDED_WELL


@dataclass(frozen=True)
class Returnable:
    """What may be asked for of one parcel now, by packs of its lines.

    ``until`` and ``lawful_until`` are the last days (Vietnam's calendar) by the house's own rule and by the law.
    """

    kind: ReturnKind
    packs: Mapping[int, int]
    only_whole: bool = False
    until: date | None = None
    lawful_until: date | None = None


def returnable(part: SubOrder, moment: datetime) -> Returnable | None:
    """What a buyer may ask to call off or send back of a parcel at ``moment`` (UTC); None when nothing.

    Before it leaves: pack by pack when it is paid, as a whole when it is to be paid at the door. After delivery: pack
    by pack until the deadline of the reason. Packs of requests that ended well or are open, and those of other refunds,
    are not offered again.
    """
    packs = {line_id: count for line_id, count in _packs_without(part, _ASKED_FOR).items() if count}
    if not packs:
        return None
    if part.state in _CAN_BE_CALLED_OFF:
        is_paid = settled_payment_of(part) is not None
        if not is_paid and (part.order.payment_method is not PaymentMethod.CASH_ON_DELIVERY or _has_open(part)):
            return None
        return Returnable(ReturnKind.CANCELLATION, packs, only_whole=not is_paid)
    if part.state is not SubOrderState.DELIVERED or part.delivered_at is None:
        return None
    until = last_day(part.delivered_at)
    lawful_until = last_day(part.delivered_at, ReturnReason.WRONG_INFORMATION)
    if clock.local_day_of(moment) > lawful_until:
        return None
    return Returnable(ReturnKind.RETURN, packs, until=until, lawful_until=lawful_until)


def packs_back(part: SubOrder) -> dict[int, int]:
    """By id of the line: packs that were called off or came back, so that nobody packs them again."""
    return dict(_in_requests(part, _ENDED_WELL))


def packs_kept(part: SubOrder) -> dict[int, int]:
    """By id of the line: packs that the buyer has or is to get, as nobody called them off, sent them back or was given
    their money pack by pack. Those of open requests are among them.
    """
    return _packs_without(part, _ENDED_WELL)


def find_return_by_key(key: str) -> ReturnRequest | None:
    """The request that was made under a one-time key, or None."""
    return db.session.scalars(_whole().where(ReturnRequest.idempotency_key == key)).one_or_none()


def get_return(request_id: int, producer_ids: Collection[int] | None = None) -> ReturnRequest:
    """A request of one of those producers' parcels (None: of any). Raises ``NotFound`` (``return_not_found``)."""
    statement = _whole().where(ReturnRequest.id == request_id)
    if producer_ids is not None:
        statement = statement.join(ReturnRequest.sub_order).where(SubOrder.producer_id.in_(producer_ids))
    found = db.session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound("return_not_found")
    return found


def get_return_of(order: Order, request_id: int) -> ReturnRequest:
    """A request about one of the order's parcels. Raises ``NotFound`` (``return_not_found``)."""
    found = get_return(request_id)
    if found.sub_order.order_id != order.id:
        raise NotFound("return_not_found")
    return found


def list_returns_of(order: Order) -> Sequence[ReturnRequest]:
    """The requests about an order, oldest first."""
    statement = _whole().join(ReturnRequest.sub_order).where(SubOrder.order_id == order.id)
    return db.session.scalars(statement.order_by(ReturnRequest.id)).all()


def list_open_returns(order: Order) -> Sequence[ReturnRequest]:
    """The requests about an order that are not at their end."""
    return [request for request in list_returns_of(order) if request.state in OPEN_RETURNS]


def page_of_returns(
    producer_ids: Collection[int] | None,
    *,
    is_open: bool = True,
    number: int = 1,
    size: int = DEFAULT_LIMIT,
) -> NumberedPage[ReturnRequest]:
    """Open requests oldest first, or closed ones newest first, of those producers (None: of all)."""
    of_state = ReturnRequest.state.in_(OPEN_RETURNS)
    where = [of_state if is_open else ~of_state]
    if producer_ids is not None:
        where.append(SubOrder.producer_id.in_(producer_ids))
    count = select(func.count(ReturnRequest.id)).join(ReturnRequest.sub_order).where(*where)
    order_by = ReturnRequest.id if is_open else ReturnRequest.id.desc()
    rows = _whole().join(ReturnRequest.sub_order).where(*where).order_by(order_by)
    found = db.session.scalars(rows.limit(size).offset((number - 1) * size)).all()
    return NumberedPage(found, number, size, db.session.scalar(count) or 0)


def count_returns_waiting(producer_ids: Collection[int]) -> int:
    """Requests that those producers have to answer, or whose goods they wait for."""
    statement = select(func.count(ReturnRequest.id)).join(ReturnRequest.sub_order)
    where = (ReturnRequest.state.in_(OPEN_RETURNS), SubOrder.producer_id.in_(producer_ids))
    return db.session.scalar(statement.where(*where)) or 0


def count_returns_unanswered(moment: datetime) -> int:
    """Requests that no producer has answered in time at ``moment`` (UTC): the operator may decide."""
    where = (ReturnRequest.state == ReturnState.ASKED, ReturnRequest.asked_at <= moment - ANSWER_TIME)
    return db.session.scalar(select(func.count(ReturnRequest.id)).where(*where)) or 0


def is_unanswered(request: ReturnRequest, moment: datetime) -> bool:
    """Whether the producer has let the time to answer pass."""
    return request.state is ReturnState.ASKED and request.asked_at + ANSWER_TIME <= moment


def _packs_without(part: SubOrder, states: Collection[ReturnState]) -> dict[int, int]:
    """Packs by line that no request in one of these states names, and no other refund gave back pack by pack.

    A request counts by itself, whatever became of its money: it may have come to nothing, because an amount was given
    back before, or have failed.
    """
    of_requests = select(ReturnRequest.refund_id).where(ReturnRequest.refund_id.is_not(None))
    statement = (
        select(RefundLine.order_line_id, func.sum(RefundLine.quantity))
        .join(RefundLine.refund)
        .where(RefundLine.sub_order_id == part.id, Refund.state.not_in(UNDONE_REFUNDS))
        .where(RefundLine.order_line_id.is_not(None), Refund.id.not_in(of_requests))
        .group_by(RefundLine.order_line_id)
    )
    gone = {line_id: int(packs) for line_id, packs in db.session.execute(statement)}
    for line_id, packs in _in_requests(part, states):
        gone[line_id] = gone.get(line_id, 0) + packs
    return {line.id: max(0, line.quantity - gone.get(line.id, 0)) for line in part.lines}


def _in_requests(part: SubOrder, states: Collection[ReturnState]) -> list[tuple[int, int]]:
    statement = (
        select(ReturnLine.order_line_id, func.sum(ReturnLine.quantity))
        .join(ReturnRequest, ReturnRequest.id == ReturnLine.request_id)
        .where(ReturnRequest.sub_order_id == part.id, ReturnRequest.state.in_(states))
        .group_by(ReturnLine.order_line_id)
    )
    return [(line_id, int(packs)) for line_id, packs in db.session.execute(statement)]


def _has_open(part: SubOrder) -> bool:
    return bool(_in_requests(part, OPEN_RETURNS))


def _whole() -> Select[ReturnRequest]:
    return select(ReturnRequest).options(
        joinedload(ReturnRequest.sub_order).joinedload(SubOrder.order),
        joinedload(ReturnRequest.sub_order).joinedload(SubOrder.producer),
        joinedload(ReturnRequest.refund),
        selectinload(ReturnRequest.lines).joinedload(ReturnLine.order_line),
        selectinload(ReturnRequest.events),
    )
