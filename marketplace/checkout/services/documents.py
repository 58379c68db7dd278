"""Keeping in whose name a buyer wants an invoice, for the producers who must issue it."""

from dataclasses import dataclass

from marketplace.audit import services as audit
from marketplace.checkout.models import InvoiceRequest
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.orders.models import Order, OrderState


@dataclass(frozen=True)
class InvoiceWish:
    """What an invoice says of its buyer (Decree 123/2020/NĐ-CP as amended by 70/2025/NĐ-CP); no code: a person."""

    buyer_name: str
    tax_code: str | None
    address: str
    email: str


def request_invoice(order: Order, wish: InvoiceWish, *, actor_id: int | None) -> InvoiceRequest:
    """Keep the wish beside earlier ones; the newest counts. Nothing is issued here.

    Raises ``Conflict`` (``invoice_not_now``) for an order that was cancelled or not paid in time.
    """
    if order.state in (OrderState.CANCELLED, OrderState.EXPIRED):
        raise Conflict("invoice_not_now")
    row = InvoiceRequest(
        order_id=order.id,
        buyer_name=wish.buyer_name,
        tax_code=wish.tax_code,
        address=wish.address,
        email=wish.email,
        asked_by_id=actor_id,
        asked_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.record("invoice.requested", object_type="order", object_id=order.number, actor_id=actor_id, request=row.id)
    return row
