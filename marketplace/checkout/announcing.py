"""Telling the world about an order: one message and one audit row, in the transaction of the fact."""

from marketplace.audit import services as audit
from marketplace.checkout.models import ReturnRequest, ReturnState
from marketplace.orders.models import Order, SubOrder
from marketplace.outbox import services as outbox

#: What the buyer is told about, each once per order.
ANNOUNCED = ("placed", "paid", "expired", "cancelled", "completed", "unpaid", "money_waits")


def announce(order: Order, what: str, *, actor_id: int | None, **facts: object) -> None:
    """Say that ``order`` was ``what`` (one of ``ANNOUNCED``), once; ``facts`` are ids, codes and dong for the audit."""
    outbox.enqueue(f"order.{what}", {"order_id": order.id}, key=f"order.{what}:{order.id}")
    audit.record(f"order.{what}", object_type="order", object_id=order.number, actor_id=actor_id, **facts)


#: What a buyer is told about one parcel of an order, once.
SHIPPED = "parcel.shipped"


def announce_shipped(part: SubOrder) -> None:
    """Say that a parcel is on its way, once, however often its way begins again."""
    outbox.enqueue(SHIPPED, {"order_id": part.order_id, "sub_order_id": part.id}, key=f"{SHIPPED}:{part.id}")


#: What a buyer is told about a request to call off or send back goods, each once per request.
RETURN_TOPICS = tuple(f"return.{state}" for state in ReturnState)


def announce_return(request: ReturnRequest, *, actor_id: int | None) -> None:
    """Say how a request stands now, once per state; the audit holds ids and codes only."""
    topic = f"return.{request.state}"
    payload = {"order_id": request.sub_order.order_id, "request_id": request.id}
    outbox.enqueue(topic, payload, key=f"{topic}:{request.id}")
    audit.record(topic, object_type="return_request", object_id=request.id, actor_id=actor_id, reason=request.reason)
