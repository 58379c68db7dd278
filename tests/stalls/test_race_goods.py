"""The web shop against the stall for the last unit: eight processes, twenty times. The control shows it is real."""

import uuid
from collections.abc import Mapping
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update

from marketplace.checkout import flows
from marketplace.checkout.errors import GoodsGone
from marketplace.checkout.flows import Wish
from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.inventory.models import Lot
from marketplace.ledger import audit_checks
from marketplace.stalls import services
from marketplace.stalls.models import Means
from marketplace.stalls.services import Wanted
from tests.checkout.buying import TERMS, prepare_country, wish
from tests.factories.accounts import UserFactory
from tests.factories.shelf import make_lot, make_pack, make_shelf
from tests.factories.stalls import StallFactory
from tests.racing import PROCESSES, Racers

ROUNDS = 20
PRICE = Dong(60_000)

pytestmark = pytest.mark.race


def buy(stall_id: int, forms: Mapping[int, list[Wish]], pack_id: int, number: int) -> bool:
    """Half of them order it in the shop, half sell it at the stall."""
    if number % 2:
        try:
            flows.place_order(forms[pack_id][number], TERMS)
        except GoodsGone:
            return False
        return True

    def attempt() -> None:
        with transaction():
            sold = {"client_id": str(uuid.uuid4()), "means": Means.CASH, "vendor_id": None}
            services.take_sale(stall_id, amount=PRICE, lines=[Wanted(pack_id, 1)], **sold)

    try:
        retrying(attempt)
    except Conflict:
        return False
    return True


def sell_what_was_seen(pack_id: int, _number: int) -> bool:
    """The control: look, decide, write, at the stall's till as in a shop that nobody guards."""
    statement = select(Lot.id, Lot.on_hand, Lot.reserved).where(Lot.pack_id == pack_id)
    lot_id, on_hand, reserved = db.session.execute(statement).one()
    db.session.rollback()
    if on_hand - reserved < 1:
        return False
    with transaction():
        db.session.execute(update(Lot).where(Lot.id == lot_id).values(on_hand=on_hand - 1))
    return True


def _packs(rounds: int) -> tuple[int, list[int]]:
    with transaction():
        prepare_country()
        shelf = make_shelf(quantity=0)
        stall = StallFactory()
        services.link_producer(stall, shelf.producer, actor_id=UserFactory().id)
        packs = [make_pack(shelf.product, label=f"Gói {number}") for number in range(rounds)]
        for pack in packs:
            make_lot(pack, 1)
        return stall.id, [pack.id for pack in packs]


def test_the_last_unit_is_sold_once_in_the_shop_or_at_the_stall(context: Flask, racers: Racers) -> None:
    stall_id, packs = _packs(ROUNDS)
    forms = {pack_id: [wish({pack_id: 1}) for _ in range(PROCESSES)] for pack_id in packs}
    answers = racers.race(partial(buy, stall_id, forms), packs)
    assert [sum(sold) for sold in answers] == [1] * ROUNDS
    lots = db.session.execute(select(Lot.on_hand, Lot.reserved)).all()
    assert {tuple(lot) for lot in lots} <= {(1, 1), (0, 0)}
    assert audit_checks.run() == []


def test_without_the_guarded_update_the_same_unit_is_sold_twice(context: Flask, racers: Racers) -> None:
    _stall_id, packs = _packs(5)
    answers = racers.race(sell_what_was_seen, packs)
    assert max(sum(sold) for sold in answers) > 1
