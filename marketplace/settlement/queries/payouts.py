"""What producers are owed, what of it is due now and why not, and the payouts made so far."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.checkout.deadlines import last_day
from marketplace.checkout.models import Earning, RefundLine
from marketplace.checkout.queries import earnings
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.money import Dong
from marketplace.core.paging import NumberedPage
from marketplace.inventory.models import Lot, LotState, MoveReason, StockMove
from marketplace.ledger import queries as ledger
from marketplace.orders.models import OrderLine, SubOrder, SubOrderState
from marketplace.payments.models import Refund, RefundState
from marketplace.producers.models import PayoutAccount, PayoutAccountState, Producer
from marketplace.settlement.models import BatchState, Payout, PayoutBatch, PayoutLine, PayoutState
from marketplace.settlement.queries.obstacles import Obstacle, obstacle_of

_OWED = re.compile(r"producer:([0-9]+):(payable|transit)", re.ASCII)
_MOST = 100
#: Payouts on their way: neither paid nor given up.
OPEN = (PayoutState.REQUESTED, PayoutState.APPROVED, PayoutState.SENT)


class NotYet(StrEnum):
    """Why the money of a parcel is not due."""

    NOT_DELIVERED = "not_delivered"
    RETURN_TIME = "return_time"
    GOING_BACK = "going_back"
    RECALLED = "recalled"


@dataclass(frozen=True)
class Candidate:
    """What could be paid out to a producer now; ``obstacle`` says why not. ``total`` may be negative: carried on."""

    producer: Producer
    account: PayoutAccount | None
    earnings: Sequence[Earning]
    obstacle: Obstacle | None

    @property
    def total(self) -> Dong:
        """Dong of all due earnings, refunds taken off."""
        return Dong(sum(earning.net for earning in self.earnings))


@dataclass(frozen=True)
class Owed:
    """What the books say of a producer: ``payable`` is owed; ``asked`` of it stands in a batch, ``due`` can be paid."""

    producer: Producer
    payable: Dong
    asked: Dong
    due: Dong
    transit: Dong
    obstacle: Obstacle | None

    @property
    def not_due(self) -> Dong:
        """Dong owed whose time has not come."""
        return Dong(self.payable - self.due - self.asked)


@dataclass(frozen=True)
class Waiting:
    """A parcel whose money is not due: ``until`` is the last day of the time for returns (Vietnam's calendar)."""

    sub_order: SubOrder
    amount: Dong
    reason: NotYet
    until: date | None = None


def is_unpaid() -> ColumnElement[bool]:
    """SQL clause about an ``Earning``: it stands in no payout, or only in ones that ended without paying."""
    live = select(PayoutLine.id).where(PayoutLine.earning_id == Earning.id, PayoutLine.freed_at.is_(None))
    return ~live.correlate(Earning).exists()


def has_recalled_goods() -> ColumnElement[bool]:
    """SQL clause about a ``SubOrder``: something of it came from a recalled lot and was not refunded in full (I33)."""
    refunded = (
        select(func.coalesce(func.sum(RefundLine.amount), 0))
        .join(RefundLine.refund)
        .where(RefundLine.order_line_id == OrderLine.id, Refund.state == RefundState.SUCCEEDED)
        .correlate(OrderLine)
        .scalar_subquery()
    )
    line_id = case((StockMove.ref_type == "order_line", cast(StockMove.ref_id, BigInteger)))
    recalled = (
        select(OrderLine.sub_order_id)
        .join(StockMove, line_id == OrderLine.id)
        .join(Lot, Lot.id == StockMove.lot_id)
        .where(StockMove.reason == MoveReason.SALE, Lot.state == LotState.RECALLED, refunded < OrderLine.line_total)
    )
    return SubOrder.id.in_(recalled)


def due_earnings(moment: datetime, *, producer_ids: Collection[int] | None = None) -> dict[int, list[Earning]]:
    """What can be paid out at ``moment`` (UTC), refunds included, by producer, oldest first.

    Delivered, past the time for returns, no refund on its way (``checkout.queries.is_due``), no recalled goods, and in
    no other payout.
    """
    statement = (
        select(Earning, SubOrder.producer_id)
        .join(Earning.sub_order)
        .where(earnings.is_due(moment), is_unpaid(), ~has_recalled_goods())
        .order_by(Earning.id)
    )
    if producer_ids is not None:
        statement = statement.where(SubOrder.producer_id.in_(producer_ids))
    found: dict[int, list[Earning]] = {}
    for earning, producer_id in db.session.execute(statement):
        found.setdefault(producer_id, []).append(earning)
    return found


def list_candidates(moment: datetime) -> list[Candidate]:
    """Every producer with something due at ``moment``, by name; those that cannot be paid say why."""
    due = due_earnings(moment)
    accounts = accounts_of(due)
    producers = db.session.scalars(select(Producer).where(Producer.id.in_(due)).order_by(Producer.name_fold))
    return [_candidate(producer, accounts.get(producer.id), due[producer.id], moment) for producer in producers]


def accounts_of(producer_ids: Collection[int]) -> dict[int, PayoutAccount]:
    """The accounts in force of these producers."""
    statement = select(PayoutAccount).where(
        PayoutAccount.producer_id.in_(producer_ids), PayoutAccount.state != PayoutAccountState.REPLACED
    )
    return {account.producer_id: account for account in db.session.scalars(statement)}


def asked_for(producer_ids: Collection[int]) -> dict[int, Dong]:
    """Dong that stand in batches which wait for the second operator, by producer; still owed."""
    statement = (
        select(Payout.producer_id, func.sum(Payout.amount))
        .where(Payout.producer_id.in_(producer_ids), Payout.state == PayoutState.REQUESTED)
        .group_by(Payout.producer_id)
    )
    return {producer_id: Dong(int(amount)) for producer_id, amount in db.session.execute(statement)}


def list_owed(moment: datetime) -> list[Owed]:
    """What each producer is owed by the books, by name; the sum of ``payable`` is that of ``producer:*:payable``."""
    owed: dict[int, dict[str, Dong]] = {}
    for row in ledger.trial_balance():
        match = _OWED.fullmatch(row.code)
        if match and row.balance:
            owed.setdefault(int(match[1]), {})[match[2]] = Dong(-row.balance)
    due, asked, accounts = due_earnings(moment, producer_ids=owed), asked_for(owed), accounts_of(owed)
    producers = db.session.scalars(select(Producer).where(Producer.id.in_(owed)).order_by(Producer.name_fold))
    return [
        Owed(
            producer,
            payable=owed[producer.id].get("payable", Dong(0)),
            asked=asked.get(producer.id, Dong(0)),
            due=Dong(sum(earning.net for earning in due.get(producer.id, ()))),
            transit=owed[producer.id].get("transit", Dong(0)),
            obstacle=obstacle_of(accounts.get(producer.id), moment),
        )
        for producer in producers
    ]


def list_not_yet(producer_id: int, moment: datetime) -> list[Waiting]:
    """Parcels of a producer whose money is not due at ``moment``, with the reason; oldest first, at most 100."""
    statement = (
        select(SubOrder, func.sum(Earning.net), earnings.is_going_back(), has_recalled_goods())
        .join(Earning, Earning.sub_order_id == SubOrder.id)
        .where(SubOrder.producer_id == producer_id, is_unpaid())
        .where(~and_(earnings.is_due(moment), ~has_recalled_goods()))
        .group_by(SubOrder.id)
        .having(func.sum(Earning.net) != 0)
        .options(joinedload(SubOrder.order))
        .order_by(SubOrder.id)
        .limit(_MOST)
    )
    return [_waiting(row[0], Dong(int(row[1])), row[2], row[3]) for row in db.session.execute(statement)]


def list_payouts_of(producer_id: int) -> Sequence[Payout]:
    """The payouts of a producer that are on their way, paid, or came to nothing after approval; newest first."""
    statement = select(Payout).where(Payout.producer_id == producer_id, Payout.state != PayoutState.REFUSED)
    return db.session.scalars(
        statement.options(joinedload(Payout.account)).order_by(Payout.id.desc()).limit(_MOST)
    ).all()


def list_batches(*, page: int = 1, size: int = 20) -> NumberedPage[PayoutBatch]:
    """Batches, newest first, with their payouts."""
    total = db.session.scalar(select(func.count()).select_from(PayoutBatch)) or 0
    statement = (
        select(PayoutBatch)
        .options(selectinload(PayoutBatch.payouts), selectinload(PayoutBatch.board_payouts))
        .options(joinedload(PayoutBatch.requested_by))
        .order_by(PayoutBatch.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    return NumberedPage(db.session.scalars(statement).all(), number=page, size=size, total=total)


def get_batch(batch_id: int) -> PayoutBatch:
    """The batch with that id. Raises ``NotFound`` (``payout_batch_unknown``)."""
    batch = db.session.get(PayoutBatch, batch_id)
    if batch is None:
        raise NotFound("payout_batch_unknown")
    return batch


def payouts_of(batch_id: int) -> Sequence[Payout]:
    """The payouts of a batch with their lines, orders and accounts, by producer."""
    whose = joinedload(PayoutLine.earning).joinedload(Earning.sub_order).joinedload(SubOrder.order)
    statement = (
        select(Payout)
        .join(Payout.producer)
        .where(Payout.batch_id == batch_id)
        .options(joinedload(Payout.producer), joinedload(Payout.account), selectinload(Payout.lines).options(whose))
        .order_by(Producer.name_fold)
    )
    return db.session.scalars(statement).all()


def count_batches_to_approve(user_id: int | None = None) -> int:
    """How many batches wait for a second operator; with ``user_id`` those that this operator may decide about."""
    statement = select(func.count()).select_from(PayoutBatch).where(PayoutBatch.state == BatchState.REQUESTED)
    if user_id is not None:
        statement = statement.where(PayoutBatch.requested_by_id != user_id)
    return db.session.scalar(statement) or 0


def count_payouts_to_look_at() -> int:
    """How many payouts were held back, failed or came back and whose earnings stand in no later payout."""
    ended = (PayoutState.HELD, PayoutState.FAILED, PayoutState.RETURNED)
    statement = (
        select(func.count(func.distinct(Payout.id)))
        .join(Payout.lines)
        .join(PayoutLine.earning)
        .where(Payout.state.in_(ended), is_unpaid())
    )
    return db.session.scalar(statement) or 0


def list_ready_to_send() -> Sequence[int]:
    """Ids of approved payouts that were not handed to the bank yet, oldest first."""
    return db.session.scalars(select(Payout.id).where(Payout.state == PayoutState.APPROVED).order_by(Payout.id)).all()


def refunded_since(payout: Payout) -> bool:
    """Whether a parcel of the payout had a refund (on its way or done) that its lines do not hold (I33).

    Nor the lines of an earlier payout: a later one that holds it may still be refused, and this one pays in full.
    """
    of_parcels = select(Earning.sub_order_id).join(PayoutLine, PayoutLine.earning_id == Earning.id)
    parcels = of_parcels.where(PayoutLine.payout_id == payout.id)
    held = select(PayoutLine.id).where(PayoutLine.earning_id == Earning.id, PayoutLine.freed_at.is_(None))
    is_here = held.where(PayoutLine.payout_id <= payout.id).exists()
    newer = select(Earning.id).where(Earning.sub_order_id.in_(parcels), Earning.refund_id.is_not(None), ~is_here)
    blocked = select(SubOrder.id).where(SubOrder.id.in_(parcels), earnings.is_going_back() | has_recalled_goods())
    return db.session.scalar(select(newer.exists() | blocked.exists())) or False


def owes_since(payout: Payout, moment: datetime) -> bool:
    """Whether what became due to the producer since the payout was asked for is less than nothing.

    A payout holds everything due when it is asked for, so a new one will be smaller by that.
    """
    due = due_earnings(moment, producer_ids=[payout.producer_id])
    return sum(earning.net for earning in due.get(payout.producer_id, ())) < 0


def _candidate(
    producer: Producer, account: PayoutAccount | None, due: Sequence[Earning], moment: datetime
) -> Candidate:
    negative = sum(earning.net for earning in due) <= 0
    obstacle = Obstacle.BALANCE_NEGATIVE if negative else obstacle_of(account, moment)
    return Candidate(producer, account, due, obstacle)


def _waiting(sub_order: SubOrder, amount: Dong, is_going_back: bool, is_recalled: bool) -> Waiting:
    if is_going_back:
        return Waiting(sub_order, amount, NotYet.GOING_BACK)
    if sub_order.state != SubOrderState.DELIVERED or sub_order.delivered_at is None:
        return Waiting(sub_order, amount, NotYet.NOT_DELIVERED)
    if is_recalled:
        return Waiting(sub_order, amount, NotYet.RECALLED)
    return Waiting(sub_order, amount, NotYet.RETURN_TIME, last_day(sub_order.delivered_at))
