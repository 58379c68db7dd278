"""Requests about packs whose money went back another way."""

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.checkout import flows, queries
from marketplace.checkout.models import ReturnState
from marketplace.checkout.services import GiveBack
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.orders.models import OrderState, SubOrder
from marketplace.payments import services as payments
from marketplace.payments.models import Refund
from tests.checkout.conftest import Stock
from tests.checkout.returning import (
    ask_for,
    decider_of,
    delivered_parcel,
    fresh,
    on_shelf,
    paid_order,
    refunds_made,
    state_of,
)


def _refund(part: SubOrder, wanted: GiveBack) -> None:
    flows.refund_parcel(part, wanted, reason="Hàng lỗi", key=f"refund-{part.id}", actor_id=None)


def test_a_request_ends_though_its_packs_were_paid_back_meanwhile(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = delivered_parcel({pack_id: 3})
    line_id = part.lines[0].id
    request_id = ask_for(part, 2)
    _refund(part, GiveBack(quantities={line_id: 2}))
    flows.accept_return(request_id, decider_of(part), goods_stay=False)
    (line,) = queries.get_return(request_id).lines
    flows.receive_return(request_id, decider_of(part), {line.id: 2})
    assert (state_of(request_id), refunds_made(), on_shelf(pack_id)) == (
        ReturnState.REFUNDED,
        [120_000, 60_000],
        (9, 0),
    )


def test_what_was_paid_back_as_an_amount_ends_the_parcel_when_it_is_called_off(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    part = paid_order({pack_id: 3}).sub_orders[0]
    _refund(part, GiveBack(everything=True))
    flows.accept_return(ask_for(part, 3), decider_of(part), goods_stay=False)
    assert (fresh(part.order).state, refunds_made(), on_shelf(pack_id)) == (OrderState.CANCELLED, [200_000], (10, 0))


@pytest.mark.parametrize("wanted", [GiveBack(everything=True), GiveBack(spread=Dong(20_000))])
def test_packs_that_came_back_are_not_asked_for_again(stock: Stock, context: Flask, wanted: GiveBack) -> None:
    pack_id = stock()
    part = delivered_parcel({pack_id: 3})
    _refund(part, wanted)
    request_id = ask_for(part, 2)
    flows.accept_return(request_id, decider_of(part), goods_stay=False)
    (line,) = queries.get_return(request_id).lines
    flows.receive_return(request_id, decider_of(part), {line.id: 2})
    with pytest.raises(Conflict, match="return_packs"):
        ask_for(part, 2)
    assert (ask_for(part, 1), on_shelf(pack_id)) == (request_id + 1, (9, 0))


def test_packs_whose_refund_failed_are_not_asked_for_again(stock: Stock, context: Flask) -> None:
    part = delivered_parcel({stock(): 1})
    flows.accept_return(ask_for(part, 1), decider_of(part), goods_stay=True)
    with transaction():
        payments.fail_refund(db.session.scalars(select(Refund)).one(), code="no", occurred_at=clock.now())
    with pytest.raises(Conflict, match="return_not_now"):
        ask_for(part, 1)
