"""The reconciler goes on past whatever makes trouble."""

from datetime import datetime, timedelta

import pytest

from marketplace.core import clock
from marketplace.core.db import transaction
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.payments import flows, purposes, qr, services, settings
from marketplace.payments.models import (
    Payment,
    PaymentState,
    Purpose,
    Rail,
)
from tests.payments.conftest import Owner, make_payment
from tests.payments.over_http.steps import fresh
from tests.payments.shop import Shop


class Stumbling(Owner):
    """An owner that cannot take the money of the payments it is told to stumble over."""

    def __init__(self) -> None:
        super().__init__()
        self.over: set[str] = set()

    def on_settled(self, payment: Payment, occurred_at: datetime) -> None:
        if payment.public_id in self.over:
            raise ValueError("nothing waits for this payment")
        super().on_settled(payment, occurred_at)


@pytest.fixture
def stumbling(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> Stumbling:
    """Takes the place of the owner."""
    handler = Stumbling()
    monkeypatch.setitem(purposes._handlers, Purpose.ORDER, handler)
    return handler


def test_a_card_payment_that_makes_trouble_does_not_stop_those_behind_it(shop: Shop, stumbling: Stumbling) -> None:
    bad, good = make_payment(Rail.CARD), make_payment(Rail.CARD)
    for payment in (bad, good):
        shop.fault("stripe", "garbage", moment="after", count=3)
        flows.start(payment, payment_method="pm_card_visa")
    stumbling.over.add(bad.public_id)
    done = flows.reconcile(older_than=timedelta(0))
    assert (done.payments, done.unanswered, done.troubled) == (2, 0, 1)
    assert (fresh(good).state, fresh(bad).state) == (PaymentState.SETTLED, PaymentState.CREATED)
    assert bad.checked_at is not None
    stumbling.over.clear()
    assert flows.reconcile(older_than=timedelta(0)).troubled == 0
    assert fresh(bad).state is PaymentState.SETTLED


def test_a_line_of_the_statement_that_makes_trouble_does_not_stop_those_behind_it(
    shop: Shop, stumbling: Stumbling
) -> None:
    bad, good = make_payment(), make_payment()
    for payment in (bad, good):
        shop.sandbox.pay(qr.payload(payment))
    stumbling.over.add(bad.public_id)
    done = flows.reconcile(older_than=timedelta(0))
    assert (done.lines, done.unanswered, done.troubled) == (2, 0, 1)
    assert (fresh(good).state, fresh(bad).state) == (PaymentState.SETTLED, PaymentState.PENDING)
    stumbling.over.clear()
    flows.reconcile(older_than=timedelta(0))
    assert fresh(bad).state is PaymentState.SETTLED and ledger.balance("bank:collecting") == 240_000


def test_no_answer_of_bank_or_gateway_stops_the_reconciler(shop: Shop, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    shop.fault("stripe", "500", count=6)
    flows.start(payment, payment_method="pm_card_visa")
    shop.fault("bank", "500", count=3)
    done = flows.reconcile(older_than=timedelta(0))
    assert done.unanswered == 2


def test_lists_of_a_day_hold_everything_once(shop: Shop, owner: Owner) -> None:
    for _ in range(3):
        flows.start(make_payment(Rail.CARD), payment_method="pm_card_visa")
    settled = make_payment(Rail.CARD)
    flows.start(settled, payment_method="pm_card_visa")
    with transaction():
        refund = services.request_refund(settled, Dong(50_000), reason="vỡ", actor_id=None)
    flows.send_refund(refund.id)
    gateway, now = settings.current().gateway, clock.now()
    begin, end = now - timedelta(minutes=1), now + timedelta(minutes=1)
    intents = list(gateway.intents_between(begin, end))
    assert len(intents) == 4 and {intent.metadata["payment"] for intent in intents} >= {settled.public_id}
    assert {charge.intent_id for charge in gateway.charges_between(begin, end)} == {intent.id for intent in intents}
    assert [found.amount for found in gateway.refunds_between(begin, end)] == [50_000]
    assert list(gateway.payouts_between(begin, end)) == []
    assert list(gateway.intents_between(begin - timedelta(hours=1), begin)) == []
