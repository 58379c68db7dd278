"""Parcels that were paid and delivered, producers with accounts, and a bank that answers about transfers."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.checkout import flows as checkout
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.orders.models import Order, SubOrder, SubOrderState
from marketplace.orders.services import move_sub_order
from marketplace.payments import services as payments
from marketplace.payments.bank import OrderedTransfer
from marketplace.payments.models import OutgoingTransfer, Refund
from marketplace.producers import services as producers
from marketplace.producers.account_steps import BankAccount
from marketplace.producers.models import PayoutAccount, Producer
from marketplace.settlement.models import BoardPayout, Payout, PayoutBatch
from marketplace.settlement.services import payouts
from tests.checkout.buying import order, payment_of, transfer
from tests.factories.accounts import UserFactory
from tests.factories.producers import operator


def person() -> int:
    """Somebody; the id."""
    with transaction():
        return int(UserFactory().id)


def delivered(pack_id: int, *, quantity: int = 1, days_ago: int = 8) -> SubOrder:
    """A paid parcel that reached its buyer so many days ago."""
    part = shipped(pack_id, quantity=quantity)
    with transaction():
        move_sub_order(part, SubOrderState.DELIVERED)
        part.delivered_at = clock.now() - timedelta(days=days_ago)
    return part


def shipped(pack_id: int, *, quantity: int = 1) -> SubOrder:
    """A paid parcel on its way to its buyer."""
    placed = order({pack_id: quantity})
    transfer(payment_of(placed))
    db.session.rollback()
    with transaction():
        (part,) = db.session.get_one(Order, placed.id).sub_orders
        for step in (SubOrderState.PACKED, SubOrderState.SHIPPED):
            move_sub_order(part, step)
    return part


def with_account(producer_id: int, *, number: str = "2200000007", days_ago: int = 30) -> PayoutAccount:
    """An account of the producer, entered and verified so many days ago."""
    typist, checker = person(), person()
    with clock.frozen(clock.now() - timedelta(days=days_ago)), transaction():
        producer = db.session.get_one(Producer, producer_id)
        bank = BankAccount("999999", number, "HTX CAY LANH")
        account = producers.change_payout_account(producer, bank, actor_id=typist, our_bin="999999")
        return producers.verify_payout_account(account.id, by=operator(checker), number=number)


def refunded(part: SubOrder, amount: int) -> Refund:
    """Money of a parcel that went back to the buyer."""
    key = f"refund-{part.id}-{amount}-{len(db.session.scalars(select(Refund.id)).all())}"
    checkout.refund_parcel(part, {part.lines[0].id: Dong(amount)}, reason="Hàng lỗi", key=key, actor_id=None)
    refund = db.session.scalars(select(Refund).where(Refund.idempotency_key == key)).one()
    with transaction():
        payments.settle_refund(refund, occurred_at=clock.now())
    return refund


def requested(*producer_ids: int, by: int | None = None) -> PayoutBatch:
    """A batch that one operator asked for."""
    actor = by or person()
    with transaction():
        return payouts.request_batch(producer_ids, actor_id=actor)


def payout_of(batch: PayoutBatch) -> Payout:
    """The only payout of a batch, read afresh."""
    db.session.expire_all()
    (found,) = db.session.get_one(PayoutBatch, batch.id).payouts
    return found


def bank_says(payout: Payout | BoardPayout, state: str, *, failure: str = "") -> None:
    """The bank's answer about the transfer of a payout."""
    db.session.expire_all()
    sent = db.session.get_one(OutgoingTransfer, payout.transfer_id)
    now = clock.now()
    told = OrderedTransfer(
        bank_reference=f"FTOUT{sent.id}",
        state=state,
        amount=sent.amount,
        booked_at=now if state != "failed" else None,
        failure=failure,
        returned_at=now if state == "returned" else None,
        return_reference=f"FTBACK{sent.id}" if state == "returned" else "",
    )
    public_id = sent.public_id
    with transaction():
        assert payments.hear_transfer(public_id, told) is None
