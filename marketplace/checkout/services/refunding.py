"""Promising money back on a parcel: never more than is left of each part, nor than was paid."""

from collections.abc import Mapping

from sqlalchemy import select

from marketplace.checkout import queries
from marketplace.checkout.errors import RefundTooLarge
from marketplace.checkout.models import RefundLine
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import SubOrder
from marketplace.payments import services as payments
from marketplace.payments.models import Payment, Refund


def request_refund(
    sub_order: SubOrder, wanted: Mapping[int | None, Dong], *, reason: str, key: str, actor_id: int | None
) -> Refund:
    """Promise to give back of a paid parcel: dong by id of the order line (None: of its delivery), in one refund.

    Raises ``Conflict`` (``refund_not_paid``) before payment, ``RefundTooLarge`` above what is left of a part, and
    ``OrderNotFound`` for a line of another parcel. The same ``key`` again is the same refund; with another parcel,
    line or amount it is ``Conflict`` (``refund_key_used``).
    """
    payment = queries.settled_payment_of(sub_order)
    if payment is None:
        raise Conflict("refund_not_paid")
    db.session.execute(select(Payment.id).where(Payment.id == payment.id).with_for_update())
    known = queries.find_refund(key)
    if known is not None:
        return _same_refund(known, sub_order, wanted)
    choices = {choice.line_id: choice for choice in queries.refund_choices(sub_order)}
    for line_id, amount in wanted.items():
        if line_id not in choices:
            raise OrderNotFound
        if amount > choices[line_id].left:
            raise RefundTooLarge(left=choices[line_id].left)
    total = Dong(sum(wanted.values()))
    refund = payments.request_refund(payment, total, reason=reason, key=key, actor_id=actor_id)
    db.session.add_all(
        RefundLine(refund_id=refund.id, sub_order_id=sub_order.id, order_line_id=line_id, amount=amount)
        for line_id, amount in wanted.items()
    )
    db.session.flush()
    return refund


def _same_refund(known: Refund, sub_order: SubOrder, wanted: Mapping[int | None, Dong]) -> Refund:
    """The refund of a key that is used again, when it is asked for as it was the first time."""
    before = {(line.sub_order_id, line.order_line_id): line.amount for line in queries.list_refund_lines(known)}
    if before != {(sub_order.id, line_id): amount for line_id, amount in wanted.items()}:
        raise Conflict("refund_key_used")
    return known
