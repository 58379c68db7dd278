"""A cart holds what can be had, sums up at sign-in and never more than there is."""

import pytest

from marketplace.cart import queries, services
from marketplace.cart.errors import NotSold, StockShort
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.producers.models import ProducerState
from tests.factories.accounts import UserFactory
from tests.factories.shelf import make_pack, make_producer, make_shelf

pytestmark = pytest.mark.usefixtures("context")


def _lines(cart_id: int) -> dict[int, int]:
    cart = db.session.get_one(services.Cart, cart_id)
    db.session.refresh(cart)
    return {item.pack_id: item.quantity for item in cart.items}


def test_more_than_there_is_is_refused_with_what_is_left_and_changes_nothing() -> None:
    with transaction():
        pack_id = make_shelf(quantity=5).pack.id
        cart_id = services.start_cart().id
        services.add(db.session.get_one(services.Cart, cart_id), pack_id, 2)
    with pytest.raises(StockShort) as refused, transaction():
        services.add(db.session.get_one(services.Cart, cart_id), pack_id, 4)
    assert refused.value.facts["left"] == 5
    assert _lines(cart_id) == {pack_id: 2}


def test_adding_twice_sums_up() -> None:
    with transaction():
        pack_id = make_shelf(quantity=5).pack.id
        cart = services.start_cart()
        services.add(cart, pack_id, 2)
        services.add(cart, pack_id, 3)
        assert _lines(cart.id) == {pack_id: 5}


def test_a_pack_that_is_not_sold_is_refused_like_a_missing_one() -> None:
    with transaction():
        shelf = make_shelf(producer=make_producer(state=ProducerState.PENDING))
        cart = services.start_cart()
        for pack_id in (shelf.pack.id, 999_999):
            with pytest.raises(NotSold):
                services.add(cart, pack_id, 1)
        assert _lines(cart.id) == {}


def test_lines_change_and_go() -> None:
    with transaction():
        pack_id = make_shelf(quantity=5).pack.id
        cart = services.start_cart()
        services.add(cart, pack_id, 1)
        services.change(cart, pack_id, 4)
        assert _lines(cart.id) == {pack_id: 4}
        with pytest.raises(StockShort):
            services.change(cart, pack_id, 6)
        services.remove(cart, pack_id)
        assert _lines(cart.id) == {}


def test_signing_in_sums_both_carts_but_never_above_the_stock() -> None:
    with transaction():
        scarce, plenty = make_shelf(quantity=5).pack.id, make_shelf("Mắm cá linh", quantity=50).pack.id
        user_id = UserFactory().id
        own, guest = services.start_cart_of(user_id), services.start_cart()
        services.add(own, scarce, 3)
        services.add(guest, scarce, 4)
        services.add(guest, plenty, 2)
        services.confirm_age(guest)
        token, own_id, guest_id = guest.token, own.id, guest.id
    with transaction():
        services.claim(token, user_id)
    assert _lines(own_id) == {scarce: 5, plenty: 2}
    assert _lines(guest_id) == {}
    assert db.session.get_one(services.Cart, own_id).age_confirmed_at is not None


def test_a_persons_cart_is_not_found_by_its_token() -> None:
    with transaction():
        cart = services.start_cart_of(UserFactory().id)
        assert queries.find_guest_cart(cart.token) is None


def test_a_cart_is_shown_by_producer_with_the_fee_of_each() -> None:
    with transaction():
        one, other = make_producer("HTX Một", delivery_fee=Dong(15_000)), make_producer("HTX Hai")
        first = make_shelf(producer=one, quantity=9)
        second = make_pack(first.product, label="Hũ 1 kg", price=Dong(110_000))
        third = make_shelf("Khô cá", producer=other, quantity=9, pack={"price": Dong(45_000)})
        cart = services.start_cart()
        services.add(cart, first.pack.id, 2)
        services.add(cart, third.pack.id, 1)
        view = queries.view_of(cart, clock.now())
        assert second.id not in {line.pack.id for line in view.lines}
        assert [(group.goods_total, group.delivery_fee) for group in view.groups] == [
            (120_000, 15_000),
            (45_000, 20_000),
        ]
        assert view.total == 200_000
        assert view.can_check_out


def test_a_price_a_quantity_or_a_fee_changes_the_quote() -> None:
    with transaction():
        shelf = make_shelf(quantity=9)
        cart = services.start_cart()
        services.add(cart, shelf.pack.id, 1)
        marks = [queries.view_of(cart, clock.now()).quote]
        services.change(cart, shelf.pack.id, 2)
        marks.append(queries.view_of(cart, clock.now()).quote)
        shelf.pack.price = Dong(61_000)
        db.session.flush()
        marks.append(queries.view_of(cart, clock.now()).quote)
        shelf.producer.delivery_fee = Dong(21_000)
        db.session.flush()
        marks.append(queries.view_of(cart, clock.now()).quote)
    assert len(set(marks)) == 4


def test_alcohol_waits_for_the_age() -> None:
    with transaction():
        cart = services.start_cart()
        services.add(cart, make_shelf("Rượu nếp", is_alcohol=True, quantity=3).pack.id, 1)
        assert not queries.view_of(cart, clock.now()).can_check_out
        services.confirm_age(cart)
        assert queries.view_of(cart, clock.now()).can_check_out
