"""One refund of a parcel fails at the moment when another one succeeds: fee and taxes are the rule on what is left.

Both move the same dong: fifty dong of goods owe half a dong of tax, which is rounded up, a hundred owe one.
"""

import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.checkout import flows, services
from marketplace.checkout.models import Earning
from marketplace.checkout.services import NewRule, earning
from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks
from marketplace.orders import queries as orders
from marketplace.payments import services as payments
from marketplace.payments.models import Refund, RefundState
from marketplace.producers.models import Producer, ProducerKind
from tests.checkout.buying import order, payment_of, transfer
from tests.checkout.conftest import Stock
from tests.racing import Racers

ROUNDS = 6
CONTROL_ROUNDS = 2
PRICE, BACK = 29_997, Dong(50)
#: Fee (3.33 % of the goods), VAT (1 %, of the delivery 3 %) and income tax (0.5 %, 1.5 %), each rounded once: of all
#: that was paid less those of the fifty dong that went back.
KEPT = (999 - 2, 900 - 1, 450 - 0)
#: How long a control takes to write down what it has found: the other refund gets its chance in between.
SLOWLY = 0.1
#: A parcel, its refund that had seemed to work, and its refund that is on its way.
Round = tuple[int, int, int]

pytestmark = pytest.mark.race


# -- turns: what each process does ---------------------------------------------------------------------------------


def fail_or_carry_out(this: Round, number: int) -> bool:
    """Half of them hear that the one refund has failed, half that the other one arrived; whether this one wrote it."""
    _part_id, first, second = this

    def write() -> bool:
        with transaction():
            refund = db.session.get_one(Refund, second if number % 2 else first)
            if number % 2:
                return payments.settle_refund(refund, occurred_at=clock.now())
            return payments.fail_refund(refund, code="account_closed", occurred_at=clock.now())

    return retrying(write)


def without_the_lock(this: Round, number: int) -> bool:
    """The control: nobody waits for who counts fee and taxes of the same payment."""
    untaken = earning._untaken

    def slowly(first: Earning) -> Any:
        found = untaken(first)
        time.sleep(SLOWLY)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(earning, "lock_payment", lambda _payment_id: None)
        patch.setattr(earning, "_untaken", slowly)
        return fail_or_carry_out(this, number)


# -- the races -----------------------------------------------------------------------------------------------------


def _rounds(stock: Stock, rounds: int) -> list[Round]:
    """Paid parcels of a household business: of each one refund went back, and another one was promised."""
    pack_id = stock(price=PRICE, quantity=rounds)
    with transaction():
        services.add_fee_rule(NewRule(None, None, 333, clock.today(), "Hợp đồng mẫu"), actor_id=None)
        db.session.scalars(select(Producer)).one().kind = ProducerKind.HOUSEHOLD_BUSINESS
    return [_round(pack_id) for _ in range(rounds)]


def _round(pack_id: int) -> Round:
    placed = order({pack_id: 1})
    transfer(payment_of(placed))
    part = orders.get_any_sub_order(placed.sub_orders[0].id)
    first, second = (_promised(part.id, f"{part.id}-{number}") for number in (1, 2))
    with transaction():
        payments.settle_refund(db.session.get_one(Refund, first), occurred_at=clock.now())
    return part.id, first, second


def _promised(part_id: int, key: str) -> int:
    part = orders.get_any_sub_order(part_id)
    flows.refund_parcel(part, {part.lines[0].id: BACK}, reason="Thiếu hàng", key=key, actor_id=None)
    return db.session.scalars(select(Refund.id).where(Refund.idempotency_key == key)).one()


def _kept(part_id: int) -> tuple[int, ...]:
    """Fee, VAT and income tax of all that a parcel earned and lost again."""
    columns = (func.sum(column) for column in (Earning.fee, Earning.vat, Earning.pit))
    return tuple(db.session.execute(select(*columns).where(Earning.sub_order_id == part_id)).one())


def test_a_refund_that_fails_beside_one_that_arrives_leaves_the_rule_on_what_is_left(
    stock: Stock, context: Flask, racers: Racers
) -> None:
    rounds = _rounds(stock, ROUNDS)
    answers = racers.race(fail_or_carry_out, rounds)
    assert [sum(told) for told in answers] == [2] * ROUNDS
    states = db.session.scalars(select(Refund.state).order_by(Refund.id)).all()
    assert states == [RefundState.FAILED, RefundState.SUCCEEDED] * ROUNDS
    assert [_kept(part_id) for part_id, *_refunds in rounds] == [KEPT] * ROUNDS
    assert audit_checks.run() == []  # I35h and I35b count the same, I10b what was paid


def test_without_the_lock_a_dong_of_tax_is_wrong(stock: Stock, context: Flask, racers: Racers) -> None:
    """On SQLite, which lets one writer in at a time, the guard has nothing to do: there the control finds nothing."""
    racers.race(without_the_lock, _rounds(stock, CONTROL_ROUNDS))
    found = {finding.check.name for finding in audit_checks.run()}
    assert found == ({"I35h"} if db.engine.dialect.name == "postgresql" else set())
