"""P01 and P02 with whole processes: twenty times the last units, and one form sent by everybody at once.

Anything but the refusal that a buyer is meant to see (``GoodsGone``) fails the race: also a deadlock, also "busy".
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from marketplace.audit.queries import check_chain
from marketplace.cart import services as carts
from marketplace.checkout import flows
from marketplace.checkout.errors import GoodsGone
from marketplace.checkout.flows import Wish
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.inventory import services as inventory
from marketplace.inventory.models import Lot, Reservation, ReservationState
from marketplace.inventory.services import Claim
from marketplace.orders import queries as orders
from marketplace.orders.models import Order, OrderLine
from marketplace.payments.models import Payment
from tests.checkout.buying import TERMS, wish, wishes
from tests.factories.shelf import make_lot, make_pack, make_shelf
from tests.racing import PROCESSES, Racers

ROUNDS = 20
CONTROL_ROUNDS = 5
LAST_UNITS = 3

#: Two packs of two producers, both in every cart.
Pair = tuple[int, int]
#: Of each pack the lot that seemed to have some, how many were free in it and how many promised.
Seen = Mapping[int, tuple[int, int, int]]

pytestmark = pytest.mark.race


# -- turns: what each process does ---------------------------------------------------------------------------------


def buy(forms: Mapping[Pair, list[Wish]], pair: Pair, number: int) -> bool:
    """One of each by placing an order."""
    try:
        flows.place_order(forms[pair][number], TERMS)
    except GoodsGone:
        return False
    return True


def buy_what_was_seen(forms: Mapping[Pair, list[Wish]], pair: Pair, number: int) -> bool:
    """The control: the same order, but what was free a moment ago is believed and written back."""
    lots = select(Lot.pack_id, Lot.id, Lot.on_hand - Lot.reserved, Lot.reserved).where(Lot.pack_id.in_(pair))
    seen: dict[int, tuple[int, int, int]] = {}
    for pack_id, lot_id, free, reserved in db.session.execute(lots.order_by(Lot.id)):
        if pack_id not in seen or seen[pack_id][1] < 1:
            seen[pack_id] = (lot_id, free, reserved)
    db.session.rollback()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inventory, "reserve_all", partial(_reserve_what_was_seen, seen))
        return buy(forms, pair, number)


def send(forms: Mapping[int, Wish], cart_id: int, _number: int) -> int:
    """The form of one cart, sent by everybody; the id of the order it led to."""
    return flows.place_order(forms[cart_id], TERMS).order.id


def send_unrecognised(forms: Mapping[int, Wish], cart_id: int, number: int) -> int | None:
    """The control: nobody looks whether the key was used, and the cart stays full."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(orders, "find_by_key", lambda _key: None)
        patch.setattr(carts, "empty", lambda _cart: None)
        try:
            return send(forms, cart_id, number)
        except IntegrityError:
            return None


def send_under_own_key(forms: Mapping[int, Wish], cart_id: int, number: int) -> int | None:
    """The control of the control: not even the database knows the key again."""
    form = forms[cart_id]
    return send_unrecognised({cart_id: replace(form, key=f"{form.key}-{number}")}, cart_id, number)


def _reserve_what_was_seen(seen: Seen, claims: Sequence[Claim], *, expires_at: datetime | None) -> None:
    for claim in claims:
        lot_id, free, reserved = seen[claim.pack_id]
        if free < claim.quantity:
            raise Conflict("stock_short", pack_id=claim.pack_id, left=free, ref_id=claim.ref_id)
        db.session.execute(update(Lot).where(Lot.id == lot_id).values(reserved=reserved + claim.quantity))
        promise = Reservation(lot_id=lot_id, ref_type=claim.ref_type, ref_id=claim.ref_id, quantity=claim.quantity)
        promise.state, promise.expires_at, promise.created_at = ReservationState.HELD, expires_at, clock.now()
        db.session.add(promise)
        db.session.flush()


# -- the last units ------------------------------------------------------------------------------------------------


def _pairs(rounds: int) -> list[Pair]:
    """Fresh pairs of packs, of each pack the last units in two lots."""
    with transaction():
        products = [make_shelf(name, quantity=0).product for name in ("Đường thốt nốt", "Mật ong rừng")]
        packs = [[make_pack(product, label=f"Gói {number}") for number in range(rounds)] for product in products]
        for pack in packs[0] + packs[1]:
            make_lot(pack, LAST_UNITS - 1)
            make_lot(pack, 1)
        return [(one.id, other.id) for one, other in zip(*packs, strict=True)]


