"""Card and transfer through the sandbox, over HTTP: in order, out of order, twice, lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.outbox import flows as outbox
from marketplace.payments import flows, purposes, qr, services, settings
from marketplace.payments.errors import GatewayUnknown
from marketplace.payments.models import (
    BankReceipt,
    GatewayEvent,
    Payment,
    PaymentState,
    Purpose,
    Rail,
    Refund,
    RefundState,
    WorkItem,
)
from tests.payments.conftest import Owner, make_payment
from tests.payments.shop import Shop, open_shop


@pytest.fixture
def owner(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Owner:
    """Hears of every payment of an order; the clock runs."""
    handler = Owner()
    monkeypatch.setitem(purposes._handlers, Purpose.ORDER, handler)
    return handler


@pytest.fixture
def shop(context: Flask, tmp_path: Path, owner: Owner) -> Iterator[Shop]:
    """The shop and a sandbox, both over HTTP."""
    before = settings.current()
    running = open_shop(context, tmp_path)
    yield running
    running.stop()
    settings.configure(before)


def _fresh(payment: Payment) -> Payment:
    db.session.rollback()
    db.session.refresh(payment)
    return payment


def _events() -> dict[str, str | None]:
    db.session.rollback()
    return {event.type: event.ignored_reason for event in db.session.scalars(select(GatewayEvent))}


def test_a_card_pays_at_once_and_its_events_change_nothing_more(shop: Shop, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    started = flows.start(payment, payment_method="pm_card_visa")
    assert started.state is PaymentState.SETTLED and owner.verbs == ["settled"]
    assert set(shop.deliver()) == {200}
    assert owner.verbs == ["settled"]
    assert _events()["payment_intent.succeeded"] is None
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
    shop.fault("stripe", "garbage", moment="after", count=3)
    payment = make_payment(Rail.CARD)
    assert flows.start(payment, payment_method="pm_card_visa").state is PaymentState.CREATED
    assert set(shop.deliver()) == {200}
    assert _fresh(payment).state is PaymentState.SETTLED and payment.gateway_id is not None
    assert owner.verbs == ["settled"]


def test_a_lost_answer_and_lost_events_are_found_by_the_reconciler(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "garbage", moment="after", count=3)
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_visa")
    assert payment.gateway_id is None
    for _ in range(2):
        flows.reconcile(older_than=timedelta(0))
    assert _fresh(payment).state is PaymentState.SETTLED
    assert owner.verbs == ["settled"] and ledger.balance("gateway:card") == 120_000


def test_a_payment_that_never_reached_the_gateway_fails_in_the_end(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "500", moment="before", count=3)
    payment = make_payment(Rail.CARD)
    assert flows.start(payment, payment_method="pm_card_visa").state is PaymentState.CREATED
    flows.reconcile(older_than=timedelta(0))
    assert _fresh(payment).state is PaymentState.CREATED
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        flows.reconcile(older_than=timedelta(0))
    assert (_fresh(payment).state, payment.last_error) == (PaymentState.FAILED, "never_reached_gateway")


def test_a_lost_webhook_after_a_confirmation_is_found(shop: Shop, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_threeDSecure2Required", return_url="http://127.0.0.1:8000/x")
    intent_id = _fresh(payment).gateway_id
    shop.sandbox.stripe("POST", f"/payment_intents/{intent_id}/confirm", {"payment_method": "pm_card_visa"})
    shop.sandbox.stripe("POST", f"/payment_intents/{intent_id}/cancel", {})
    flows.reconcile(older_than=timedelta(0))
    at_gateway = shop.sandbox.stripe("GET", f"/payment_intents/{intent_id}").json()["status"]
    expected = {"succeeded": PaymentState.SETTLED, "canceled": PaymentState.CANCELLED}[at_gateway]
    assert _fresh(payment).state is expected


def test_fifty_copies_of_every_event_have_one_effect(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "garbage", moment="after", count=3)
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_visa")
    shop.fault("stripe_webhooks", "duplicate", copies=50)
    assert set(shop.deliver()) == {200}
    assert _fresh(payment).state is PaymentState.SETTLED
    assert owner.verbs == ["settled"] and ledger.balance("gateway:card") == 120_000
    rows = db.session.scalar(select(func.count()).select_from(GatewayEvent))
    assert rows == db.session.scalar(select(func.count(GatewayEvent.event_id.distinct())))


def test_events_in_any_order_lead_to_the_same_end(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "garbage", moment="after", count=3)
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_visa")
    shop.fault("stripe_webhooks", "shuffle")
    shop.deliver()
    assert _fresh(payment).state is PaymentState.SETTLED and owner.verbs == ["settled"]


def test_a_forged_or_stale_event_changes_nothing(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "garbage", moment="after", count=3)
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_visa")
    for kind, seconds in (("bad_signature", 0), ("old_time", 301), ("future_time", 301)):
        shop.fault("stripe_webhooks", kind, seconds=seconds, count=10)
        assert set(shop.deliver()) == {400}
        shop.clear_faults()
    assert _fresh(payment).state is PaymentState.CREATED and set(_events().values()) == {"bad_signature"}
    assert set(shop.deliver()) == {200}
    assert _fresh(payment).state is PaymentState.SETTLED


def test_a_refund_goes_through_the_gateway(shop: Shop, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_visa")
    with transaction():
        refund = services.request_refund(payment, Dong(50_000), reason="vỡ", actor_id=None)
    assert flows.send_refund(refund.id) is RefundState.SUCCEEDED
    assert flows.send_refund(refund.id) is RefundState.SUCCEEDED
    assert set(shop.deliver()) == {200}
    assert owner.verbs == ["settled", "refunded"]
    assert ledger.balance("gateway:card") == 70_000
    charge = shop.sandbox.stripe("GET", "/charges").json()["data"][0]
    assert charge["amount_refunded"] == 50_000


def test_a_refund_whose_answer_was_lost_is_not_sent_twice(shop: Shop, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_visa")
    with transaction():
        refund = services.request_refund(payment, Dong(50_000), reason="vỡ", actor_id=None)
    shop.fault("stripe", "garbage", moment="after", count=3, path="/v1/refunds")
    with pytest.raises(GatewayUnknown):
        flows.send_refund(refund.id)
    flows.reconcile(older_than=timedelta(0))
    db.session.rollback()
    db.session.refresh(refund)
    assert refund.state is RefundState.SUCCEEDED
    assert len(shop.sandbox.stripe("GET", "/refunds").json()["data"]) == 1


def test_a_refund_that_fails_later_is_taken_back_by_its_event(shop: Shop, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_refundFail")
    with transaction():
        refund = services.request_refund(payment, Dong(50_000), reason="vỡ", actor_id=None)
    flows.send_refund(refund.id)
    shop.sandbox.pass_time(7 * 86400)
    shop.deliver()
    db.session.rollback()
    db.session.refresh(refund)
    assert refund.state is RefundState.FAILED
    assert ledger.balance("gateway:card") == 120_000
    assert _fresh(payment).refunded == 0
    items = db.session.scalars(select(WorkItem)).all()
    assert [(item.reason, item.refund_id) for item in items] == [("card_refund_failed", refund.id)], "told to a person"


def test_money_for_a_cancelled_order_goes_back_through_the_gateway(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "garbage", moment="after", count=3)
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_visa")
    with transaction():
        services.cancel(payment)
    shop.deliver()
    assert _events()["payment_intent.succeeded"] == "late_refunded"
    flows.reconcile(older_than=timedelta(0))
    db.session.rollback()
    refund = db.session.scalars(select(Refund)).one()
    assert (refund.amount, refund.state) == (120_000, RefundState.SUCCEEDED)
    assert {row.code: row.balance for row in ledger.trial_balance() if row.balance} == {}


def test_a_cancelled_payment_is_cancelled_at_the_gateway(shop: Shop, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_threeDSecure2Required", return_url="http://127.0.0.1:8000/x")
    with transaction():
        services.cancel(payment)
    flows.cancel_intent(payment.id)
    flows.cancel_intent(payment.id)
    intent = shop.sandbox.stripe("GET", f"/payment_intents/{_fresh(payment).gateway_id}").json()
    assert intent["status"] == "canceled"


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
    shop.fault("stripe", "garbage", moment="after", count=3)
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_visa")
    with transaction():
        services.cancel(payment)
    flows.reconcile(older_than=timedelta(0))
    payment = _work(payment, after=timedelta(seconds=30))
    assert (payment.state, payment.gateway_id) == (PaymentState.CANCELLED, None)
    payment = _work(payment, after=timedelta(seconds=61))
    assert payment.state is PaymentState.SETTLED
    assert _everything_went_back(payment) and "settled" not in owner.verbs


def test_an_unanswered_intent_that_still_waits_is_cancelled_at_the_gateway(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "garbage", moment="after", count=3)
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_threeDSecure2Required", return_url="http://127.0.0.1:8000/x")
    with transaction():
        services.cancel(payment)
    payment = _work(payment, after=timedelta(seconds=61))
    (intent,) = shop.sandbox.stripe("GET", "/payment_intents").json()["data"]
    assert (intent["status"], payment.gateway_id) == ("canceled", intent["id"])
    assert payment.state is PaymentState.CANCELLED and db.session.scalars(select(Refund)).all() == []


def test_a_cancelled_payment_is_searched_until_it_cannot_arrive_any_more(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "500", moment="before", count=3)
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_visa")
    with transaction():
        services.cancel(payment)
    with pytest.raises(GatewayUnknown):
        flows.cancel_intent(payment.id)
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        flows.cancel_intent(payment.id)
    assert _fresh(payment).state is PaymentState.CANCELLED


def test_a_payment_that_reaches_the_gateway_after_it_was_given_up_goes_back(shop: Shop, owner: Owner) -> None:
    shop.fault("stripe", "500", moment="before", count=3)
    payment = make_payment(Rail.CARD)
    flows.start(payment, payment_method="pm_card_visa")
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        flows.reconcile(older_than=timedelta(0))
    settings.current().gateway.pay(
        payment.amount,
        payment_method="pm_card_visa",
        reference=payment.public_id,
        idempotency_key=payment.idempotency_key,
    )
    assert _fresh(payment).state is PaymentState.FAILED
    payment = _work(payment, after=timedelta(minutes=72))
    assert payment.state is PaymentState.SETTLED
    assert _everything_went_back(payment) and "settled" not in owner.verbs


def _receipts() -> list[tuple[str, str | None]]:
    db.session.rollback()
    rows = db.session.scalars(select(BankReceipt).order_by(BankReceipt.id))
    return [(row.state.value, row.reason) for row in rows]


def test_a_scanned_code_pays_by_the_banks_notice(shop: Shop, owner: Owner) -> None:
    payment = make_payment()
    shop.sandbox.pay(qr.payload(payment))
    assert shop.deliver() == [200]
    assert _fresh(payment).state is PaymentState.SETTLED and _receipts() == [("applied", None)]


def test_short_and_the_second_code_for_the_rest(shop: Shop, owner: Owner) -> None:
    payment = make_payment(amount=120_000)
    shop.sandbox.pay(qr.payload(payment), amount=100_000)
    shop.deliver()
    assert _fresh(payment).state is PaymentState.PARTIALLY_FUNDED
    shop.sandbox.pay(qr.payload(payment))
    shop.deliver()
    assert _fresh(payment).state is PaymentState.SETTLED and payment.received == 120_000
    assert owner.verbs == ["settled"]


def test_over_twice_garbled_and_late_wait_for_a_person(shop: Shop, owner: Owner) -> None:
    payment, late = make_payment(), make_payment()
    code = qr.payload(payment)
    wrong = str(payment.transfer_code)[:-1] + ("A" if str(payment.transfer_code)[-1] != "A" else "B")
    after_deadline = clock.local(clock.now() + timedelta(minutes=31)).isoformat(timespec="seconds")
    for qr_code, changes in (
        (code, {"memo": wrong}),
        (code, {"amount": 130_000}),
        (code, {}),
        (qr.payload(late), {"transacted_at": after_deadline}),
    ):
        shop.sandbox.pay(qr_code, **changes)
        assert shop.deliver() == [200]
    assert [reason for _, reason in _receipts()] == ["no_code", "over", "already_paid", "late"]
    assert ledger.balance("bank:collecting") == 120_000 * 3 + 130_000
    assert ledger.balance("unapplied") == -(120_000 * 3 + 10_000)


def test_a_lost_notice_is_found_in_the_statement_and_counts_once(shop: Shop, owner: Owner) -> None:
    payment = make_payment()
    shop.sandbox.pay(qr.payload(payment))
    for _ in range(2):
        flows.reconcile(older_than=timedelta(0))
    assert _fresh(payment).state is PaymentState.SETTLED
    assert shop.deliver() == [200]
    assert owner.verbs == ["settled"] and ledger.balance("bank:collecting") == 120_000


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
    assert (_fresh(good).state, _fresh(bad).state) == (PaymentState.SETTLED, PaymentState.CREATED)
    assert bad.checked_at is not None
    stumbling.over.clear()
    assert flows.reconcile(older_than=timedelta(0)).troubled == 0
    assert _fresh(bad).state is PaymentState.SETTLED


def test_a_line_of_the_statement_that_makes_trouble_does_not_stop_those_behind_it(
    shop: Shop, stumbling: Stumbling
) -> None:
    bad, good = make_payment(), make_payment()
    for payment in (bad, good):
        shop.sandbox.pay(qr.payload(payment))
    stumbling.over.add(bad.public_id)
    done = flows.reconcile(older_than=timedelta(0))
    assert (done.lines, done.unanswered, done.troubled) == (2, 0, 1)
    assert (_fresh(good).state, _fresh(bad).state) == (PaymentState.SETTLED, PaymentState.PENDING)
    stumbling.over.clear()
    flows.reconcile(older_than=timedelta(0))
    assert _fresh(bad).state is PaymentState.SETTLED and ledger.balance("bank:collecting") == 240_000


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
