"""How an amount is divided over what is left of a parcel: by largest remainder, never above what is left of a part."""

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.checkout import flows, queries
from marketplace.checkout.errors import RefundTooLarge
from marketplace.checkout.services import GiveBack
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.orders.errors import OrderNotFound
from marketplace.orders.models import Order, SubOrder
from marketplace.payments import services as payments
from marketplace.payments.models import Refund
from tests.checkout.buying import order, payment_of, transfer
from tests.factories.shelf import make_lot, make_pack, make_shelf


@pytest.fixture
def part(country: Flask, context: Flask) -> SubOrder:
    """Three packs of 10.000, one of 33.333, delivery 20.000: 83.333 in all."""
    with transaction():
        shelf = make_shelf("Trà", pack={"price": Dong(10_000)})
        other = make_pack(shelf.product, label="Hộp", price=Dong(33_333))
        make_lot(other)
        packs = {shelf.pack.id: 3, other.id: 1}
    placed = order(packs)
    transfer(payment_of(placed))
    db.session.expire_all()
    return db.session.get_one(Order, placed.id).sub_orders[0]


def _give(part: SubOrder, wanted: GiveBack, key: str) -> list[int]:
    """What is left of each part afterwards."""
    flows.refund_parcel(part, wanted, reason="Thiếu hàng", key=key, actor_id=None)
    return [choice.left for choice in queries.refund_choices(part)]


def test_a_free_amount_is_divided_by_largest_remainder_over_what_is_left(part: SubOrder) -> None:
    assert _give(part, GiveBack(spread=Dong(10)), "a") == [30_000 - 4, 33_333 - 4, 20_000 - 2]
    whole = sum(choice.left for choice in queries.refund_choices(part))
    with pytest.raises(RefundTooLarge):
        _give(part, GiveBack(spread=Dong(whole + 1)), "b")
    assert _give(part, GiveBack(spread=Dong(whole - 1)), "c") in ([1, 0, 0], [0, 1, 0], [0, 0, 1])
    assert _give(part, GiveBack(everything=True), "d") == [0, 0, 0]
    with pytest.raises(Conflict, match="refund_nothing_left"):
        _give(part, GiveBack(everything=True), "e")


def test_packs_are_worth_their_price_but_never_more_than_is_left(part: SubOrder) -> None:
    line = part.lines[0]
    flows.refund_parcel(part, {line.id: Dong(15_000)}, reason="Giảm giá", key="a", actor_id=None)
    assert _give(part, GiveBack(quantities={line.id: 1}), "b")[0] == 5_000
    with pytest.raises(Conflict, match="refund_quantity"):
        _give(part, GiveBack(quantities={line.id: 3}), "c")
    assert _give(part, GiveBack(quantities={line.id: 2}), "d")[0] == 0


def test_the_same_key_is_the_same_refund_in_every_form(part: SubOrder) -> None:
    line_id = part.lines[0].id
    for key, wanted in {
        "packs": GiveBack(quantities={line_id: 1}),
        "spread": GiveBack(spread=Dong(1_000)),
        "all": GiveBack(everything=True),
    }.items():
        once = _give(part, wanted, key)
        assert _give(part, wanted, key) == once
    with pytest.raises(Conflict, match="refund_key_used"):
        _give(part, GiveBack(spread=Dong(1_001)), "spread")


def test_a_line_of_another_parcel_is_not_found(part: SubOrder) -> None:
    for wanted in (GiveBack(quantities={999_999: 1}), GiveBack(amounts={999_999: Dong(1)})):
        with pytest.raises(OrderNotFound):
            _give(part, wanted, "a")


def test_a_key_used_for_one_thing_gives_nothing_else(part: SubOrder) -> None:
    first, second = (line.id for line in part.lines)
    _give(part, GiveBack(amounts={first: Dong(1_000)}), "amount")
    _give(part, GiveBack(quantities={first: 1}), "packs")
    for key, wanted in [
        ("amount", GiveBack(everything=True)),
        ("amount", GiveBack(spread=Dong(1_000))),
        ("amount", GiveBack(amounts={second: Dong(1_000)})),
        ("amount", GiveBack(quantities={first: 9})),
        ("packs", GiveBack(quantities={first: 1}, and_delivery=True)),
        ("packs", GiveBack(amounts={first: Dong(10_000)})),
    ]:
        with pytest.raises(Conflict, match="refund_key_used"):
            _give(part, wanted, key)
    assert payment_of(part.order).refunded == 11_000


def test_the_same_key_is_the_same_refund_after_it_and_others_failed(part: SubOrder) -> None:
    first = part.lines[0].id
    _give(part, GiveBack(quantities={first: 1}), "packs")
    _give(part, GiveBack(everything=True), "all")
    with transaction():
        for refund in db.session.scalars(select(Refund)):
            payments.fail_refund(refund, code="no", occurred_at=clock.now())
    assert _give(part, GiveBack(everything=True), "all") == [30_000, 33_333, 20_000]
    assert payment_of(part.order).refunded == 0


@pytest.mark.parametrize("wanted", [{"quantities": -1}, {"amounts": -1}])
def test_less_than_nothing_is_not_given_back(part: SubOrder, wanted: dict[str, int]) -> None:
    first, second = (line.id for line in part.lines)
    ((name, count),) = wanted.items()
    with pytest.raises(Conflict, match="refund_"):
        _give(part, GiveBack(**{name: {first: count, second: 1}}), "a")
    assert payment_of(part.order).refunded == 0
