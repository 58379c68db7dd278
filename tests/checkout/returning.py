"""Steps of tests about goods that are called off, sent back or not taken."""

from sqlalchemy import select

from marketplace.checkout import flows, queries
from marketplace.checkout.flows import Decider
from marketplace.checkout.models import ReturnReason, ReturnRequest, ReturnState
from marketplace.checkout.services import ReturnWish
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.inventory.models import Lot
from marketplace.orders.models import Order, SubOrder, SubOrderState
from marketplace.payments import services as payments
from marketplace.payments.models import Refund
from tests.checkout.buying import order, payment_of, transfer
from tests.factories.accounts import UserFactory

ALL_STEPS = (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED)


def fresh(placed: Order) -> Order:
    db.session.expire_all()
    return db.session.get_one(Order, placed.id)


def paid_order(packs: dict[int, int]) -> Order:
    placed = order(packs)
    transfer(payment_of(placed))
    return fresh(placed)


def advance(part: SubOrder, *steps: SubOrderState) -> None:
    for step in steps:
        flows.advance_parcel(part.id, [part.producer_id], step, actor_id=None)


def delivered_parcel(packs: dict[int, int]) -> SubOrder:
    part = paid_order(packs).sub_orders[0]
    advance(part, *ALL_STEPS)
    db.session.refresh(part)
    return part


def ask_for(
    part: SubOrder,
    packs: int | dict[int, int] = 1,
    reason: ReturnReason = ReturnReason.CHANGED_MIND,
    *,
    key: str = "",
) -> int:
    wanted = packs if isinstance(packs, dict) else {part.lines[0].id: packs}
    asked = len(db.session.scalars(select(ReturnRequest.id)).all())
    return flows.ask_return(
        part.order_id, part.id, ReturnWish(wanted, reason, "", key or f"ask-{asked}"), actor_id=None
    )


def decider_of(part: SubOrder) -> Decider:
    return Decider(somebody(), [part.producer_id])


def somebody() -> int:
    with transaction():
        return int(UserFactory().id)


def state_of(request_id: int) -> ReturnState:
    db.session.expire_all()
    return queries.get_return(request_id).state


def refunds_made() -> list[int]:
    return [refund.amount for refund in db.session.scalars(select(Refund).order_by(Refund.id))]


def on_shelf(pack_id: int) -> tuple[int, int]:
    db.session.expire_all()
    on_hand, reserved = db.session.execute(select(Lot.on_hand, Lot.reserved).where(Lot.pack_id == pack_id)).one()
    return on_hand, reserved


def settle_refunds() -> None:
    with transaction():
        for refund in db.session.scalars(select(Refund)):
            payments.settle_refund(refund, occurred_at=clock.now())
