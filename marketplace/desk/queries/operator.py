"""What waits for the operator: money, messages, and questions that nobody answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import and_, or_, select, union_all
from sqlalchemy import literal as said
from sqlalchemy.orm import joinedload

from marketplace.core import clock
from marketplace.core.money import Dong
from marketplace.core.paging import NumberedPage
from marketplace.desk.queries.reach import page_of
from marketplace.outbox.models import OutboxMessage
from marketplace.payments.models import (
    BankReceipt,
    GatewayEvent,
    Payment,
    PaymentState,
    Rail,
    Refund,
    RefundState,
    WorkItem,
    WorkKind,
)
from marketplace.settlement.queries.abouts import About, abouts_of
from marketplace.settlement.queries.events import Ignored, event_alarms, told
from marketplace.settlement.queries.money import item_is_open, receipt_waits, refund_is_by_hand

T = TypeVar("T", BankReceipt, Refund, WorkItem)
R = TypeVar("R", BankReceipt, Refund)

#: The reconciler asks about open card payments every minute; one that is open longer than this needs a person.
UNANSWERED_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Unanswered:
    """A card payment or refund (``kind``) that the gateway has not decided, or a refund that it refused (``error``)."""

    kind: str
    public_id: str
    amount: Dong
    since: datetime
    error: str | None


@dataclass(frozen=True)
class Concerning(Generic[T]):
    """A row about money, and what the payment is about that it names; None where nobody knows."""

    row: T
    about: About | None


def waiting_money(number: int, size: int) -> NumberedPage[Concerning[BankReceipt]]:
    """Transfers that pay for nothing yet, oldest first."""
    chosen = select(BankReceipt).where(receipt_waits()).order_by(BankReceipt.transacted_at, BankReceipt.id)
    return page_of(chosen, number, size, make=_concerning)


def refunds_to_pay(number: int, size: int) -> NumberedPage[Concerning[Refund]]:
    """Refunds that a person has to pay by hand, oldest first."""
    chosen = select(Refund).join(Refund.payment).where(refund_is_by_hand()).options(joinedload(Refund.payment))
    return page_of(chosen.order_by(Refund.created_at, Refund.id), number, size, make=_concerning)


def money_gone_astray(number: int, size: int) -> NumberedPage[Concerning[WorkItem]]:
    """Money that the bank took back, and refunds that bank or gateway refused or returned; oldest first."""
    chosen = (
        select(WorkItem)
        .where(item_is_open(), WorkItem.kind.in_((WorkKind.REVERSAL, WorkKind.REFUND)))
        .options(joinedload(WorkItem.receipt), joinedload(WorkItem.refund))
        .order_by(WorkItem.created_at, WorkItem.id)
    )
    return page_of(chosen, number, size, make=_concerned_items)


def _concerned_items(items: Sequence[WorkItem]) -> list[Concerning[WorkItem]]:
    named = {item.id: (item.receipt or item.refund) for item in items}
    payment_ids = {key: owner.payment_id for key, owner in named.items() if owner is not None}
    abouts = abouts_of(list(payment_ids.values()))
    return [Concerning(item, abouts.get(payment_ids.get(item.id) or 0)) for item in items]


def _concerning(rows: Sequence[R]) -> list[Concerning[R]]:
    abouts = abouts_of([row.payment_id for row in rows])
    return [Concerning(row, abouts.get(row.payment_id or 0)) for row in rows]


def ignored_events(number: int, size: int) -> NumberedPage[Ignored]:
    """News from gateway and bank that changed nothing and should not be overlooked, oldest first."""
    chosen = select(GatewayEvent).where(event_alarms()).order_by(GatewayEvent.received_at, GatewayEvent.id)
    return page_of(chosen, number, size, make=told)


def dead_messages(number: int, size: int) -> NumberedPage[OutboxMessage]:
    """Messages that were given up after their last try, oldest first."""
    chosen = select(OutboxMessage).where(OutboxMessage.dead_at.is_not(None)).order_by(OutboxMessage.id)
    return page_of(chosen, number, size, make=list)


def unanswered_questions(number: int, size: int) -> NumberedPage[Unanswered]:
    """Card payments and refunds that nobody could close within an hour, oldest first.

    Among them refunds that failed before such a refund became a work item (``money_gone_astray``).
    """
    before = clock.now() - UNANSWERED_AFTER
    payments = select(
        said("payment").label("kind"),
        Payment.public_id.label("public_id"),
        Payment.amount.label("amount"),
        Payment.created_at.label("since"),
        Payment.last_error.label("error"),
    ).where(
        Payment.rail == Rail.CARD,
        Payment.state.in_((PaymentState.CREATED, PaymentState.PENDING)),
        Payment.created_at < before,
    )
    undecided = and_(Refund.state == RefundState.PENDING, Refund.created_at < before)
    has_item = select(WorkItem.id).where(WorkItem.refund_id == Refund.id).exists()
    untold = and_(Refund.state == RefundState.FAILED, ~has_item)
    refunds = (
        select(said("refund"), Refund.public_id, Refund.amount, Refund.created_at, Refund.last_error)
        .join(Refund.payment)
        .where(Payment.rail == Rail.CARD, Refund.transfer_id.is_(None), or_(undecided, untold))
    )
    both = union_all(payments, refunds).subquery()
    chosen = select(both).order_by(both.c.since, both.c.public_id)
    return page_of(chosen, number, size, make=lambda rows: [Unanswered(*row) for row in rows], entity=False)
