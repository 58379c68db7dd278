"""Random programs over the shop keep every promise, do all their steps, and use every rule often enough.

200 programs of 50 steps on SQLite, 20 on PostgreSQL, whose lane is the longer one (there the small shop is built anew
for each program, too). ``PROOF_PROGRAMS=200`` asks for all of them, ``python -m tests.proof programs`` for 2,000
other ones each time, on either database.
"""

import os

import pytest
from sqlalchemy import select

from marketplace.core.db import db
from marketplace.payments.models import Refund, RefundState
from tests.proof.machine import EXPECTED, FEWEST, RARE, ShopMachine
from tests.proof.running import STEPS, run
from tests.proof.staging import Stage

PROGRAMS = int(os.environ.get("PROOF_PROGRAMS", "0"))
IN_TEST_RUN = {"sqlite": 200, "postgresql": 20}
#: Fewer programs need not have come upon everything.
MANY = 200


@pytest.mark.timeout(0)
def test_random_programs_keep_every_promise(stage: Stage) -> None:
    programs = PROGRAMS or IN_TEST_RUN[db.engine.dialect.name]
    run(programs, afresh=bool(PROGRAMS))
    done = ShopMachine.done
    print("\n".join(["", *(f"{times:7} {what}" for what, times in done.most_common())]))
    assert done["program"] >= programs
    assert done["step"] >= programs * STEPS
    if programs >= MANY:
        assert {what: done[what] for what in EXPECTED if done[what] < FEWEST} == {}
        assert [what for what in RARE if not done[what]] == []


def test_a_refund_of_a_cancelled_order_that_failed_may_be_asked_for_again(stage: Stage) -> None:
    program = ShopMachine()
    newest = 4 * len(program.order_ids)  # the order that is placed next, whatever is likely
    program.place(first=1, second=1, how="gives nothing back", lost=False)
    program.cancel(which=newest)
    program.refund(which=newest, last=True, amount=1)
    assert ShopMachine.done["refund refused"] == 1  # all of it is on its way back
    for _ in range(2):  # sent, then refused by the card's bank
        program.week_passes()
        while program.world.outside.waiting():
            program.deliver(which=0, newest_first=False)
    assert RefundState.FAILED in db.session.scalars(select(Refund.state)).all()
    program.refund(which=newest, last=True, amount=1)
    program.agree()
    assert ShopMachine.done["refund"] == 1


def test_money_pays_its_own_order_of_two_that_are_alike(stage: Stage) -> None:
    program = ShopMachine()
    for _ in range(2):
        program.place(first=1, second=0, how="transfer", lost=False)
    program.transfer(which=4 * 1, extra=0, late=False, memo="code", times=1)  # the second of those paid by transfer
    program.deliver(which=0, newest_first=True)
    program.agree()
    assert [order.state for order in program.model.orders[-2:]] == ["awaiting_payment", "paid"]


def test_a_payout_is_held_back_when_a_refund_of_before_arrives_after_it_was_asked_for(stage: Stage) -> None:
    program = ShopMachine()
    program.bank_has_its_ways(outcome="succeed")
    program.request_payout(by=0, whose=(1,))
    program.week_passes()  # more is due
    program.refund(which=0, last=True, amount=1)
    program.request_payout(by=0, whose=(1,))
    program.week_passes()  # the refund arrives; what it takes back stands in no payout
    program.decide_payout(which=4, own=False, approved=True)
    program.agree()
    assert ShopMachine.done["payout: held"] == 1


def test_a_payout_is_held_back_when_a_later_one_holds_the_refund_of_its_parcel(stage: Stage) -> None:
    program = ShopMachine()
    program.request_payout(by=0, whose=(0,))
    for _ in range(2):  # more is due
        program.week_passes()
    program.refund(which=4, last=False, amount=1)  # of the second order, paid by card
    program.time_passes(minutes=1)
    program.request_payout(by=0, whose=(0,))
    program.decide_payout(which=0, own=False, approved=True)
    program.agree()
    assert ShopMachine.done["payout: held"] == 1
