"""Objects of the gateway against our payments and refunds by {id, amount, state}, both ways (I30)."""

import json
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, or_, select

from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.payments.models import Payment, PaymentState, Rail, Refund, RefundState
from marketplace.settlement.models import GATEWAY, DifferenceKind, StatementLine
from marketplace.settlement.queries.pairs import Pair

_OPEN = (PaymentState.CREATED, PaymentState.PENDING)

#: States of ours that agree with a state of the gateway.
PAYMENT_STATES: Final = {
    "succeeded": (PaymentState.SETTLED,),
    "canceled": (PaymentState.CANCELLED, PaymentState.FAILED),
    "processing": (PaymentState.PENDING,),
    "requires_action": _OPEN,
    "requires_confirmation": _OPEN,
    "requires_payment_method": (*_OPEN, PaymentState.FAILED),
}
REFUND_STATES: Final = {
    "succeeded": (RefundState.SUCCEEDED,),
    "pending": (RefundState.PENDING,),
    "requires_action": (RefundState.PENDING,),
    "failed": (RefundState.FAILED,),
    "canceled": (RefundState.FAILED,),
}


def agrees(row: Payment | Refund, their_state: str) -> bool:
    """Whether our state is what the gateway's state means."""
    if isinstance(row, Payment):
        return row.state in PAYMENT_STATES.get(their_state, ())
    return row.state in REFUND_STATES.get(their_state, ())


def judge(found: dict[str, Pair], begin: datetime, end: datetime) -> None:
    """Give each pair its kind, and add what we know of the day and the gateway does not.

    What we opened shortly before midnight the gateway may have made on the next day: it is judged there.
    """
    rows = _rows(found, begin, end)
    missing = [subject for subject in rows if subject not in found]
    listed = _listed(missing)
    for subject in missing:
        if subject not in listed:
            found[subject] = _only_ours(subject, rows[subject])
    for pair in found.values():
        _judge(pair, rows.get(pair.subject))


def _judge(pair: Pair, row: Payment | Refund | None) -> None:
    pair.our_state = row.state.value if row is not None else ""
    if not pair.lines:
        pair.kind = DifferenceKind.MISSING_THERE
        return
    line = pair.lines[0]
    pair.their_state, pair.about = line.state, about(line)
    if line.currency != "VND":
        pair.kind = DifferenceKind.CURRENCY
    elif row is None:
        pair.kind = DifferenceKind.MISSING_HERE
    elif line.asked is not None and line.asked != row.amount:
        pair.theirs, pair.ours, pair.kind = line.asked, row.amount, DifferenceKind.AMOUNT
    elif not agrees(row, line.state):
        pair.kind = DifferenceKind.STATE
    elif pair.theirs != (pair.ours or 0):
        pair.kind = DifferenceKind.AMOUNT


def about(line: StatementLine) -> str:
    """What the gateway knows of an object beside amount, state and time, one fact per line."""
    known = json.loads(line.detail) if line.detail else {}
    return "\n".join(f"{name}: {value}" for name, value in known.items())


def _only_ours(subject: str, row: Payment | Refund) -> Pair:
    return Pair(subject, row.created_at, ours=Dong(0))


def _named(model: type[Payment] | type[Refund], names: list[str]) -> ColumnElement[bool]:
    return or_(model.gateway_id.in_(names), model.public_id.in_(names))


def _listed(subjects: list[str]) -> set[str]:
    """Those of these objects that the gateway listed on any day."""
    listed: set[str] = set()
    for start in range(0, len(subjects), 500):
        some = StatementLine.key.in_(subjects[start : start + 500])
        listed.update(db.session.scalars(select(StatementLine.key).where(StatementLine.account == GATEWAY, some)))
    return listed


def _rows(found: dict[str, Pair], begin: datetime, end: datetime) -> dict[str, Payment | Refund]:
    """Our payments and refunds under the gateway's ids: those named here, and those opened on the day."""
    rows: dict[str, Payment | Refund] = {}
    wanted = sorted(found)
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        for payment in db.session.scalars(select(Payment).where(_named(Payment, some))):
            rows[payment.gateway_id or payment.public_id] = payment
        for refund in db.session.scalars(select(Refund).where(_named(Refund, some))):
            rows[refund.gateway_id or refund.public_id] = refund
    payments = select(Payment).where(Payment.rail == Rail.CARD, Payment.gateway_id.is_not(None))
    refunds = select(Refund).join(Refund.payment).where(Payment.rail == Rail.CARD, Refund.gateway_id.is_not(None))
    refunds = refunds.where(Refund.transfer_id.is_(None))  # what the bank carried stands on its statement
    for payment in db.session.scalars(payments.where(Payment.created_at >= begin, Payment.created_at < end)):
        rows[str(payment.gateway_id)] = payment
    for refund in db.session.scalars(refunds.where(Refund.created_at >= begin, Refund.created_at < end)):
        rows[str(refund.gateway_id)] = refund
    return rows
