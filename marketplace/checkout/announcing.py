"""Telling the world about an order: one message and one audit row, in the transaction of the fact."""

from marketplace.audit import services as audit
from marketplace.orders.models import Order
from marketplace.outbox import services as outbox

#: What the buyer is told about, each once per order.
ANNOUNCED = ("placed", "paid", "expired", "cancelled", "completed")


def announce(order: Order, what: str, *, actor_id: int | None, **facts: object) -> None:
    """Say that ``order`` was ``what`` (one of ``ANNOUNCED``), once; ``facts`` are ids, codes and dong for the audit."""
    outbox.enqueue(f"order.{what}", {"order_id": order.id}, key=f"order.{what}:{order.id}")
    audit.record(f"order.{what}", object_type="order", object_id=order.number, actor_id=actor_id, **facts)