def _forms(pair: Pair) -> list[Wish]:
    """A filled cart for everybody."""
    return wishes(dict.fromkeys(pair, 1), PROCESSES)


def _units() -> dict[int, tuple[int, int]]:
    """By pack: units on order lines; units held."""
    lines = select(OrderLine.pack_id, func.sum(OrderLine.quantity)).group_by(OrderLine.pack_id)
    held = (
        select(Lot.pack_id, func.sum(Reservation.quantity))
        .join(Lot, Lot.id == Reservation.lot_id)
        .where(Reservation.state == ReservationState.HELD)
        .group_by(Lot.pack_id)
    )
    promised = {pack_id: int(units) for pack_id, units in db.session.execute(held)}
    return {pack_id: (int(units), promised[pack_id]) for pack_id, units in db.session.execute(lines)}


def test_orders_never_take_more_than_the_last_units(country: Flask, context: Flask, racers: Racers) -> None:
    pairs = _pairs(ROUNDS)
    sold = racers.race(partial(buy, {pair: _forms(pair) for pair in pairs}), pairs)
    assert [sum(answers) for answers in sold] == [LAST_UNITS] * ROUNDS
    packs = [pack_id for pair in pairs for pack_id in pair]
    assert _units() == dict.fromkeys(packs, (LAST_UNITS, LAST_UNITS))
    lots = db.session.execute(select(Lot.on_hand, Lot.reserved)).all()
    assert all(on_hand == reserved for on_hand, reserved in lots)
    assert db.session.scalar(select(func.count(Order.id))) == LAST_UNITS * ROUNDS
    assert check_chain() == []


def test_without_the_guard_the_same_orders_oversell(country: Flask, context: Flask, racers: Racers) -> None:
    pairs = _pairs(CONTROL_ROUNDS)
    sold = racers.race(partial(buy_what_was_seen, {pair: _forms(pair) for pair in pairs}), pairs)
    assert max(sum(answers) for answers in sold) > LAST_UNITS
    assert max(ordered for ordered, _held in _units().values()) > LAST_UNITS


# -- one form, sent by everybody -----------------------------------------------------------------------------------


def _one_form_a_cart(rounds: int = CONTROL_ROUNDS) -> dict[int, Wish]:
    with transaction():
        product = make_shelf(quantity=0).product
        packs = [make_pack(product, label=f"Gói {number}") for number in range(rounds)]
        for pack in packs:
            make_lot(pack, PROCESSES)
        pack_ids = [pack.id for pack in packs]
    return {form.cart_id: form for form in (wish({pack_id: 1}) for pack_id in pack_ids)}


def _written() -> tuple[int, int, int]:
    """How many orders, how many payments, how many units promised."""
    counts = (func.count(Order.id), func.count(Payment.id), func.sum(Lot.reserved))
    return tuple(int(db.session.scalar(select(count)) or 0) for count in counts)


def test_one_form_sent_by_everybody_is_one_order(country: Flask, context: Flask, racers: Racers) -> None:
    forms = _one_form_a_cart(ROUNDS)
    answers = racers.race(partial(send, forms), list(forms))
    assert [len(set(of_form)) for of_form in answers] == [1] * ROUNDS
    assert _written() == (ROUNDS, ROUNDS, ROUNDS)


def test_without_looking_the_key_up_only_its_unique_constraint_holds(
    country: Flask, context: Flask, racers: Racers
) -> None:
    """Still one order, but seven of eight who sent the form see an error instead of it."""
    forms = _one_form_a_cart()
    answers = racers.race(partial(send_unrecognised, forms), list(forms))
    assert [of_form.count(None) for of_form in answers] == [PROCESSES - 1] * CONTROL_ROUNDS
    assert _written() == (CONTROL_ROUNDS, CONTROL_ROUNDS, CONTROL_ROUNDS)


def test_without_any_key_the_same_form_is_many_orders(country: Flask, context: Flask, racers: Racers) -> None:
    forms = _one_form_a_cart()
    racers.race(partial(send_under_own_key, forms), list(forms))
    assert _written() == (PROCESSES * CONTROL_ROUNDS,) * 3
