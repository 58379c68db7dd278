"""Giving money back on a parcel. The gateway or a person pays it out afterwards (payments)."""

from collections.abc import Mapping

from marketplace.audit import services as audit
from marketplace.checkout import services
from marketplace.checkout.services import GiveBack
from marketplace.core.db import retrying, transaction
from marketplace.core.money import Dong
from marketplace.orders.models import SubOrder


def refund_parcel(
    part: SubOrder, wanted: GiveBack | Mapping[int | None, Dong], *, reason: str, key: str, actor_id: int | None
) -> None:
    """Give back what ``wanted`` says (a mapping: dong by id of the line, None: the delivery); one refund per ``key``.

    Raises ``RefundTooLarge`` above what is left; ``Conflict``: ``refund_not_paid`` for a parcel not paid for,
    ``refund_quantity`` for more packs than are left, ``refund_key_used`` for a ``key`` of another refund. The
    producer's balance falls when the money goes, in the same transaction (P13).
    """
    asked = wanted if isinstance(wanted, GiveBack) else GiveBack(amounts=wanted)

    def request() -> None:
        with transaction():
            refund = services.request_refund(part, asked, reason=reason, key=key, actor_id=actor_id)
            audit.record(
                "order.refund_requested",
                object_type="sub_order",
                object_id=part.id,
                actor_id=actor_id,
                refund=refund.public_id,
                amount=refund.amount,
            )

    retrying(request)
