"""Goods that buyers want to send back: one request paid back, one refused, one that waits for its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from marketplace.accounts.queries import list_holders
from marketplace.checkout import flows as checkout
from marketplace.checkout import queries
from marketplace.checkout.flows import Decider
from marketplace.checkout.models import ReturnReason
from marketplace.checkout.services import ReturnWish
from marketplace.core.db import db
from marketplace.core.roles import Role
from marketplace.orders.models import Order, PaymentMethod, SubOrder, SubOrderState
from seeds.demo.timeline import Timeline

_DAMAGED = "Một gói bị rách khi nhận (minh họa)."
_CHANGED = "Tôi mua nhầm loại (minh họa)."
_NOT_AS_ORDERED = "Thiếu một gói so với đơn (minh họa)."
_REFUSAL = "Gói hàng đã mở, không nhận lại được (minh họa)."


@dataclass(frozen=True)
class GivingBack:
    """Asks for returns of parcels that were delivered shortly before; ``operator_id`` answers where a producer has
    nobody who signs in. The parcels are chosen by id, so that the same trade has the same returns.
    """

    line: Timeline
    buyer_id: int
    operator_id: int

    def fill(self) -> None:
        """Two requests two days before the end, one in its last hours."""
        end = self.line.end
        self.line.at(end - timedelta(days=2), partial(self._ask, 0, ReturnReason.DAMAGED, _DAMAGED))
        self.line.at(end - timedelta(days=2), partial(self._ask, 1, ReturnReason.ORDERED_BY_MISTAKE, _CHANGED))
        self.line.at(end - timedelta(hours=3), partial(self._ask, 2, ReturnReason.NOT_AS_ORDERED, _NOT_AS_ORDERED))

    def _ask(self, number: int, reason: ReturnReason, note: str) -> None:
        part = self._parcel()
        if part is None:
            return
        line, order = part.lines[0], part.order
        wish = ReturnWish({line.id: 1}, reason, note, key=f"demonstration-return-{number}")
        request_id = checkout.ask_return(order.id, part.id, wish, actor_id=order.user_id)
        decider, asked_at = self._decider(part.producer_id), queries.get_return(request_id).asked_at
        if reason is ReturnReason.DAMAGED:
            accept = partial(checkout.accept_return, request_id, decider, goods_stay=False)
            self.line.at(asked_at + timedelta(hours=5), accept)
            self.line.at(asked_at + timedelta(hours=30), partial(self._receive, request_id, decider))
        elif reason is ReturnReason.ORDERED_BY_MISTAKE:
            refuse = partial(checkout.refuse_return, request_id, decider, answer=_REFUSAL)
            self.line.at(asked_at + timedelta(hours=6), refuse)

    def _receive(self, request_id: int, decider: Decider) -> None:
        """The damaged pack came back; nobody can buy it again."""
        nothing: Mapping[int, int] = {}
        checkout.receive_return(request_id, decider, nothing)

    def _parcel(self) -> SubOrder | None:
        """A delivered, paid parcel that nobody has asked about, of the buyer's log-in first."""
        paid = Order.payment_method != PaymentMethod.CASH_ON_DELIVERY
        statement = select(SubOrder).join(SubOrder.order).where(SubOrder.state == SubOrderState.DELIVERED, paid)
        recent = SubOrder.delivered_at > self.line.end - timedelta(days=6)
        of_buyer = (Order.user_id == self.buyer_id).is_(True).desc()
        for part in db.session.scalars(statement.where(recent).order_by(of_buyer, SubOrder.id)):
            if not queries.list_returns_of(part.order) and not queries.list_refunds(part.order):
                return part
        return None

    def _decider(self, producer_id: int) -> Decider:
        people = list_holders(Role.PRODUCER, subject_id=producer_id)
        return Decider(people[0].id if people else self.operator_id, [producer_id])
