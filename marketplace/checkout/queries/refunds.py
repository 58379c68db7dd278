"""What was given back of an order, and what still can be."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from marketplace.checkout.models import OrderPayment, RefundLine
from marketplace.checkout.queries.paying import list_open_payments
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.orders.models import Order, OrderLine, OrderState, SubOrder, SubOrderState
from marketplace.payments.models import UNDONE_REFUNDS, Refund


@dataclass(frozen=True)
class RefundChoice:
    """Something of a parcel that money can be given back for: a line, or (``line`` None) its delivery."""

    line: OrderLine | None
    paid: Dong
    refunded: Dong
    packs_refunded: int = 0

    @property
    def line_id(self) -> int | None:
        """Id of the order line; None for the delivery."""
        return self.line.id if self.line else None

    @property
    def left(self) -> Dong:
        """Dong that can still be given back."""
        return Dong(self.paid - self.refunded)

    @property
    def packs_left(self) -> int:
        """Packs of the line that no refund has given back pack by pack; 0 for the delivery."""
        return self.line.quantity - self.packs_refunded if self.line else 0


def list_refund_lines(refund: Refund) -> Sequence[RefundLine]:
    """What a refund gives back, part by part."""
    return db.session.scalars(select(RefundLine).where(RefundLine.refund_id == refund.id).order_by(RefundLine.id)).all()


def refund_choices(sub_order: SubOrder, *, before: Refund | None = None) -> list[RefundChoice]:
    """The lines of a parcel and its delivery, each with what was paid and what has been promised or given back.

    ``before``: as it was when that refund was asked for.
    """
    counts: ColumnElement[bool] = Refund.state.not_in(UNDONE_REFUNDS)
    if before is not None:
        counts = and_(Refund.id < before.id, or_(counts, Refund.failed_at > before.created_at))
    statement = (
        select(RefundLine.order_line_id, func.sum(RefundLine.amount), func.sum(RefundLine.quantity))
        .join(RefundLine.refund)
        .where(RefundLine.sub_order_id == sub_order.id, counts)
        .group_by(RefundLine.order_line_id)
    )
    given = {line_id: (Dong(int(amount)), int(packs)) for line_id, amount, packs in db.session.execute(statement)}
    nothing = (Dong(0), 0)
    lines = [RefundChoice(line, line.line_total, *given.get(line.id, nothing)) for line in sub_order.lines]
    delivery = RefundChoice(None, sub_order.delivery_fee, *given.get(None, nothing))
    return [*lines, delivery] if sub_order.delivery_fee else lines


def refunded_total(order: Order) -> Dong:
    """Dong given back of an order, those on their way included."""
    statement = (
        select(func.coalesce(func.sum(RefundLine.amount), 0))
        .join(RefundLine.refund)
        .join(SubOrder, RefundLine.sub_order_id == SubOrder.id)
        .where(SubOrder.order_id == order.id, Refund.state.not_in(UNDONE_REFUNDS))
    )
    return Dong(int(db.session.scalar(statement) or 0))


def list_refunds(order: Order) -> Sequence[Refund]:
    """The refunds of an order, oldest first."""
    statement = select(Refund).join(OrderPayment, OrderPayment.payment_id == Refund.payment_id)
    return db.session.scalars(statement.where(OrderPayment.order_id == order.id).order_by(Refund.id)).all()


def list_parcel_refunds(sub_order: SubOrder) -> Sequence[RefundLine]:
    """What was or is being given back of a parcel, oldest first, failed ones included."""
    statement = select(RefundLine).where(RefundLine.sub_order_id == sub_order.id).order_by(RefundLine.id)
    return db.session.scalars(statement.options(joinedload(RefundLine.refund), joinedload(RefundLine.order_line))).all()


def back_when_cancelled(order: Order) -> Dong:
    """Dong that cancelling an order as a whole gives back: of a paid one what is left, else the parts that arrived."""
    if order.state is not OrderState.PAID:
        return Dong(sum(payment.received for payment in list_open_payments(order)))
    parts = [part for part in order.sub_orders if part.state is not SubOrderState.CANCELLED]
    return Dong(sum(choice.left for part in parts for choice in refund_choices(part)))


def find_refund(key: str) -> Refund | None:
    """The refund that was asked for under a one-time key, or None."""
    return db.session.scalars(select(Refund).where(Refund.idempotency_key == key)).one_or_none()
