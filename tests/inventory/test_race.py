"""P01: eight processes, twenty times, for the last units. The control shows that the race is real."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.inventory import services
from marketplace.inventory.models import Lot
from tests.factories.shelf import make_lot, make_pack, make_shelf
from tests.racing import Racers

ROUNDS = 20
CONTROL_ROUNDS = 5
LAST_UNITS = 3

pytestmark = pytest.mark.race


def buy_guarded(pack_id: int, number: int) -> bool:
    """One unit by the service under test."""

    def attempt() -> None:
        with transaction():
            services.reserve(pack_id, 1, ref_type="race", ref_id=f"{pack_id}-{number}", expires_at=None)

    try:
        retrying(attempt)
    except Conflict:
        return False
    return True


def buy_unguarded(pack_id: int, _number: int) -> bool:
    """The control: look, decide, write. Everybody writes it like this once."""
    lot_id, free, reserved = db.session.execute(
        select(Lot.id, Lot.on_hand - Lot.reserved, Lot.reserved).where(Lot.pack_id == pack_id)
    ).one()
    db.session.rollback()
    if free < 1:
        return False
    with transaction():
        db.session.execute(update(Lot).where(Lot.id == lot_id).values(reserved=reserved + 1))
    return True


def _packs(rounds: int) -> list[int]:
    with transaction():
        product = make_shelf(quantity=0).product
        packs = [make_pack(product, label=f"Gói {number}") for number in range(rounds)]
        for pack in packs:
            make_lot(pack, LAST_UNITS)
        return [pack.id for pack in packs]


def test_the_last_units_are_never_sold_twice(context: Flask, racers: Racers) -> None:
    sold = [sum(answers) for answers in racers.race(buy_guarded, _packs(ROUNDS))]
    assert sold == [LAST_UNITS] * ROUNDS
    lots = db.session.scalars(select(Lot).execution_options(populate_existing=True)).all()
    assert {(lot.on_hand, lot.reserved) for lot in lots} == {(LAST_UNITS, LAST_UNITS)}


def test_without_the_guard_the_same_race_oversells(context: Flask, racers: Racers) -> None:
    sold = [sum(answers) for answers in racers.race(buy_unguarded, _packs(CONTROL_ROUNDS))]
    assert max(sold) > LAST_UNITS
