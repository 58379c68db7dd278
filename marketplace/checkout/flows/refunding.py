"""Giving money back on a parcel. The gateway or a person pays it out afterwards (payments)."""

from collections.abc import Mapping

from marketplace.audit import services as audit
from marketplace.checkout import services
from marketplace.core.db import retrying, transaction
from marketplace.core.money import Dong
from marketplace.orders.models import SubOrder


def refund_parcel(
    part: SubOrder, wanted: Mapping[int | None, Dong], *, reason: str, key: str, actor_id: int | None
) -> None:
    """Give back dong by id of the order line (None: of the delivery). The same ``key`` twice is one refund.

    Raises ``RefundTooLarge`` above what is left; ``Conflict``: ``refund_not_paid`` for a parcel not paid for,
    ``refund_key_used`` for a ``key`` that has asked for something else. The producer's balance falls when the money
    goes, in the same transaction (P13).
    """

    def request() -> None:
        with transaction():
            refund = services.request_refund(part, wanted, reason=reason, key=key, actor_id=actor_id)
            audit.record(
                "order.refund_requested",
                object_type="sub_order",
                object_id=part.id,
                actor_id=actor_id,
                refund=refund.public_id,
                amount=refund.amount,
            )

    retrying(request)
