"""Paying by card, and what the tables say now."""

from sqlalchemy import select

from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.payments import flows, services
from marketplace.payments.models import BankReceipt, GatewayEvent, Payment, Rail, Refund
from tests.payments.conftest import make_payment
from tests.payments.shop import Shop


def pay_by_card(card: str = "pm_card_visa") -> Payment:
    """A payment of 120,000 dong that was tried with a card; how it stands then is the gateway's business."""
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method=card, return_url="http://127.0.0.1:8000/don-hang")
    return payment


def lose_answers(shop: Shop) -> None:
    """Whatever the next call of the gateway does is done, and none of its three tries hears of it."""
    shop.fault("stripe", "garbage", moment="after", count=3)


def promise_back(payment: Payment, *, reason: str = "vỡ") -> Refund:
    """Promise 50,000 dong of it back; nothing is sent yet."""
    with transaction():
        return services.request_refund(payment, Dong(50_000), reason=reason, actor_id=None)


def fresh(payment: Payment) -> Payment:
    """The payment as it is now."""
    db.session.rollback()
    db.session.refresh(payment)
    return payment


def events() -> dict[str, str | None]:
    """Why each kind of event changed nothing, None when it did."""
    db.session.rollback()
    return {event.type: event.ignored_reason for event in db.session.scalars(select(GatewayEvent))}


def receipts() -> list[tuple[str, str | None]]:
    """State and reason of each receipt, oldest first."""
    db.session.rollback()
    rows = db.session.scalars(select(BankReceipt).order_by(BankReceipt.id))
    return [(row.state.value, row.reason) for row in rows]
