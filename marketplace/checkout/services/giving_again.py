"""Giving money back once more when a refund did not reach its payee: never two refunds of the same money."""

from collections.abc import Sequence

from sqlalchemy import select, update

from marketplace.checkout import queries
from marketplace.checkout.models import RefundLine, ReturnRequest
from marketplace.checkout.services.opening import lock_payment
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.orders.models import SubOrder
from marketplace.payments import services as payments
from marketplace.payments.models import UNDONE_REFUNDS, Refund
from marketplace.payments.settings import Payee


def request_again(refund: Refund, *, payee: Payee | None, actor_id: int) -> Refund:
    """Promise what ``refund`` failed to give back once more, part by part: a refund of its own, once per failed one.

    None: to the card or account that paid. ``payee``: by transfer to that account, also when a card paid that takes
    nothing back; of two people who choose different ways at once, the second is refused. Raises ``Conflict``:
    ``refund_not_failed``, ``refund_asked_again``, ``refund_maybe_gone`` (a transfer of what the card's bank may have
    given back already), ``refund_given_meanwhile`` when another refund has given a part of it since, and as
    ``payments.request_refund``.
    """
    lock_payment(refund.payment_id)
    db.session.refresh(refund)
    if refund.state not in UNDONE_REFUNDS:
        raise Conflict("refund_not_failed")
    if payee is not None and refund.may_have_gone_by_card:
        raise Conflict("refund_maybe_gone")
    key = _key_of(refund)
    if queries.find_refund(key) is not None:
        raise Conflict("refund_asked_again")
    lines = queries.list_refund_lines(refund)
    _check_still_owed(lines)
    again = payments.request_refund(
        refund.payment, refund.amount, reason=refund.reason, key=key, actor_id=actor_id, payee=payee
    )
    db.session.add_all(
        RefundLine(
            refund_id=again.id,
            sub_order_id=line.sub_order_id,
            order_line_id=line.order_line_id,
            quantity=line.quantity,
            amount=line.amount,
        )
        for line in lines
    )
    asked = update(ReturnRequest).where(ReturnRequest.refund_id == refund.id).values(refund_id=again.id)
    db.session.execute(asked)
    db.session.flush()
    return again


def _key_of(refund: Refund) -> str:
    """One for all ways in which a refund may be given again: whoever comes second finds it used."""
    return f"again-{refund.public_id}"


def _check_still_owed(lines: Sequence[RefundLine]) -> None:
    """Each part of the failed refund has to be left of what was paid: another refund may have given it since."""
    parts = db.session.scalars(select(SubOrder).where(SubOrder.id.in_({line.sub_order_id for line in lines}))).all()
    choices = {(part.id, choice.line_id): choice for part in parts for choice in queries.refund_choices(part)}
    for line in lines:
        choice = choices[line.sub_order_id, line.order_line_id]
        if line.amount > choice.left or line.quantity > choice.packs_left:
            raise Conflict("refund_given_meanwhile")
