"""Cards and their refunds: in order, out of order, twice, lost."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.ledger import audit_checks
from marketplace.ledger import queries as ledger
from marketplace.payments import flows, services
from marketplace.payments.errors import GatewayUnknown
from marketplace.payments.models import (
    GatewayEvent,
    PaymentState,
    Rail,
    Refund,
    RefundState,
    WorkItem,
    WorkState,
)
from tests.payments.conftest import Owner, make_payment
from tests.payments.over_http.steps import events, fresh, lose_answers, pay_by_card, promise_back
from tests.payments.shop import Shop


def test_a_card_pays_at_once_and_its_events_change_nothing_more(shop: Shop, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    started = flows.start(payment, payment_method="pm_card_visa")
    assert started.state is PaymentState.SETTLED and owner.verbs == ["settled"]
    assert set(shop.deliver()) == {200}
    assert owner.verbs == ["settled"]
    assert events()["payment_intent.succeeded"] is None
    assert ledger.balance("gateway:card") == 120_000


def test_a_decline_fails_the_payment_with_the_issuers_reason(shop: Shop, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    started = flows.start(payment, payment_method="pm_card_visa_chargeDeclinedInsufficientFunds")
    assert (started.state, started.error) == (PaymentState.FAILED, "insufficient_funds")
    assert set(shop.deliver()) == {200}
    assert owner.verbs == ["failed"] and ledger.trial_balance() == []


def test_a_card_that_asks_first_is_paid_by_its_event(shop: Shop, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    started = flows.start(
        payment, payment_method="pm_card_threeDSecure2Required", return_url="http://127.0.0.1:8000/don-hang"
    )
    assert started.state is PaymentState.PENDING
    assert started.redirect_url is not None and started.redirect_url.startswith(shop.sandbox.base_url)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", ["500", "reset", "garbage", "409"])
def test_a_passing_fault_is_ridden_out_with_the_same_key(shop: Shop, owner: Owner, kind: str, moment: str) -> None:
    shop.fault("stripe", kind, moment=moment)
    assert flows.start(make_payment(Rail.CARD), payment_method="pm_card_visa").state is PaymentState.SETTLED
    assert len(shop.sandbox.stripe("GET", "/payment_intents").json()["data"]) == 1


def test_an_unknown_answer_leaves_the_payment_to_the_webhook(shop: Shop, owner: Owner) -> None:
    """The charge happened, its answer never came, and the event is quicker than our knowledge of the intent's id."""
    lose_answers(shop)
    payment = make_payment(Rail.CARD)
    assert flows.start(payment, payment_method="pm_card_visa").state is PaymentState.CREATED
    assert set(shop.deliver()) == {200}
    assert fresh(payment).state is PaymentState.SETTLED and payment.gateway_id is not None
    assert owner.verbs == ["settled"]


def test_a_lost_answer_and_lost_events_are_found_by_the_reconciler(shop: Shop, owner: Owner) -> None:
    lose_answers(shop)
    payment = pay_by_card()
    assert payment.gateway_id is None
    for _ in range(2):
        flows.reconcile(older_than=timedelta(0))
    assert fresh(payment).state is PaymentState.SETTLED
    assert owner.verbs == ["settled"] and ledger.balance("gateway:card") == 120_000


def test_a_payment_that_never_reached_the_gateway_fails_in_the_end(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "500", moment="before", count=3)
    payment = make_payment(Rail.CARD)
    assert flows.start(payment, payment_method="pm_card_visa").state is PaymentState.CREATED
    flows.reconcile(older_than=timedelta(0))
    assert fresh(payment).state is PaymentState.CREATED
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        flows.reconcile(older_than=timedelta(0))
    assert (fresh(payment).state, payment.last_error) == (PaymentState.FAILED, "never_reached_gateway")


def test_a_lost_webhook_after_a_confirmation_is_found(shop: Shop, owner: Owner) -> None:
    payment = pay_by_card("pm_card_threeDSecure2Required")
    intent_id = fresh(payment).gateway_id
    shop.sandbox.stripe("POST", f"/payment_intents/{intent_id}/confirm", {"payment_method": "pm_card_visa"})
    shop.sandbox.stripe("POST", f"/payment_intents/{intent_id}/cancel", {})
    flows.reconcile(older_than=timedelta(0))
    at_gateway = shop.sandbox.stripe("GET", f"/payment_intents/{intent_id}").json()["status"]
    expected = {"succeeded": PaymentState.SETTLED, "canceled": PaymentState.CANCELLED}[at_gateway]
    assert fresh(payment).state is expected


def test_fifty_copies_of_every_event_have_one_effect(shop: Shop, owner: Owner) -> None:
    lose_answers(shop)
    payment = pay_by_card()
    shop.fault("stripe_webhooks", "duplicate", copies=50)
    assert set(shop.deliver()) == {200}
    assert fresh(payment).state is PaymentState.SETTLED
    assert owner.verbs == ["settled"] and ledger.balance("gateway:card") == 120_000
    rows = db.session.scalar(select(func.count()).select_from(GatewayEvent))
    assert rows == db.session.scalar(select(func.count(GatewayEvent.event_id.distinct())))


