"""Eight processes give back of one line at the same moment: never more than is left of it, nor than was paid.

The payment holds more than the line, so that only the line's own guard can refuse.
"""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.checkout import flows, queries
from marketplace.checkout.errors import RefundTooLarge
from marketplace.checkout.models import RefundLine
from marketplace.checkout.services import GiveBack
from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.ledger import audit_checks
from marketplace.orders import queries as orders
from marketplace.payments import services as payments
from marketplace.payments.models import Refund, RefundState
from tests.checkout.buying import order, payment_of, transfer
from tests.checkout.conftest import Stock
from tests.racing import Racers

ROUNDS = 10
CONTROL_ROUNDS = 5
PACKS = 3

pytestmark = pytest.mark.race


def give(by_packs: bool, part_id: int, number: int) -> bool:
    """One pack, or what one pack costs."""
    part = orders.get_any_sub_order(part_id)
    line = part.lines[0]
    wanted = GiveBack(quantities={line.id: 1}) if by_packs else GiveBack(amounts={line.id: line.unit_price})
    try:
        flows.refund_parcel(part, wanted, reason="Thiếu hàng", key=f"{part_id}-{number}", actor_id=None)
    except RefundTooLarge:
        return False
    except Conflict as refused:
        if refused.code == "refund_quantity":
            return False
        raise
    return True


def give_what_was_seen(by_packs: bool, part_id: int, number: int) -> bool:
    """The control: what was left a moment ago is believed."""
    seen = queries.refund_choices(orders.get_any_sub_order(part_id))
    db.session.expunge_all()
    db.session.rollback()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "refund_choices", lambda _part: seen)
        return give(by_packs, part_id, number)


def settle(part_id: int, number: int) -> int:
    """Everybody settles every refund of a parcel; how many this one did."""
    ids = select(RefundLine.refund_id).where(RefundLine.sub_order_id == part_id)
    refunds = db.session.scalars(select(Refund.id).where(Refund.id.in_(ids)).order_by(Refund.id)).all()
    turned = refunds[number % len(refunds) :] + refunds[: number % len(refunds)]

    def one(refund_id: int) -> bool:
        with transaction():
            return payments.settle_refund(db.session.get_one(Refund, refund_id), occurred_at=clock.now())

    return sum(retrying(partial(one, refund_id)) for refund_id in turned)


def _parcels(stock: Stock, rounds: int) -> list[int]:
    packs, other = stock("Trà", price=10_001, quantity=PACKS * rounds), stock("Mật", quantity=rounds)
    parts = []
    for _ in range(rounds):
        placed = order({packs: PACKS, other: 1})
        transfer(payment_of(placed))
        parts.append(placed.sub_orders[0].id)
    return parts


def _given() -> dict[int, tuple[int, int]]:
    """By parcel: packs and dong promised back."""
    statement = select(RefundLine.sub_order_id, func.sum(RefundLine.quantity), func.sum(RefundLine.amount))
    rows = db.session.execute(statement.group_by(RefundLine.sub_order_id))
    return {part_id: (int(packs), int(amount)) for part_id, packs, amount in rows}


@pytest.mark.parametrize("by_packs", [True, False], ids=["packs", "dong"])
def test_refunds_at_once_never_give_back_more_than_is_left_of_a_line(
    stock: Stock, context: Flask, racers: Racers, by_packs: bool
) -> None:
    parts = _parcels(stock, ROUNDS)
    given = racers.race(partial(give, by_packs), parts)
    assert [sum(answers) for answers in given] == [PACKS] * ROUNDS
    assert _given() == dict.fromkeys(parts, (PACKS if by_packs else 0, PACKS * 10_001))
    if by_packs:
        assert [sum(answers) for answers in racers.race(settle, parts)] == [PACKS] * ROUNDS
        assert set(db.session.scalars(select(Refund.state))) == {RefundState.SUCCEEDED}
        assert [found.check.name for found in audit_checks.run()] == []


@pytest.mark.parametrize("by_packs", [True, False], ids=["packs", "dong"])
def test_without_looking_again_a_line_is_given_back_twice(
    stock: Stock, context: Flask, racers: Racers, by_packs: bool
) -> None:
    parts = _parcels(stock, CONTROL_ROUNDS)
    given = racers.race(partial(give_what_was_seen, by_packs), parts)
    assert max(sum(answers) for answers in given) > PACKS
