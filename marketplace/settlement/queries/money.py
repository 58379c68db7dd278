"""What waits for a person: money without a payment, refunds that did not arrive or are to be paid by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from marketplace.accounts.models import User
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.payments.models import (
    BankReceipt,
    Payment,
    Rail,
    ReceiptState,
    Refund,
    RefundState,
    WorkItem,
    WorkKind,
    WorkState,
)
from marketplace.settlement.queries.abouts import About, abouts_of
from marketplace.settlement.queries.proposals import Proposal, proposals_for

#: Why money waits that is not owed to us: it goes back, and no payment is proposed for it.
GOES_BACK = frozenset({"already_paid", "payment_closed", "payment_cancelled", "late", "over"})
_MOST = 100


def receipt_waits() -> ColumnElement[bool]:
    """SQL clause: unapplied money on our account, or money that named a payment but reached another account."""
    concerns_us = or_(BankReceipt.is_ours, BankReceipt.payment_id.is_not(None))
    return and_(BankReceipt.state == ReceiptState.UNAPPLIED, concerns_us)


def refund_is_by_hand() -> ColumnElement[bool]:
    """SQL clause (``Refund`` joined to its ``Payment``): a person has to pay it back."""
    return and_(Refund.state == RefundState.PENDING, Payment.rail != Rail.CARD, Refund.transfer_id.is_(None))


@dataclass(frozen=True)
class Waiting:
    """A work item as the page shows it: ``receipt`` and what it may be for, or ``refund``; who has taken it.

    ``abouts``: what the payments named here are about, by their id.
    """

    item: WorkItem
    proposals: Sequence[Proposal]
    holder: str | None
    abouts: Mapping[int, About]

    @property
    def goes_back(self) -> bool:
        """Whether sending it back is what is to be done."""
        return self.item.kind is WorkKind.UNAPPLIED and self.item.reason in GOES_BACK

    @property
    def payment(self) -> Payment | None:
        """The payment that the money named, or that the refund gives back; None when nobody knows."""
        owner = self.item.receipt or self.item.refund
        return owner.payment if owner else None

    @property
    def rest(self) -> Dong:
        """Dong that wait."""
        if self.item.receipt is None:
            return self.item.refund.amount if self.item.refund else Dong(0)
        receipt = self.item.receipt
        is_reversal = self.item.kind is WorkKind.REVERSAL
        return receipt.amount if is_reversal else Dong(receipt.amount - receipt.applied)


def waiting_items() -> list[Waiting]:
    """What nobody has decided yet, oldest first: unapplied money, reversals, refunds that did not arrive.

    Traders' own money without a code of ours is none of our business and has no item.
    """
    statement = (
        select(WorkItem, User.name)
        .outerjoin(User, User.id == WorkItem.taken_by_id)
        .where(item_is_open())
        .options(joinedload(WorkItem.receipt).joinedload(BankReceipt.payment))
        .options(joinedload(WorkItem.refund).joinedload(Refund.payment))
        .order_by(WorkItem.created_at, WorkItem.id)
        .limit(_MOST)
    )
    found = [(item, _proposals(item), name) for item, name in db.session.execute(statement)]
    abouts = abouts_of({payment_id for item, proposals, _name in found for payment_id in _named(item, proposals)})
    return [Waiting(item, proposals, name, abouts) for item, proposals, name in found]


def _named(item: WorkItem, proposals: Sequence[Proposal]) -> list[int | None]:
    """Ids of the payments that an item speaks of."""
    owner = item.receipt or item.refund
    return [owner.payment_id if owner else None, *(proposal.payment.id for proposal in proposals)]


def item_is_open() -> ColumnElement[bool]:
    """SQL clause: a work item that nobody has decided."""
    return WorkItem.state != WorkState.DECIDED


def count_open_items() -> int:
    """How many work items wait for a decision."""
    return int(db.session.scalar(select(func.count()).select_from(WorkItem).where(item_is_open())) or 0)


def _proposals(item: WorkItem) -> Sequence[Proposal]:
    """What waiting money may be for; nothing where it is known to be too much, so that it is not kept by mistake."""
    if item.receipt is None or item.kind is not WorkKind.UNAPPLIED or item.reason in GOES_BACK:
        return ()
    return proposals_for(item.receipt)


def refunds_by_hand() -> Sequence[Refund]:
    """Refunds of transfers and cash that a person has to pay back, oldest first."""
    statement = (
        select(Refund)
        .join(Refund.payment)
        .where(refund_is_by_hand())
        .options(contains_eager(Refund.payment))
        .order_by(Refund.created_at, Refund.id)
        .limit(_MOST)
    )
    return db.session.scalars(statement).all()


def count_refunds_by_hand() -> int:
    """How many refunds a person has to pay back."""
    statement = select(func.count()).select_from(Refund).join(Refund.payment).where(refund_is_by_hand())
    return int(db.session.scalar(statement) or 0)