def test_events_in_any_order_lead_to_the_same_end(shop: Shop, owner: Owner) -> None:
    lose_answers(shop)
    payment = pay_by_card()
    shop.fault("stripe_webhooks", "shuffle")
    shop.deliver()
    assert fresh(payment).state is PaymentState.SETTLED and owner.verbs == ["settled"]


def test_a_forged_or_stale_event_changes_nothing(shop: Shop, owner: Owner) -> None:
    lose_answers(shop)
    payment = pay_by_card()
    for kind, seconds in (("bad_signature", 0), ("old_time", 360), ("future_time", 360)):
        shop.fault("stripe_webhooks", kind, seconds=seconds, count=10)
        assert set(shop.deliver()) == {400}
        shop.clear_faults()
    assert fresh(payment).state is PaymentState.CREATED and set(events().values()) == {"bad_signature"}
    assert set(shop.deliver()) == {200}
    assert fresh(payment).state is PaymentState.SETTLED


def test_a_refund_goes_through_the_gateway(shop: Shop, owner: Owner) -> None:
    payment = pay_by_card()
    refund = promise_back(payment)
    assert flows.send_refund(refund.id) is RefundState.SUCCEEDED
    assert flows.send_refund(refund.id) is RefundState.SUCCEEDED
    assert set(shop.deliver()) == {200}
    assert owner.verbs == ["settled", "refunded"]
    assert ledger.balance("gateway:card") == 70_000
    charge = shop.sandbox.stripe("GET", "/charges").json()["data"][0]
    assert charge["amount_refunded"] == 50_000


def test_a_refund_whose_answer_was_lost_is_not_sent_twice(shop: Shop, owner: Owner) -> None:
    payment = pay_by_card()
    refund = promise_back(payment)
    shop.fault("stripe", "garbage", moment="after", count=3, path="/v1/refunds")
    with pytest.raises(GatewayUnknown):
        flows.send_refund(refund.id)
    flows.reconcile(older_than=timedelta(0))
    db.session.rollback()
    db.session.refresh(refund)
    assert refund.state is RefundState.SUCCEEDED
    assert len(shop.sandbox.stripe("GET", "/refunds").json()["data"]) == 1


def test_a_refund_that_fails_later_is_taken_back_by_its_event(shop: Shop, owner: Owner) -> None:
    payment = pay_by_card("pm_card_refundFail")
    refund = promise_back(payment)
    flows.send_refund(refund.id)
    shop.sandbox.pass_time(7 * 86400)
    shop.deliver()
    db.session.rollback()
    db.session.refresh(refund)
    assert refund.state is RefundState.FAILED
    assert ledger.balance("gateway:card") == 120_000
    assert fresh(payment).refunded == 0
    items = db.session.scalars(select(WorkItem)).all()
    assert [(item.reason, item.refund_id) for item in items] == [("card_refund_failed", refund.id)], "told to a person"


def test_money_for_a_cancelled_order_goes_back_through_the_gateway(shop: Shop, owner: Owner) -> None:
    lose_answers(shop)
    payment = pay_by_card()
    with transaction():
        services.cancel(payment)
    shop.deliver()
    assert events()["payment_intent.succeeded"] == "late_refunded"
    flows.reconcile(older_than=timedelta(0))
    db.session.rollback()
    refund = db.session.scalars(select(Refund)).one()
    assert (refund.amount, refund.state) == (120_000, RefundState.SUCCEEDED)
    assert {row.code: row.balance for row in ledger.trial_balance() if row.balance} == {}


def test_money_that_came_too_late_and_cannot_go_back_waits_for_a_person(shop: Shop, owner: Owner) -> None:
    lose_answers(shop)
    payment = pay_by_card("pm_card_refundFail")
    with transaction():
        services.cancel(payment)
    shop.deliver()
    flows.reconcile(older_than=timedelta(0))
    shop.sandbox.pass_time(7 * 86400)
    shop.deliver()
    db.session.rollback()
    assert fresh(payment).refunded == 0
    item = db.session.scalars(select(WorkItem)).one()
    assert item.reason == "card_refund_failed"
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert "I14" not in {finding.check.name for finding in audit_checks.run()}
        with transaction():
            item.state, item.decided_at = WorkState.DECIDED, clock.now()
        assert "I14" in {finding.check.name for finding in audit_checks.run()}, "decided, and the money is still here"


def test_a_cancelled_payment_is_cancelled_at_the_gateway(shop: Shop, owner: Owner) -> None:
    payment = pay_by_card("pm_card_threeDSecure2Required")
    with transaction():
        services.cancel(payment)
    flows.cancel_intent(payment.id)
    flows.cancel_intent(payment.id)
    intent = shop.sandbox.stripe("GET", f"/payment_intents/{fresh(payment).gateway_id}").json()
    assert intent["status"] == "canceled"
