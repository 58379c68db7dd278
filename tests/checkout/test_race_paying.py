"""F17: the same notice of the bank and the same event of the gateway, fifty times at the doors of eight processes."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from marketplace.core import clock
from marketplace.core.db import Base, db
from marketplace.inventory.models import Lot, MoveReason, StockMove
from marketplace.ledger import queries as ledger
from marketplace.orders.models import Order, OrderState, PaymentMethod
from marketplace.payments import flows, settings
from marketplace.payments.models import BankReceipt, GatewayEvent, Payment, PaymentState
from marketplace.payments.services import events
from marketplace.sandbox.signing import bank_headers, stripe_headers
from tests.checkout.buying import order, payment_of
from tests.checkout.conftest import Stock
from tests.racing import PROCESSES, Racers

ROUNDS = 20
CONTROL_ROUNDS = 5
#: How often the sender sends one piece of news, over all processes.
TIMES = 50
UNITS = 100

pytestmark = pytest.mark.race


# -- what is heard -------------------------------------------------------------------------------------------------


def _notice(payment: Payment) -> bytes:
    movement = {
        "id": f"bn_{payment.public_id}",
        "bank_reference": f"FT{payment.public_id}",
        "bin": payment.payee_bin,
        "account": payment.payee_account,
        "direction": "in",
        "amount": payment.amount,
        "currency": "VND",
        "memo": payment.transfer_code,
        "transacted_at": clock.now().isoformat(),
    }
    return json.dumps(movement).encode()


def _event(payment: Payment) -> bytes:
    created = int(clock.now().timestamp())
    intent = {
        "id": f"pi_{payment.public_id}",
        "object": "payment_intent",
        "status": "succeeded",
        "amount": payment.amount,
        "amount_received": payment.amount,
        "currency": "vnd",
        "metadata": {"payment": payment.public_id},
        "created": created,
    }
    event_id, kind = f"evt_{payment.public_id}", "payment_intent.succeeded"
    event = {"id": event_id, "object": "event", "type": kind, "created": created, "data": {"object": intent}}
    return json.dumps(event).encode()


NEWS: dict[PaymentMethod, Callable[[Payment], bytes]] = {
    PaymentMethod.VIETQR: _notice,
    PaymentMethod.CARD: _event,
}
METHODS = pytest.mark.parametrize("method", list(NEWS))


# -- turns: what each process does ---------------------------------------------------------------------------------


def knock(method: PaymentMethod, body: bytes, number: int) -> list[tuple[int, bool]]:
    """The same news, signed, at the webhook's door again and again; status, and whether it was new, of each time."""
    moment, known = int(clock.now().timestamp()), settings.current()
    if method is PaymentMethod.VIETQR:
        path, headers = "/webhooks/bank", bank_headers(known.notice_secrets[0], moment, body)
    else:
        path, headers = "/webhooks/stripe", stripe_headers(list(known.webhook_secrets), moment, body)
    browser, times = current_app.test_client(), len(range(number, TIMES, PROCESSES))
    answers = [browser.post(path, data=body, headers=headers) for _ in range(times)]
    return [(answer.status_code, bool(answer.get_json()["new"])) for answer in answers]


def hear(method: PaymentMethod, body: bytes, _number: int) -> bool:
    """The same news, by everybody; whether it was new."""
    take_over = flows.apply_bank_notice if method is PaymentMethod.VIETQR else flows.hear_gateway
    return take_over(body).is_new


def hear_unrecognised(method: PaymentMethod, body: bytes, number: int) -> bool | None:
    """The control: an event is looked up first and inserted afterwards."""
    event_id = json.loads(body)["id"]
    known = db.session.scalar(select(GatewayEvent.id).where(GatewayEvent.event_id == event_id)) is not None
    db.session.rollback()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "insert_ignoring_duplicates", partial(_insert_unless, known))
        try:
            return hear(method, body, number)
        except IntegrityError:
            return None


def hear_under_own_name(body: bytes, number: int) -> bool:
    """The control of the control: one transfer that has another id and reference for each who hears of it."""
    notice = json.loads(body)
    for name in ("id", "bank_reference"):
        notice[name] += f"-{number}"
    return hear(PaymentMethod.VIETQR, json.dumps(notice).encode(), number)


def _insert_unless(known: bool, model: type[Base], values: dict[str, Any], *, keys: list[str]) -> bool:
    if not known:
        db.session.add(model(**values))
        db.session.flush()
    return not known


# -- the races -----------------------------------------------------------------------------------------------------


def _news(stock: Stock, method: PaymentMethod, rounds: int = CONTROL_ROUNDS) -> list[bytes]:
    """What pays each of some waiting orders."""
    pack_id = stock(quantity=UNITS)
    return [NEWS[method](payment_of(order({pack_id: 1}, method))) for _ in range(rounds)]


def _count(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@METHODS
def test_the_same_news_fifty_times_has_one_effect(
    stock: Stock, context: Flask, racers: Racers, method: PaymentMethod
) -> None:
    answers = racers.race(partial(knock, method), _news(stock, method, ROUNDS))
    for of_news in answers:
        statuses, were_new = zip(*[answer for of_racer in of_news for answer in of_racer], strict=True)
        assert (statuses, sum(were_new)) == ((200,) * TIMES, 1)
    payments = db.session.scalars(select(Payment)).all()
    assert {payment.state for payment in payments} == {PaymentState.SETTLED}
    assert set(db.session.scalars(select(Order.state))) == {OrderState.PAID}
    paid = sum(payment.amount for payment in payments)
    assert ledger.balance("gateway:card" if method is PaymentMethod.CARD else "bank:collecting") == paid
    assert (ledger.balance("unapplied"), ledger.balance("order:escrow")) == (0, 0)
    assert _count(GatewayEvent) == ROUNDS
    assert _count(BankReceipt) == (ROUNDS if method is PaymentMethod.VIETQR else 0)
    sales = db.session.scalars(select(StockMove.delta).where(StockMove.reason == MoveReason.SALE)).all()
    assert sales == [-1] * ROUNDS
    assert db.session.execute(select(Lot.on_hand, Lot.reserved)).one() == (UNITS - ROUNDS, 0)


@METHODS
def test_without_the_guarded_insert_the_sender_gets_errors(
    stock: Stock, context: Flask, racers: Racers, method: PaymentMethod
) -> None:
    """The UNIQUE constraint still keeps one effect, but who sent the news again is told that we failed."""
    answers = racers.race(partial(hear_unrecognised, method), _news(stock, method))
    assert max(of_news.count(None) for of_news in answers) > 0
    assert max(of_news.count(None) for of_news in answers) < PROCESSES
    assert _count(GatewayEvent) == CONTROL_ROUNDS


def test_without_the_names_of_a_transfer_it_would_be_booked_by_everybody(
    stock: Stock, context: Flask, racers: Racers
) -> None:
    racers.race(hear_under_own_name, _news(stock, PaymentMethod.VIETQR))
    assert _count(BankReceipt) == PROCESSES * CONTROL_ROUNDS
    paid = sum(db.session.scalars(select(Payment.amount)))
    assert ledger.balance("bank:collecting") == PROCESSES * paid
    assert ledger.balance("unapplied") == -(PROCESSES - 1) * paid
