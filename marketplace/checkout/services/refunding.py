"""Promising money back on a parcel: never more than is left of each part, nor than was paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from marketplace.checkout import queries
from marketplace.checkout.errors import RefundTooLarge
from marketplace.checkout.models import RefundLine
from marketplace.checkout.queries import RefundChoice
from marketplace.checkout.services.opening import lock_payment
from marketplace.core.db import db
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.money import Dong, share_out
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import SubOrder
from marketplace.payments import services as payments
from marketplace.payments.models import Refund


@dataclass(frozen=True)
class GiveBack:
    """What to give back of one parcel: exactly one of the four.

    ``amounts``: dong by id of the line (None: of the delivery). ``quantities``: packs by id of the line, each worth
    what was paid for it, and never more than is left of the line; with ``and_delivery`` also what is left of the
    delivery. ``spread``: dong divided over all parts by what is left of each, largest remainder first. ``everything``:
    all that is left.
    """

    amounts: Mapping[int | None, Dong] = field(default_factory=dict)
    quantities: Mapping[int, int] = field(default_factory=dict)
    and_delivery: bool = False
    spread: Dong | None = None
    everything: bool = False

    def portions(self, choices: Sequence[RefundChoice]) -> dict[int | None, Dong]:
        """Dong by id of the line out of what is left; parts without a dong are not named.

        Raises ``RefundTooLarge``, ``Conflict`` (``refund_quantity``) and ``OrderNotFound`` for a line of elsewhere.
        """
        by_line = {choice.line_id: choice for choice in choices}
        left = {line_id: choice.left for line_id, choice in by_line.items()}
        if self.everything:
            wanted = left
        elif self.spread is not None:
            wanted = _spread(self.spread, left)
        elif self.quantities:
            wanted = {line_id: _worth(by_line.get(line_id), packs) for line_id, packs in self.quantities.items()}
            if self.and_delivery:
                wanted[None] = left.get(None, Dong(0))
        else:
            wanted = dict(self.amounts)
        for line_id, amount in wanted.items():
            if line_id not in left:
                if line_id is None and not amount:
                    continue
                raise OrderNotFound
            if not 0 <= amount <= left[line_id]:
                raise RefundTooLarge(left=left[line_id])
        return {line_id: amount for line_id, amount in wanted.items() if amount}


def request_refund(sub_order: SubOrder, wanted: GiveBack, *, reason: str, key: str, actor_id: int | None) -> Refund:
    """Promise to give back of a paid parcel what ``wanted`` says, in one refund.

    Raises ``Conflict``: ``refund_not_paid`` before payment, ``refund_nothing_left`` when it comes to nothing, and what
    ``GiveBack.portions`` raises. The same ``key`` again is the same refund; asking with it for something else is
    ``Conflict`` (``refund_key_used``).
    """
    payment = queries.settled_payment_of(sub_order)
    if payment is None:
        raise Conflict("refund_not_paid")
    lock_payment(payment.id)
    known = queries.find_refund(key)
    if known is not None:
        return _same_refund(known, sub_order, wanted)
    portions = wanted.portions(queries.refund_choices(sub_order))
    total = Dong(sum(portions.values()))
    if not total:
        raise Conflict("refund_nothing_left")
    refund = payments.request_refund(payment, total, reason=reason, key=key, actor_id=actor_id)
    db.session.add_all(
        RefundLine(
            refund_id=refund.id,
            sub_order_id=sub_order.id,
            order_line_id=line_id,
            quantity=wanted.quantities.get(line_id, 0) if line_id is not None else 0,
            amount=amount,
        )
        for line_id, amount in portions.items()
    )
    db.session.flush()
    return refund


def _spread(amount: Dong, left: Mapping[int | None, Dong]) -> dict[int | None, Dong]:
    whole = Dong(sum(left.values()))
    if amount > whole:
        raise RefundTooLarge(left=whole)
    parts = list(left)
    return dict(zip(parts, share_out(amount, [left[part] for part in parts]), strict=True))


def _worth(choice: RefundChoice | None, packs: int) -> Dong:
    """Dong for so many packs of a line: their price, but never more than is left of it."""
    if choice is None or choice.line is None:
        raise OrderNotFound
    if not 0 <= packs <= choice.packs_left:
        raise Conflict("refund_quantity", left=choice.packs_left)
    return Dong(min(choice.line.unit_price * packs, choice.left))


def _same_refund(known: Refund, sub_order: SubOrder, wanted: GiveBack) -> Refund:
    """The refund of a key that is used again, when what is asked for would have come to the same then."""
    lines = queries.list_refund_lines(known)
    amounts = {line.order_line_id: line.amount for line in lines}
    packs = {line.order_line_id: line.quantity for line in lines if line.quantity}
    try:
        portions = wanted.portions(queries.refund_choices(sub_order, before=known))
    except DomainError as error:  # it could not have been asked for then
        raise Conflict("refund_key_used") from error
    asked = {line_id: wanted.quantities.get(line_id or 0, 0) for line_id in portions}
    is_same = portions == amounts and {line_id: count for line_id, count in asked.items() if count} == packs
    if not is_same or any(line.sub_order_id != sub_order.id for line in lines):
        raise Conflict("refund_key_used")
    return known
