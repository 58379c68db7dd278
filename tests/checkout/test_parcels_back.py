"""Parcels that nobody took: goods into stock, money back, nothing twice."""

import pytest
from flask import Flask

from marketplace.checkout import flows, queries
from marketplace.checkout.flows.refusing import AtTheDoor
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.orders.errors import OrderMoved, OrderNotFound
from marketplace.orders.models import OrderState, PaymentMethod, SubOrderState
from marketplace.payments.models import PaymentState
from tests.checkout.buying import order
from tests.checkout.conftest import Stock
from tests.checkout.returning import ALL_STEPS, advance, fresh, on_shelf, paid_order, refunds_made


def test_a_parcel_refused_at_the_door_leaves_nothing_behind(stock: Stock, context: Flask) -> None:
    one, other = stock("Trà"), stock("Mật")
    first, second = order({one: 3, other: 1}, PaymentMethod.CASH_ON_DELIVERY).sub_orders
    advance(first, SubOrderState.PACKED, SubOrderState.SHIPPED)
    line_id = first.lines[0].id
    with pytest.raises(Conflict, match="return_packs"):
        flows.refuse_at_door(first.id, [first.producer_id], AtTheDoor.REFUSED, {line_id: 4}, actor_id=None)
    assert on_shelf(one) == (10, 3)
    flows.refuse_at_door(first.id, [first.producer_id], AtTheDoor.REFUSED, {line_id: 1}, actor_id=None)
    placed = fresh(first.order)
    assert (on_shelf(one), placed.sub_orders[0].state) == ((9, 0), SubOrderState.CANCELLED)
    assert {payment.state for payment in queries.list_payments(placed)} == {
        PaymentState.CANCELLED,
        PaymentState.PENDING,
    }
    assert (balance("cod:receivable"), balance(f"producer:{first.producer_id}:payable")) == (0, 0)
    assert placed.state is OrderState.CONFIRMED
    advance(second, *ALL_STEPS)
    assert (fresh(first.order).state, balance("cod:receivable")) == (OrderState.COMPLETED, 80_000)
    assert audit_checks.run() == []


def test_an_order_whose_only_parcel_came_back_is_cancelled(stock: Stock, context: Flask) -> None:
    part = order({stock(): 1}, PaymentMethod.CASH_ON_DELIVERY).sub_orders[0]
    advance(part, SubOrderState.PACKED)
    with pytest.raises(OrderMoved):
        flows.refuse_at_door(part.id, [part.producer_id], AtTheDoor.NOT_REACHED, {}, actor_id=None)
    advance(part, SubOrderState.SHIPPED)
    with pytest.raises(OrderNotFound):
        flows.refuse_at_door(part.id, [999_999], AtTheDoor.NOT_REACHED, {}, actor_id=None)
    flows.refuse_at_door(part.id, [part.producer_id], AtTheDoor.NOT_REACHED, {}, actor_id=None)
    assert fresh(part.order).state is OrderState.CANCELLED
    with pytest.raises(OrderMoved):
        advance(part, SubOrderState.DELIVERED)


@pytest.mark.parametrize(
    ("why", "fee"), [(AtTheDoor.REFUSED, 0), (AtTheDoor.NOT_REACHED, 0), (AtTheDoor.AT_FAULT, 20_000)]
)
def test_a_paid_parcel_refused_at_the_door_gives_goods_and_money_back(
    stock: Stock, context: Flask, why: AtTheDoor, fee: int
) -> None:
    """Three packs for 60.000, 20.000 for the way; one comes back broken. The fee stays but for a parcel at fault."""
    pack = stock()
    part = paid_order({pack: 3}).sub_orders[0]
    advance(part, SubOrderState.PACKED, SubOrderState.SHIPPED)
    line_id = part.lines[0].id
    with pytest.raises(Conflict, match="return_packs"):
        flows.refuse_at_door(part.id, [part.producer_id], why, {line_id: 4}, actor_id=None)
    assert (on_shelf(pack), refunds_made()) == ((7, 0), [])
    flows.refuse_at_door(part.id, [part.producer_id], why, {line_id: 1}, actor_id=None)
    assert (on_shelf(pack), refunds_made()) == ((9, 0), [180_000 + fee])
    placed = fresh(part.order)
    assert (placed.state, placed.sub_orders[0].state) == (OrderState.CANCELLED, SubOrderState.CANCELLED)
    with pytest.raises(OrderMoved):
        flows.refuse_at_door(part.id, [part.producer_id], why, {}, actor_id=None)
    assert audit_checks.run() == []


def test_what_was_given_back_before_is_not_given_back_again_at_the_door(stock: Stock, context: Flask) -> None:
    pack = stock()
    part = paid_order({pack: 3}).sub_orders[0]
    flows.refund_parcel(part, {part.lines[0].id: Dong(50_000)}, reason="Gói bị rách", key="k" * 20, actor_id=None)
    advance(part, SubOrderState.PACKED, SubOrderState.SHIPPED)
    flows.refuse_at_door(part.id, [part.producer_id], AtTheDoor.REFUSED, {}, actor_id=None)
    assert (on_shelf(pack), refunds_made()) == ((10, 0), [50_000, 130_000])
