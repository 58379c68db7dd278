"""The verbs that tie an order to its payments: who pays what, whose share is whose, what goes back to whom."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from marketplace.cart.models import Cart
from marketplace.checkout import queries
from marketplace.checkout.errors import RefundTooLarge
from marketplace.checkout.fees import platform_fee
from marketplace.checkout.models import Draft, OrderPayment, PaymentShare, RefundLine
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong, share_out
from marketplace.ledger import services as ledger
from marketplace.ledger.queries import find_entry
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import Order, PaymentMethod, SubOrder
from marketplace.orders.services import Delivery
from marketplace.payments import services as payments
from marketplace.payments.models import Payment, Purpose, Rail, Refund
from marketplace.places.models import Level
from marketplace.places.queries import find_unit


def read_delivery(typed: dict[str, Any]) -> Delivery:
    """What a buyer typed (a loaded ``DeliveryIn``) with its commune found.

    Raises ``Invalid`` (``commune_unknown``) unless the code is that of a present commune.
    """
    unit = find_unit(typed["commune"])
    if unit is None or unit.level is not Level.COMMUNE or not unit.existed_on(clock.today()):
        raise Invalid("commune_unknown", field="commune")
    return Delivery(
        typed["contact_name"], typed["contact_phone"], unit.id, typed["address_line"], typed.get("note", "")
    )


def save_draft(cart: Cart, delivery: Delivery) -> Draft:
    """Keep what was typed for the holder of ``cart``; the one-time key is made the first time and stays."""
    db.session.execute(select(Cart.id).where(Cart.id == cart.id).with_for_update())
    draft = queries.find_draft(cart.id)
    if draft is None:
        draft = Draft(cart_id=cart.id, idempotency_key=secrets.token_urlsafe(24))
        db.session.add(draft)
    draft.contact_name = delivery.contact_name
    draft.contact_phone = delivery.contact_phone
    draft.commune_id = delivery.commune_id
    draft.address_line = delivery.address_line
    draft.note = delivery.note
    draft.changed_at = clock.now()
    db.session.flush()
    return draft


def drop_draft(cart: Cart) -> None:
    """Forget what was typed: the order holds it now."""
    db.session.execute(delete(Draft).where(Draft.cart_id == cart.id))


def open_payments(order: Order) -> list[Payment]:
    """The payments that an order is to be paid by, with each parcel's share in whole dong.

    Card and transfer: one over the total. Cash on delivery: one per parcel, because each is paid at its own door.
    """
    if order.payment_method is PaymentMethod.CASH_ON_DELIVERY:
        return [_open(order, Rail.CASH_ON_DELIVERY, [part]) for part in order.sub_orders]
    return [_open(order, Rail(order.payment_method.value), order.sub_orders)]


def lock_payments(order_id: int) -> None:
    """Lock the payments of an order in the order of their ids, before the order itself is locked."""
    linked = select(OrderPayment.payment_id).where(OrderPayment.order_id == order_id)
    db.session.execute(select(Payment.id).where(Payment.id.in_(linked)).order_by(Payment.id).with_for_update())


def split(payment: Payment, occurred_at: datetime) -> None:
    """Credit each producer with the own share of a settled payment, less the platform's fee, out of escrow."""
    day = clock.local_day_of(occurred_at)
    lines: dict[str, Dong] = {queries.ESCROW: payment.amount}
    fees = Dong(0)
    for share in queries.list_shares(payment):
        fee = platform_fee(share.sub_order.goods_total, day)
        fees = Dong(fees + fee)
        lines[_payable(share.sub_order)] = Dong(fee - share.amount)
    if fees:
        lines["platform:fee"] = Dong(-fees)
    ledger.post(
        "order_split", ref_type="payment", ref_id=payment.public_id, occurred_at=occurred_at, lines=_nonzero(lines)
    )


def take_back_shares(refund: Refund, occurred_at: datetime) -> None:
    """Take what a refund gave back from the balances of its producers; a balance may fall below zero (4.3, 31)."""
    lines: dict[str, Dong] = {}
    for line in queries.list_refund_lines(refund):
        code = _payable(db.session.get_one(SubOrder, line.sub_order_id))
        lines[code] = Dong(lines.get(code, 0) + line.amount)
    lines[queries.ESCROW] = Dong(-refund.amount)
    ledger.post("refund_share", ref_type="refund", ref_id=refund.public_id, occurred_at=occurred_at, lines=lines)


def give_shares_again(refund: Refund) -> None:
    """A refund that had seemed to work did not: its producers get back what ``take_back_shares`` took."""
    entry = find_entry("refund_share", ref_type="refund", ref_id=refund.public_id)
    if entry is not None:
        ledger.reverse(entry, occurred_at=clock.now())


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


def _open(order: Order, rail: Rail, parts: Sequence[SubOrder]) -> Payment:
    amount = Dong(sum(part.total for part in parts))
    payment = payments.open_payment(Purpose.ORDER, rail, amount, expires_at=order.hold_until)
    db.session.add(OrderPayment(order_id=order.id, payment_id=payment.id, created_at=clock.now()))
    shares = share_out(amount, [part.total for part in parts])
    db.session.add_all(
        PaymentShare(payment_id=payment.id, sub_order_id=part.id, amount=share)
        for part, share in zip(parts, shares, strict=True)
    )
    db.session.flush()
    return payment


def _payable(sub_order: SubOrder) -> str:
    return f"producer:{sub_order.producer_id}:payable"


def _nonzero(lines: dict[str, Dong]) -> dict[str, Dong]:
    return {code: amount for code, amount in lines.items() if amount}
