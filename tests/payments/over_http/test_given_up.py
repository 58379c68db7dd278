"""Card payments that were given up: whatever the gateway took for them goes back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.ledger import queries as ledger
from marketplace.outbox import flows as outbox
from marketplace.payments import flows, services, settings
from marketplace.payments.errors import GatewayUnknown
from marketplace.payments.models import (
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from tests.payments.conftest import Owner
from tests.payments.over_http.steps import fresh, lose_answers, pay_by_card
from tests.payments.shop import Shop


def _work(payment: Payment, *, after: timedelta) -> Payment:
    """Deliver the messages that are due after a while, with all that follows from them; the payment as it is then."""
    payment_id = payment.id
    with clock.frozen(clock.now() + after):
        while outbox.deliver_next():
            pass
    db.session.remove()
    return db.session.get_one(Payment, payment_id)


def _everything_went_back(payment: Payment) -> bool:
    refund = db.session.scalars(select(Refund)).one()
    books = {row.code: row.balance for row in ledger.trial_balance() if row.balance}
    return (payment.refunded, refund.state, books) == (120_000, RefundState.SUCCEEDED, {})


def test_money_taken_without_our_knowledge_for_a_cancelled_payment_goes_back(shop: Shop, owner: Owner) -> None:
    """The charge happened; its answer and its events are lost, and the payment is closed before anybody asks."""
    lose_answers(shop)
    payment = pay_by_card()
    with transaction():
        services.cancel(payment)
    flows.reconcile(older_than=timedelta(0))
    payment = _work(payment, after=timedelta(seconds=30))
    assert (payment.state, payment.gateway_id) == (PaymentState.CANCELLED, None)
    payment = _work(payment, after=timedelta(seconds=61))
    assert payment.state is PaymentState.SETTLED
    assert _everything_went_back(payment) and "settled" not in owner.verbs


def test_an_unanswered_intent_that_still_waits_is_cancelled_at_the_gateway(shop: Shop, owner: Owner) -> None:
    lose_answers(shop)
    payment = pay_by_card("pm_card_threeDSecure2Required")
    with transaction():
        services.cancel(payment)
    payment = _work(payment, after=timedelta(seconds=61))
    (intent,) = shop.sandbox.stripe("GET", "/payment_intents").json()["data"]
    assert (intent["status"], payment.gateway_id) == ("canceled", intent["id"])
    assert payment.state is PaymentState.CANCELLED and db.session.scalars(select(Refund)).all() == []


def test_a_cancelled_payment_is_searched_until_it_cannot_arrive_any_more(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "500", moment="before", count=3)
    payment = pay_by_card()
    with transaction():
        services.cancel(payment)
    with pytest.raises(GatewayUnknown):
        flows.cancel_intent(payment.id)
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        flows.cancel_intent(payment.id)
    assert fresh(payment).state is PaymentState.CANCELLED


def test_a_payment_that_reaches_the_gateway_after_it_was_given_up_goes_back(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "500", moment="before", count=3)
    payment = pay_by_card()
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        flows.reconcile(older_than=timedelta(0))
    settings.current().gateway.pay(
        payment.amount,
        payment_method="pm_card_visa",
        reference=payment.public_id,
        idempotency_key=payment.idempotency_key,
    )
    assert fresh(payment).state is PaymentState.FAILED
    payment = _work(payment, after=timedelta(minutes=72))
    assert payment.state is PaymentState.SETTLED
    assert _everything_went_back(payment) and "settled" not in owner.verbs
