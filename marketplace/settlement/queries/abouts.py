"""What a payment is about, as a person asks: whose order, which sale at which stall, which month's market fee."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from marketplace.checkout.models import OrderPayment
from marketplace.core.db import db
from marketplace.orders.models import Order
from marketplace.stalls.models import FormerPayment, MarketFee, Sale, Stall


@dataclass(frozen=True)
class About:
    """What a payment pays for: an order, or something of a stall (with its market): a fee of ``month``, or a sale."""

    order: Order | None = None
    stall: Stall | None = None
    month: date | None = None
    sold_at: datetime | None = None


def abouts_of(payment_ids: Collection[int | None]) -> dict[int, About]:
    """By id of the payment what it is about, or was before another one took its place; one that nothing names is left
    out. Four questions, however many there are.
    """
    wanted = {payment_id for payment_id in payment_ids if payment_id is not None}
    if not wanted:
        return {}
    ordered = select(OrderPayment.payment_id, Order).join(OrderPayment.order)
    ordered = ordered.where(OrderPayment.payment_id.in_(wanted))
    with_stall = joinedload(Sale.stall).joinedload(Stall.market)
    sales = db.session.scalars(select(Sale).where(Sale.payment_id.in_(wanted)).options(with_stall))
    with_stall = joinedload(MarketFee.stall).joinedload(Stall.market)
    fees = db.session.scalars(select(MarketFee).where(MarketFee.payment_id.in_(wanted)).options(with_stall))
    found = _former(wanted) | {payment_id: About(order=order) for payment_id, order in db.session.execute(ordered)}
    found |= {int(sale.payment_id or 0): About(stall=sale.stall, sold_at=sale.sold_at) for sale in sales}
    return found | {fee.payment_id: About(stall=fee.stall, month=fee.period) for fee in fees}


def _former(wanted: set[int]) -> dict[int, About]:
    """What payments with a replaced code had asked for."""
    of_fee = joinedload(FormerPayment.fee).joinedload(MarketFee.stall).joinedload(Stall.market)
    of_sale = joinedload(FormerPayment.sale).joinedload(Sale.stall).joinedload(Stall.market)
    statement = select(FormerPayment).where(FormerPayment.payment_id.in_(wanted)).options(of_fee, of_sale)
    found = {}
    for former in db.session.scalars(statement):
        if former.fee is not None:
            found[former.payment_id] = About(stall=former.fee.stall, month=former.fee.period)
        elif former.sale is not None:
            found[former.payment_id] = About(stall=former.sale.stall, sold_at=former.sale.sold_at)
    return found
