"""What a market's board got for a fee whose money the bank took back afterwards is taken off its next payouts."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.ledger import audit_checks
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.models import BoardPayoutLine, PayoutState
from marketplace.settlement.queries import boards as queries
from marketplace.settlement.queries.obstacles import Obstacle
from marketplace.settlement.services import payouts as services
from marketplace.stalls import services as stalls
from marketplace.stalls.models import Market, MarketFee, Stall
from tests.payments.conftest import receive
from tests.settlement.paying_boards import (
    FEE,
    account,
    asked,
    books,
    due,
    fees_by_transfer,
    market_id,
    payout_of,
    sound,
    take_back,
)
from tests.settlement.paying_out import bank_says, person
from tests.signing_in import signed_in

__all__ = ["market_id"]


def paid_out(market_id: int) -> list[int]:
    """Let the board get both fees; their ids."""
    account(market_id)
    batch_id = asked(market_id)
    flows.approve(batch_id, actor_id=person())
    bank_says(payout_of(batch_id), "succeeded")
    return fees_by_transfer(market_id)


def pay_next_month(market_id: int, months: int = 1) -> list[int]:
    """Let the first two stalls pay the fee of a later month; its ids."""
    actor, month = person(), clock.add_months(clock.today().replace(day=1), months)
    with transaction():
        market = db.session.get_one(Market, market_id)
        some = db.session.scalars(select(Stall).where(Stall.market_id == market_id).order_by(Stall.id).limit(2)).all()
        made = stalls.set_fees(market, some, period=month, amount=Dong(FEE), due_on=month, actor_id=actor)
        ids = [fee.id for fee in made]
    for fee_id in ids:
        receive(db.session.get_one(MarketFee, fee_id).payment, bank_reference=f"FEE{fee_id}")
        db.session.rollback()
    return ids


def change(fee_id: int, amount: int) -> None:
    actor = person()
    with transaction():
        fee = db.session.get_one(MarketFee, fee_id)
        stalls.change_fee(fee, amount=Dong(amount), due_on=fee.due_on, actor_id=actor)


def test_a_waived_fee_that_was_paid_out_is_taken_off_the_next_payout(app: Flask, market_id: int) -> None:
    first, _ = paid_out(market_id)
    take_back(first)
    actor = person()
    with transaction():
        stalls.waive_fee(db.session.get_one(MarketFee, first), reason="Ngân hàng đã thu hồi", actor_id=actor)
    assert books(market_id) == (-FEE, 0, -FEE) and sound()
    fees = pay_next_month(market_id)
    (candidate,) = queries.list_board_candidates(clock.now())
    assert (candidate.total, candidate.obstacle) == (FEE, None)
    batch_id = asked(market_id)
    assert [line.fee_id for line in payout_of(batch_id).lines] == fees[:1]
    flows.approve(batch_id, actor_id=person())
    bank_says(payout_of(batch_id), "succeeded")
    assert books(market_id) == (0, 0, 0) and due(market_id) == FEE and sound()
    (candidate,) = queries.list_board_candidates(clock.now())
    assert (candidate.total, candidate.obstacle) == (FEE, Obstacle.BALANCE_NEGATIVE)
    with pytest.raises(Conflict, match="payout_nothing_due"):
        asked(market_id)
    page = signed_in(app, Role.OPERATOR).get("/operator/money/payouts").text
    assert "sẽ trừ vào các khoản phí tiếp theo" in page and 'name="markets"' not in page


def test_what_stands_in_a_batch_is_not_promised_twice(market_id: int) -> None:
    first, _ = paid_out(market_id)
    take_back(first)
    fees = pay_next_month(market_id)
    assert [line.fee_id for line in payout_of(asked(market_id)).lines] == fees[:1]
    with pytest.raises(Conflict, match="payout_nothing_due"):
        asked(market_id)
    later = pay_next_month(market_id, 2)
    assert [line.fee_id for line in payout_of(asked(market_id)).lines] == [fees[1], later[0]]


def test_the_board_is_told_why_it_is_owed_less_than_nothing(app: Flask, market_id: int) -> None:
    first, _ = paid_out(market_id)
    slug = db.session.get_one(Market, market_id).slug
    manager = signed_in(app, Role.MARKET_MANAGER, subject_id=market_id)
    assert "sẽ trừ vào các khoản phí tiếp theo" not in manager.get(f"/markets/{slug}/payout-account").text
    take_back(first)
    assert "sẽ trừ vào các khoản phí tiếp theo" in manager.get(f"/markets/{slug}/payout-account").text


def test_an_older_fee_taken_back_after_the_request_holds_the_payout_back(app: Flask, market_id: int) -> None:
    first, _ = paid_out(market_id)
    pay_next_month(market_id)
    batch_id = asked(market_id)
    take_back(first)
    flows.approve(batch_id, actor_id=person())
    payout = payout_of(batch_id)
    assert (payout.state, payout.held_reason) == (PayoutState.HELD, Obstacle.BALANCE_NEGATIVE)
    assert books(market_id) == (FEE, 0, FEE) and sound()
    page = signed_in(app, Role.OPERATOR).get(f"/operator/money/payouts/{batch_id}").text
    assert "sẽ trừ vào các khoản phí tiếp theo" in page
    assert payout_of(asked(market_id)).amount == FEE


def test_a_fee_paid_again_with_another_amount_holds_the_payout_back(market_id: int) -> None:
    account(market_id)
    batch_id = asked(market_id)
    first, _ = fees_by_transfer(market_id)
    take_back(first)
    change(first, 2 * FEE)
    receive(db.session.get_one(MarketFee, first).payment, bank_reference="AGAIN")
    assert sound()
    flows.approve(batch_id, actor_id=person())
    assert payout_of(batch_id).held_reason == services.FEE_TAKEN_BACK
    assert due(market_id) == 3 * FEE and sound()
    assert payout_of(asked(market_id)).amount == 3 * FEE and sound()


@pytest.mark.parametrize("is_paid_again", [False, True])
def test_another_amount_of_a_fee_that_was_paid_out_is_no_alarm(market_id: int, is_paid_again: bool) -> None:
    first, _ = paid_out(market_id)
    take_back(first)
    change(first, FEE // 2)
    if is_paid_again:
        receive(db.session.get_one(MarketFee, first).payment, bank_reference="AGAIN")
    assert sound()
    assert books(market_id)[0] == -FEE // (2 if is_paid_again else 1)


def test_what_a_fee_became_more_after_it_was_taken_back_is_paid_out_once(market_id: int) -> None:
    first, _ = paid_out(market_id)
    take_back(first)
    change(first, FEE + 50_000)
    receive(db.session.get_one(MarketFee, first).payment, bank_reference="AGAIN")
    assert books(market_id)[0] == 50_000 and due(market_id) == 50_000 and sound()
    batch_id = asked(market_id)
    assert [(line.fee_id, line.part, line.amount) for line in payout_of(batch_id).lines] == [(first, 2, 50_000)]
    with pytest.raises(Conflict, match="payout_nothing_due"):
        asked(market_id)
    flows.approve(batch_id, actor_id=person())
    bank_says(payout_of(batch_id), "succeeded")
    assert books(market_id)[0] == 0 and due(market_id) == 0 and sound()


def test_a_rest_that_is_more_than_the_fee_became_is_found(market_id: int) -> None:
    """The control of the sum: the same rest once more, as if nobody had looked at what was paid out before."""
    first, _ = paid_out(market_id)
    take_back(first)
    change(first, FEE + 50_000)
    receive(db.session.get_one(MarketFee, first).payment, bank_reference="AGAIN")
    payout = payout_of(asked(market_id))
    with transaction():
        db.session.add(BoardPayoutLine(payout_id=payout.id, fee_id=first, part=3, amount=50_000))
        payout.amount = Dong(100_000)
    assert "I32c" in {finding.check.name for finding in audit_checks.run()}


def test_another_amount_of_a_fee_that_stayed_paid_is_found(market_id: int) -> None:
    account(market_id)
    asked(market_id)
    first, _ = fees_by_transfer(market_id)
    with transaction():
        db.session.execute(update(MarketFee).where(MarketFee.id == first).values(amount=FEE + 1))
    assert "I32c" in {finding.check.name for finding in audit_checks.run()}
