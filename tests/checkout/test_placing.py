"""Placing an order: once, as shown, never more than there is."""

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from marketplace.catalogue.models import Pack
from marketplace.checkout import flows, queries
from marketplace.checkout.errors import CartChanged, CartNotReady, GoodsGone, KeyReused
from marketplace.checkout.models import PaymentShare
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import available
from marketplace.orders.models import Order, OrderLine, OrderState, PaymentMethod, SubOrderState
from marketplace.payments.models import Payment, PaymentState
from marketplace.producers.models import Producer, ProducerState
from tests.checkout.buying import TERMS, order, payment_of, wish
from tests.checkout.conftest import Stock
from tests.factories.shelf import make_lot, make_pack, make_producer, make_shelf


def _count(model: type[Order] | type[Payment]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_cart_of_two_producers_becomes_one_order_of_two_parcels(country: Flask, context: Flask) -> None:
    with transaction():
        one, other = (
            make_producer("HTX A", delivery_fee=Dong(15_000)),
            make_producer("HTX B", delivery_fee=Dong(20_000)),
        )
        first = make_shelf("Trà", producer=one, pack={"price": Dong(40_000)})
        second = make_shelf("Mật", producer=one, pack={"price": Dong(20_000)})
        third = make_shelf("Khô", producer=other, pack={"price": Dong(45_000)})
        packs = {shelf.pack.id: 1 for shelf in (first, third, second)}
        ids = [one.id, other.id]
    placed = order(packs)
    assert [(part.producer_id, part.total) for part in placed.sub_orders] == [(ids[0], 75_000), (ids[1], 65_000)]
    assert (placed.total, placed.state) == (140_000, OrderState.AWAITING_PAYMENT)
    payment = payment_of(placed)
    assert (payment.amount, _count(Payment)) == (140_000, 1)
    assert [share.amount for share in queries.list_shares(payment)] == [75_000, 65_000]
    assert {part.state for part in placed.sub_orders} == {SubOrderState.WAITING}


def test_names_prices_stars_and_decision_are_frozen(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    line = order({pack_id: 2}).sub_orders[0].lines[0]
    with transaction():
        pack = db.session.get_one(Pack, pack_id)
        pack.price, pack.label, pack.product.name = Dong(90_000), "Hộp", "Tên mới"
    db.session.refresh(line)
    assert (line.product_name, line.pack_label, line.unit_price, line.stars) == (
        "Đường thốt nốt",
        "Túi 500 g",
        60_000,
        4,
    )
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(text("UPDATE order_line SET stars = 5"))
    assert db.session.scalar(select(OrderLine.stars)) == 4


def test_the_same_key_again_is_the_same_order(stock: Stock, context: Flask) -> None:
    asked = wish({stock(): 2})
    first, second = flows.place_order(asked, TERMS), flows.place_order(asked, TERMS)
    assert (first.order.number, first.secret) == (second.order.number, second.secret)
    assert (_count(Order), _count(Payment)) == (1, 1)


def test_the_same_key_for_something_else_is_refused_and_nothing_happens(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    placed = flows.place_order(wish({pack_id: 2}, key="once"), TERMS)
    with pytest.raises(KeyReused) as refused:
        flows.place_order(wish({pack_id: 1}, key="once"), TERMS)
    assert refused.value.status == 422
    assert _count(Order) == 1
    assert available([pack_id]) == {pack_id: 8}
    assert placed.order.sub_orders[0].lines[0].quantity == 2


def test_a_price_that_rose_since_it_was_shown_is_told_and_not_charged(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    asked = wish({pack_id: 1})
    with transaction():
        db.session.get_one(Pack, pack_id).price = Dong(65_000)
    with pytest.raises(CartChanged):
        flows.place_order(asked, TERMS)
    assert (_count(Order), available([pack_id])) == (0, {pack_id: 10})


def test_who_comes_second_is_told_what_is_short_and_that_none_is_left(stock: Stock, context: Flask) -> None:
    pack_id = stock(quantity=1)
    first, second = wish({pack_id: 1}), wish({pack_id: 1})
    flows.place_order(first, TERMS)
    with pytest.raises(GoodsGone) as refused:
        flows.place_order(second, TERMS)
    assert refused.value.facts == {"pack_id": pack_id, "product": "Đường thốt nốt", "left": 0}
    assert _count(Order) == 1


def test_one_short_line_leaves_nothing_of_the_others_held(stock: Stock, context: Flask) -> None:
    plenty, scarce = stock("Trà"), stock("Mật", quantity=1)
    late = wish({plenty: 2, scarce: 1})
    order({scarce: 1})
    with pytest.raises(GoodsGone):
        flows.place_order(late, TERMS)
    assert available([plenty]) == {plenty: 10}


def test_a_suspended_producer_sells_nothing_any_more(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    asked = wish({pack_id: 1})
    with transaction():
        producer = db.session.scalars(select(Producer)).one()
        producer.state, producer.state_before_suspension = ProducerState.SUSPENDED, ProducerState.VERIFIED
    with pytest.raises(CartNotReady):
        flows.place_order(asked, TERMS)
    assert _count(Order) == 0


def test_cash_on_delivery_is_confirmed_at_once_and_held_without_end(stock: Stock, context: Flask) -> None:
    one, other = stock("Trà"), stock("Mật")
    placed = order({one: 1, other: 1}, PaymentMethod.CASH_ON_DELIVERY)
    assert (placed.state, placed.hold_until) == (OrderState.CONFIRMED, None)
    assert {part.state for part in placed.sub_orders} == {SubOrderState.TO_PACK}
    shares = db.session.execute(select(Payment.amount, PaymentShare.amount).join(PaymentShare)).all()
    assert [tuple(row) for row in shares] == [(80_000, 80_000), (80_000, 80_000)]
    assert {payment.state for payment in queries.list_payments(placed)} == {PaymentState.PENDING}
    assert db.session.scalars(select(Lot.reserved)).all() == [1, 1]


def test_unpaid_goods_are_held_for_half_an_hour(stock: Stock, context: Flask) -> None:
    with clock.frozen(clock.now()):
        placed = order({stock(): 1})
        assert placed.hold_until == clock.now() + TERMS.hold


def test_numbers_are_random_and_unlike_row_ids(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    numbers = {order({pack_id: 1}).number for _ in range(3)}
    assert len(numbers) == 3
    assert all(len(number) == 11 and number.startswith("OC-") for number in numbers)


def test_a_product_of_two_packs_is_two_lines_of_one_parcel(country: Flask, context: Flask) -> None:
    with transaction():
        shelf = make_shelf()
        big = make_pack(shelf.product, label="Túi 1 kg", price=Dong(110_000))
        make_lot(big, 3)
        packs = {shelf.pack.id: 1, big.id: 1}
    placed = order(packs)
    assert [(line.pack_label, line.line_total) for line in placed.sub_orders[0].lines] == [
        ("Túi 500 g", 60_000),
        ("Túi 1 kg", 110_000),
    ]
