"""The gateway's list beside the books."""

from datetime import timedelta

from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.payments import flows, services
from marketplace.payments.models import Payment, PaymentState, Rail, Refund, RefundState
from marketplace.settlement.flows.differences import reconcile
from marketplace.settlement.models import (
    GATEWAY,
    DifferenceKind,
    DifferenceState,
    Outcome,
    StatementDifference,
    StatementLine,
)
from tests.payments.conftest import NOON, Owner, make_payment
from tests.payments.shop import Shop
from tests.settlement.reconcile.steps import TODAY, by_card, day, fresh, kinds, rows


def test_a_payment_whose_answer_and_event_were_lost_is_settled_and_listed(shop: Shop, buyer: Owner) -> None:
    shop.fault("stripe", "garbage", moment="after", count=3)
    payment = by_card()
    shop.clear_faults()
    assert payment.state is PaymentState.CREATED
    done = reconcile()
    assert fresh(payment).state is PaymentState.SETTLED and buyer.verbs == ["settled"]
    assert (done.outcome, done.counts.repaired) == (Outcome.CLEAN, 1)
    assert kinds(DifferenceState.REPAIRED) == [DifferenceKind.STATE]
    assert day(GATEWAY).adds_up and day(GATEWAY).effects == 0
    assert reconcile().counts.closed == 0 and len(rows(DifferenceState.REPAIRED)) == 1


def test_an_intent_that_we_do_not_know_is_missing_here_with_all_that_is_known(shop: Shop) -> None:
    data = {
        "amount": "70000",
        "currency": "vnd",
        "payment_method": "pm_card_visa",
        "payment_method_types[]": "card",
        "confirm": "true",
        "metadata[payment]": "gone-with-the-backup",
    }
    assert shop.sandbox.stripe("POST", "/payment_intents", data).status_code == 200
    assert reconcile().outcome is Outcome.DIFFERENCES
    row = db.session.scalars(select(StatementDifference)).one()
    assert (row.kind, row.theirs, row.ours, row.their_state) == (DifferenceKind.MISSING_HERE, 70_000, None, "succeeded")
    assert "gone-with-the-backup" in row.about and row.happened_at == NOON
    assert day(GATEWAY).effects == 70_000 and day(GATEWAY).adds_up


def test_a_payment_that_the_gateway_does_not_know_is_missing_there(shop: Shop) -> None:
    payment = make_payment(Rail.CARD)
    with transaction():
        row = db.session.get_one(Payment, payment.id)
        row.gateway_id = "pi_invented"
        services.settle(row, occurred_at=clock.now())
    reconcile()
    assert rows() == [(DifferenceKind.MISSING_THERE, "pi_invented")]
    assert day(GATEWAY).effects == -120_000 and day(GATEWAY).adds_up


def test_a_payment_opened_before_midnight_and_made_there_after_it_is_no_difference(shop: Shop) -> None:
    midnight, _ = clock.local_day(TODAY)
    with clock.frozen(midnight - timedelta(seconds=1)):
        payment = make_payment(Rail.CARD)
    with clock.frozen(midnight + timedelta(seconds=1)):
        flows.start(payment, payment_method="pm_card_visa")
    assert (reconcile().outcome, rows()) == (Outcome.CLEAN, [])
    assert day(GATEWAY).adds_up


def test_states_and_amounts_that_cannot_be_put_right_are_differences(shop: Shop) -> None:
    settled, other = by_card(), by_card(80_000)
    assert settled.gateway_id is not None and other.gateway_id is not None
    pending = make_payment(Rail.CARD)
    flows.start(pending, payment_method="pm_card_threeDSecure2Required", return_url="http://127.0.0.1:8000/x")
    with transaction():
        row = db.session.get_one(Payment, pending.id)
        row.state = PaymentState.CANCELLED  # here closed, at the gateway still open
    with transaction():
        changed = db.session.get_one(Payment, other.id)
        changed.amount = Dong(79_000)
    reconcile()
    assert {subject: kind for kind, subject in rows()} == {
        str(fresh(pending).gateway_id): DifferenceKind.STATE,
        other.gateway_id: DifferenceKind.AMOUNT,
    }
    assert day(GATEWAY).adds_up


def test_refunds_are_compared_as_well(shop: Shop) -> None:
    payment = by_card()
    with transaction():
        lost = services.request_refund(payment, Dong(20_000), reason="vỡ", actor_id=None)
    lost_id = lost.id
    shop.sandbox.stripe(
        "POST",
        "/refunds",
        {"payment_intent": payment.gateway_id, "amount": "20000", "metadata[refund]": lost.public_id},
    )
    shop.sandbox.stripe("POST", "/refunds", {"payment_intent": payment.gateway_id, "amount": "1000"})
    reconcile()
    assert db.session.get_one(Refund, lost_id).state is RefundState.SUCCEEDED
    assert kinds() == [DifferenceKind.MISSING_HERE]
    assert kinds(DifferenceState.REPAIRED) == [DifferenceKind.STATE]
    found = day(GATEWAY)
    assert (found.statement.went_out, found.books.went_out, found.effects) == (21_000, 20_000, -1_000)
    assert found.adds_up


def test_more_objects_than_a_page_of_the_gateway_are_all_compared(shop: Shop) -> None:
    for number in range(103):
        wanted = {"amount": str(20_000 + number), "currency": "vnd"}
        assert shop.sandbox.stripe("POST", "/payment_intents", wanted).status_code == 200
    assert reconcile().still_open == 103
    assert reconcile().still_open == 103
    assert db.session.scalar(select(func.count()).select_from(StatementLine)) == 103
