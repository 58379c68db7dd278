"""P01: eight processes, twenty times, for the last units. The control shows that the race is real."""

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core.db import db, transaction
from marketplace.inventory.models import Lot
from tests.factories.shelf import make_lot, make_pack, make_shelf
from tests.inventory.racers import buy_guarded, buy_unguarded, race

ROUNDS = 20
LAST_UNITS = 3

pytestmark = pytest.mark.race


def _packs() -> list[int]:
    with transaction():
        product = make_shelf(quantity=0).product
        packs = [make_pack(product, label=f"Gói {number}") for number in range(ROUNDS)]
        for pack in packs:
            make_lot(pack, LAST_UNITS)
        return [pack.id for pack in packs]


def test_the_last_units_are_never_sold_twice(context: Flask) -> None:
    packs = _packs()
    assert race(context, packs, buy_guarded) == dict.fromkeys(packs, LAST_UNITS)
    lots = db.session.scalars(select(Lot).execution_options(populate_existing=True)).all()
    assert {(lot.on_hand, lot.reserved) for lot in lots} == {(LAST_UNITS, LAST_UNITS)}


def test_without_the_guard_the_same_race_oversells(context: Flask) -> None:
    packs = _packs()
    assert max(race(context, packs, buy_unguarded).values()) > LAST_UNITS
