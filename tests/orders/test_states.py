"""The tables of edges: complete, and nothing moves along any other."""

import pytest

from marketplace.orders.models import OrderState, SubOrderState
from marketplace.orders.states import ADDRESS_NEEDED, BEFORE_SHIPPING, ORDER_EDGES, SUB_ORDER_EDGES


def test_every_state_has_its_row() -> None:
    assert set(ORDER_EDGES) == set(OrderState)
    assert set(SUB_ORDER_EDGES) == set(SubOrderState)


@pytest.mark.parametrize("end", [OrderState.COMPLETED, OrderState.CANCELLED])
def test_an_ended_order_stays_ended(end: OrderState) -> None:
    assert ORDER_EDGES[end] == frozenset()


def test_nothing_is_shipped_before_it_is_paid_and_packed() -> None:
    assert [state for state, ends in SUB_ORDER_EDGES.items() if SubOrderState.SHIPPED in ends] == [SubOrderState.PACKED]
    assert SubOrderState.PACKED not in SUB_ORDER_EDGES[SubOrderState.WAITING]


def test_what_has_left_ends_delivered_or_comes_back() -> None:
    cancellable = {state for state, ends in SUB_ORDER_EDGES.items() if SubOrderState.CANCELLED in ends}
    assert cancellable == BEFORE_SHIPPING | {SubOrderState.SHIPPED}
    assert SUB_ORDER_EDGES[SubOrderState.DELIVERED] == frozenset()


def test_the_address_is_seen_from_paid_to_delivered_only() -> None:
    assert {SubOrderState.TO_PACK, SubOrderState.PACKED, SubOrderState.SHIPPED} == ADDRESS_NEEDED
