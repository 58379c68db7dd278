"""Refunds never exceed what was captured."""

import pytest
from flask import Flask

from marketplace.core.db import transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.payments import services
from marketplace.payments.models import Payment, Rail, Refund, RefundState
from tests.payments.conftest import NOON, Owner, make_payment


def _paid(rail: Rail = Rail.CARD) -> Payment:
    payment = make_payment(rail)
    with transaction():
        services.settle(payment, occurred_at=NOON)
    return payment


def _ask(payment: Payment, amount: int, key: str | None = None) -> Refund:
    with transaction():
        return services.request_refund(payment, Dong(amount), reason="thiếu hàng", actor_id=None, key=key)


def test_partial_refunds_reach_the_captured_amount_and_not_more(context: Flask, owner: Owner) -> None:
    payment = _paid()
    _ask(payment, 50_000)
    _ask(payment, 70_000)
    with pytest.raises(Conflict) as refused:
        _ask(payment, 1)
    assert (refused.value.code, refused.value.facts) == ("refund_above_captured", {"left": 0})
    assert payment.refunded == 120_000


def test_an_unpaid_payment_gives_nothing_back(context: Flask, owner: Owner) -> None:
    with pytest.raises(Conflict, match="payment_not_settled"):
        _ask(make_payment(Rail.CARD), 1)


def test_the_same_key_is_the_same_refund(context: Flask, owner: Owner) -> None:
    payment = _paid()
    assert _ask(payment, 120_000, "k").id == _ask(payment, 120_000, "k").id
    assert payment.refunded == 120_000
    with pytest.raises(Conflict, match="refund_key_used"):
        _ask(payment, 5, "k")


def test_a_refund_is_posted_when_the_money_goes(context: Flask, owner: Owner) -> None:
    payment = _paid()
    refund = _ask(payment, 50_000)
    assert ledger.balance("order:escrow") == -120_000
    with transaction():
        assert services.settle_refund(refund, occurred_at=NOON, gateway_id="re_1")
        assert not services.settle_refund(refund, occurred_at=NOON, gateway_id="re_1")
    assert (ledger.balance("order:escrow"), ledger.balance("gateway:card")) == (-70_000, 70_000)
    assert owner.verbs == ["settled", "refunded"]


def test_a_refund_that_fails_after_it_seemed_to_work_is_reversed(context: Flask, owner: Owner) -> None:
    payment = _paid()
    refund = _ask(payment, 50_000)
    with transaction():
        services.settle_refund(refund, occurred_at=NOON)
        assert services.fail_refund(refund, code="lost_or_stolen_card", occurred_at=NOON)
        assert not services.fail_refund(refund, code="lost_or_stolen_card", occurred_at=NOON)
    assert (refund.state, payment.refunded) == (RefundState.FAILED, 0)
    assert ledger.balance("order:escrow") == -120_000
    assert owner.verbs == ["settled", "refunded", "refund failed"]


def test_a_failed_refund_may_be_asked_for_again(context: Flask, owner: Owner) -> None:
    payment = _paid()
    refund = _ask(payment, 120_000)
    with transaction():
        services.fail_refund(refund, code="expired_or_canceled_card", occurred_at=NOON)
    assert _ask(payment, 120_000).state is RefundState.PENDING
