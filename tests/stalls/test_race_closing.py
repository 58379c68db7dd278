"""P19: closings and sales of one stall at the same moment. Each sale is in one closing, and each closing adds up."""

import uuid
from functools import partial

import pytest
from flask import Flask

from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks
from marketplace.stalls import queries, services
from marketplace.stalls.models import Means
from marketplace.stalls.services import shifts
from tests.factories.stalls import make_stall, sell
from tests.racing import PROCESSES, Racers

ROUNDS = 20
AMOUNT = Dong(10_000)

pytestmark = pytest.mark.race


def sell_or_close(stall_id: int, _round: int, number: int) -> str:
    """Six sell, two close the same open shift, all at once."""

    def attempt() -> str:
        with transaction():
            if number >= 2:
                services.take_sale(
                    stall_id, client_id=str(uuid.uuid4()), amount=AMOUNT, means=Means.CASH, vendor_id=None
                )
                return "sold"
            shift = queries.find_open_shift(stall_id)
            if shift is None:
                return "nothing open"
            found = queries.so_far(shift)
        with transaction():
            try:
                services.close_shift(
                    stall_id,
                    found.shift.id,
                    up_to=found.up_to,
                    counted_cash=found.expected_cash,
                    reason="đếm lại",
                    actor_id=None,
                )
            except Conflict:
                return "too late"
            return "closed"

    return retrying(attempt)


def close_by_an_old_sum(stall_id: int, round_: int, number: int) -> str:
    """The control: a closing believes the sums that the page had shown, not those of its own numbers."""
    if number >= 2:
        return sell_or_close(stall_id, round_, number)
    with pytest.MonkeyPatch.context() as patch:
        shift = queries.find_open_shift(stall_id)
        if shift is None:
            return "nothing open"
        seen = queries.so_far(shift)
        sell(stall_id, AMOUNT)
        patch.setattr(shifts.queries, "sums_of", lambda *_args, **_span: seen.sums)
        counted, last = seen.expected_cash, seen.up_to + 1
        try:
            with transaction():
                services.close_shift(stall_id, shift.id, up_to=last, counted_cash=counted, reason="x", actor_id=None)
        except Conflict:
            return "too late"
        return "closed"


def test_every_sale_is_in_one_closing_and_every_closing_adds_up(context: Flask, racers: Racers) -> None:
    stall_id = make_stall()
    sell(stall_id, AMOUNT)
    answers = [answer for told in racers.race(partial(sell_or_close, stall_id), range(ROUNDS)) for answer in told]
    assert answers.count("sold") == ROUNDS * (PROCESSES - 2)
    assert answers.count("closed") >= ROUNDS // 2
    closings = queries.list_closings(stall_id, size=100).items
    shift = queries.find_open_shift(stall_id)
    still_open = queries.so_far(shift).sums[Means.CASH].recorded if shift else 0
    closed = sum(count.recorded for closing in closings for count in closing.counts)
    assert closed + still_open == AMOUNT * (answers.count("sold") + 1)
    assert all(count.difference == 0 for closing in closings for count in closing.counts)
    assert audit_checks.run() == []


def test_a_closing_that_believes_an_old_sum_is_found_out(context: Flask, racers: Racers) -> None:
    stall_id = make_stall()
    sell(stall_id, AMOUNT)
    racers.race(partial(close_by_an_old_sum, stall_id), range(3))
    db.session.rollback()
    assert {finding.check.name for finding in audit_checks.run()} == {"I37c"}
