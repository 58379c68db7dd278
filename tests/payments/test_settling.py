"""One settle function: once, forward only, and late money goes back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.outbox.models import OutboxMessage
from marketplace.payments import services
from marketplace.payments.models import Payment, PaymentState, Purpose, Rail, RefundState
from marketplace.payments.queries import refunds_of
from tests.payments.conftest import NOON, Owner, make_payment


def _settle(payment: Payment) -> services.Settlement:
    with transaction():
        return services.settle(payment, occurred_at=NOON)


def _books() -> dict[str, int]:
    return {row.code: row.balance for row in ledger.trial_balance() if row.balance}


def test_a_card_payment_settles_once(context: Flask, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    assert [_settle(payment), _settle(payment)] == ["settled", "already_settled"]
    assert owner.verbs == ["settled"]
    assert _books() == {"gateway:card": 120_000, "order:escrow": -120_000}


def test_cash_at_the_door_is_owed_by_who_took_it(context: Flask, owner: Owner) -> None:
    _settle(make_payment(Rail.CASH_ON_DELIVERY, expires_at=None))
    assert _books() == {"cod:receivable": 120_000, "order:escrow": -120_000}


def test_a_failed_settlement_leaves_nothing(context: Flask, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(payment: Payment, occurred_at: object) -> None:
        raise Conflict("stock_short")

    monkeypatch.setattr(owner, "on_settled", refuse)
    payment = make_payment(Rail.CARD)
    with pytest.raises(Conflict):
        _settle(payment)
    assert payment.state is PaymentState.CREATED and _books() == {}


def test_a_declined_payment_is_failed_and_its_owner_hears_it_once(context: Flask, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    with transaction():
        assert services.fail(payment, code="insufficient_funds")
        assert not services.fail(payment, code="insufficient_funds")
    assert (payment.state, payment.last_error) == (PaymentState.FAILED, "insufficient_funds")
    assert owner.verbs == ["failed"]


def test_a_settled_payment_neither_fails_nor_is_cancelled(context: Flask, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    _settle(payment)
    with transaction():
        assert not services.fail(payment, code="late news")
    with pytest.raises(Conflict, match="payment_settled"), transaction():
        services.cancel(payment)
    assert payment.state is PaymentState.SETTLED


def test_card_money_after_the_deadline_goes_back(context: Flask, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    with clock.frozen(NOON + timedelta(minutes=31)):
        assert _settle(payment) == "not_wanted"
    assert "settled" not in owner.verbs
    assert _books() == {"gateway:card": 120_000, "unapplied": -120_000}
    (refund,) = refunds_of(payment)
    assert (refund.amount, refund.state) == (120_000, RefundState.PENDING)
    with transaction():
        services.settle_refund(refund, occurred_at=NOON)
    assert _books() == {} and "refunded" not in owner.verbs


def test_card_money_after_the_deadline_counts_when_the_owner_revives(context: Flask, owner: Owner) -> None:
    owner.revives = True
    payment = make_payment(Rail.CARD)
    with transaction():
        services.cancel(payment)
    assert _settle(payment) == "settled"
    assert owner.verbs == ["asked", "settled"]


def test_cancelling_a_card_payment_tells_the_gateway_later(context: Flask, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    with transaction():
        payment.gateway_id = "pi_1"
        db.session.flush()
        services.cancel(payment)
    assert [message.topic for message in db.session.scalars(select(OutboxMessage))] == ["payments.cancel_intent"]


def test_a_cancelled_card_payment_without_an_answer_is_asked_about_a_minute_later(context: Flask, owner: Owner) -> None:
    payment = make_payment(Rail.CARD)
    with transaction():
        services.cancel(payment)
    (message,) = db.session.scalars(select(OutboxMessage))
    assert (message.topic, message.due_at) == ("payments.cancel_intent", NOON + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("rail", "amount", "code"),
    [
        (Rail.CARD, 100_000_000, "card_amount_too_high"),
        (Rail.VIETQR, 500_000_000, "transfer_amount_too_high"),
        (Rail.CASH_ON_DELIVERY, 500_000_000, "cash_amount_too_high"),
        (Rail.CARD, 0, "payment_amount_too_low"),
    ],
)
def test_what_a_rail_cannot_carry_is_never_asked_for(
    context: Flask, owner: Owner, rail: Rail, amount: int, code: str
) -> None:
    with pytest.raises(Invalid, match=code), transaction():
        services.open_payment(Purpose.ORDER, rail, Dong(amount))
    assert db.session.scalars(select(Payment)).all() == []
