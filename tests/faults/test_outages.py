"""F11-F16, F18: the gateway hangs, is down, tells of other money, or tells everything in another order."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.checkout import flows as checkout
from marketplace.core.db import db
from marketplace.ledger import audit_checks
from marketplace.ledger import queries as ledger
from marketplace.orders.models import Order, OrderState, PaymentMethod
from marketplace.payments import flows, settings
from marketplace.payments.breaker import Breaker
from marketplace.payments.gateway import Gateway
from marketplace.payments.http import Line, Patience
from marketplace.payments.models import Payment, PaymentState, Refund, RefundState
from tests.checkout.buying import order
from tests.checkout.conftest import Stock, country, stock
from tests.faults.scenarios import CARD, GOOD, answer_lost, is_paid_once, work_outbox
from tests.journeys.running import free_port
from tests.payments.shop import Shop, open_shop
from tests.proof.outside import STRIPE_KEY
from tests.proof.staging import Stage
from tests.proof.world import let_pass

__all__ = ["country", "stock"]

HURRIED = Patience(connect=1, read=0.3, retries=2, first_delay=0.05)


@pytest.fixture
def hurried_shop(context: Flask, tmp_path: Path) -> Iterator[Shop]:
    """The shop beside a sandbox over HTTP, waiting for a third of a second at most."""
    with open_shop(context, tmp_path, patience=HURRIED) as running:
        yield running


def test_a_gateway_that_hangs_leaves_the_order_unpaid_and_not_failed(stock: Stock, hurried_shop: Shop) -> None:
    """F11, F13: no try waits longer than our patience, nothing is called failed, and another try pays."""
    pack_id = stock()
    hurried_shop.fault("stripe", "hang", moment="before", seconds=3, count=3)
    begin = time.monotonic()
    placed = order({pack_id: 1}, CARD, card=GOOD)
    assert time.monotonic() - begin < 3
    assert (placed.state, set(db.session.scalars(select(Payment.state)))) == (
        OrderState.AWAITING_PAYMENT,
        {PaymentState.CREATED},
    )
    hurried_shop.clear_faults()
    checkout.pay_by_card(placed.id, GOOD, "http://127.0.0.1/")
    db.session.refresh(placed)
    assert placed.state is OrderState.PAID
    assert len(hurried_shop.sandbox.stripe("GET", "/payment_intents").json()["data"]) == 1


@pytest.mark.parametrize(("budget", "is_in_time"), [(0.6, True), (60.0, False)], ids=["guarded", "control"])
def test_all_tries_of_a_call_share_one_deadline(
    context: Flask, tmp_path: Path, stock: Stock, budget: float, is_in_time: bool
) -> None:
    """F11: whoever waits behind the call waits for its budget. The control has none, and waits for every try."""
    patience = replace(HURRIED, read=0.5, budget=budget)
    with open_shop(context, tmp_path, patience=patience) as shop:
        pack_id = stock()
        shop.fault("stripe", "hang", moment="before", seconds=1, count=3)
        begin = time.monotonic()
        placed = order({pack_id: 1}, CARD, card=GOOD)
        assert (time.monotonic() - begin < 1.2) is is_in_time
        assert placed.state is OrderState.AWAITING_PAYMENT
        assert db.session.scalars(select(Payment.state)).one() is PaymentState.CREATED


@pytest.mark.parametrize(("failures", "asked"), [(3, 0), (0, 3)], ids=["guarded", "control"])
def test_a_silent_gateway_is_left_in_peace_and_then_tried_once(
    context: Flask, tmp_path: Path, stock: Stock, failures: int, asked: int
) -> None:
    """F13: the second buyer does not wait for it; the reconciler finds the truth when it is back. Control: all wait."""
    seconds = [0.0]
    breaker = Breaker(failures, pause=15, now=lambda: seconds[0])
    with open_shop(context, tmp_path, patience=replace(HURRIED, read=0.15), breaker=breaker) as shop:
        pack_id = stock()
        shop.fault("stripe", "hang", moment="before", seconds=0.3, count=10)
        order({pack_id: 1}, CARD, card=GOOD)
        left = shop.faults_left()
        second = order({pack_id: 1}, CARD, card=GOOD)
        assert left - shop.faults_left() == asked
        assert set(db.session.scalars(select(Payment.state))) == {PaymentState.CREATED}
        shop.clear_faults()
        seconds[0] = 15.0
        checkout.pay_by_card(second.id, GOOD, "http://127.0.0.1/")
        flows.reconcile(older_than=timedelta(0))
        assert _state_of(second) is OrderState.PAID


def test_a_gateway_that_was_down_for_an_hour_is_caught_up_with(stage: Stage) -> None:
    """F16: orders wait unpaid, other rails go on, and what was owed to the gateway is told when it is back."""
    world = stage.set_up()
    paid_id = order({world.packs[0]: 1}, CARD, card=GOOD).id
    is_up = settings.current()
    nowhere = Gateway(f"http://127.0.0.1:{free_port()}", STRIPE_KEY, line=Line(Patience(retries=0)))
    settings.configure(replace(is_up, gateway=nowhere))
    unpaid_id = order({world.packs[0]: 1}, CARD, card=GOOD).id
    at_the_door_id = order({world.packs[0]: 1}, PaymentMethod.CASH_ON_DELIVERY).id
    checkout.cancel_order(paid_id, actor_id=None)
    work_outbox()
    let_pass(timedelta(hours=1))
    world.settle_down()
    assert db.session.scalars(select(Refund.state)).one() is RefundState.PENDING
    settings.configure(is_up)
    let_pass(timedelta(hours=1))
    world.settle_down()
    states = dict(db.session.execute(select(Order.id, Order.state)).all())
    assert states == {
        paid_id: OrderState.CANCELLED,
        unpaid_id: OrderState.EXPIRED,
        at_the_door_id: OrderState.CONFIRMED,
    }
    assert db.session.scalars(select(Refund.state)).one() is RefundState.SUCCEEDED
    assert ledger.balance("gateway:card") == 0
    assert audit_checks.run() == []


def test_events_of_a_payment_in_every_order_have_the_same_end(stage: Stage) -> None:
    """F18."""
    world = stage.set_up()
    answer_lost(world)
    events = range(len(world.outside.waiting()))
    assert 2 <= len(events) <= 4
    for turn in permutations(events):
        world = stage.set_up()
        answer_lost(world)
        waiting = world.outside.waiting()
        assert [world.outside.carry(world.shop, waiting[place]) for place in turn] == [200] * len(events)
        world.settle_down(rounds=1)
        is_paid_once(world, None)
        assert ledger.balance("gateway:card") == db.session.scalars(select(Order.total)).one()
        assert audit_checks.run() == [], turn


@pytest.mark.parametrize("change", [{"amount": 1, "amount_received": 1}, {"currency": "usd"}])
def test_money_of_another_amount_or_currency_never_pays(stage: Stage, change: dict[str, object]) -> None:
    """F14."""
    world = stage.set_up()
    answer_lost(world)
    told = [json.loads(message.body) for message in world.outside.waiting()]
    (event,) = [event for event in told if event["type"] == "payment_intent.succeeded"]
    event["data"]["object"] |= change
    heard = flows.hear_gateway(json.dumps(event).encode())
    assert heard.ignored is not None
    assert db.session.scalars(select(Payment.state)).one() is not PaymentState.SETTLED
    assert db.session.scalars(select(Order.state)).one() is OrderState.AWAITING_PAYMENT
    assert ledger.balance("gateway:card") == 0


def _state_of(placed: Order) -> OrderState:
    db.session.refresh(placed)
    return placed.state
