"""The web shop against the stall for the last unit: eight processes, twenty times. The control shows it is real."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update

from marketplace.checkout import flows
from marketplace.checkout.errors import GoodsGone
from marketplace.checkout.flows import Wish
from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.inventory import services as inventory
from marketplace.inventory.models import Lot
from marketplace.ledger import audit_checks
from marketplace.stalls import services
from marketplace.stalls.models import Means
from marketplace.stalls.services import Wanted
from tests.checkout.buying import TERMS, prepare_country, wishes
from tests.factories.accounts import UserFactory
from tests.factories.shelf import make_lot, make_pack, make_shelf
from tests.factories.stalls import StallFactory
from tests.racing import PROCESSES, Racers

ROUNDS = 20
PRICE = Dong(60_000)

pytestmark = pytest.mark.race


def buy(means: Means, stall_id: int, forms: Mapping[int, list[Wish]], pack_id: int, number: int) -> bool:
    """Half of them order it in the shop, half sell it at the stall."""
    if number % 2:
        try:
            flows.place_order(forms[pack_id][number], TERMS)
        except GoodsGone:
            return False
        return True

    def attempt() -> None:
        with transaction():
            sold = {"client_id": str(uuid.uuid4()), "means": means, "vendor_id": None}
            services.take_sale(stall_id, amount=PRICE, lines=[Wanted(pack_id, 1)], **sold)

    try:
        retrying(attempt)
    except Conflict:
        return False
    return True


def buy_what_was_seen(stall_id: int, forms: Mapping[int, list[Wish]], pack_id: int, number: int) -> bool:
    """The control: shop and till promise what was free a moment ago, and nobody asks whether it still is."""
    now = clock.now()
    seen = inventory._shelf([pack_id], now)
    reserved = db.session.scalars(select(Lot.reserved).where(Lot.pack_id == pack_id)).one()
    db.session.rollback()

    def write_down(lot_id: int, part: int, _now: datetime) -> bool:
        db.session.execute(update(Lot).where(Lot.id == lot_id).values(reserved=reserved + part))
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inventory, "_shelf", lambda _packs, _now: seen)
        patch.setattr(inventory, "_promise", write_down)
        return buy(Means.QR, stall_id, forms, pack_id, number)


def _packs(rounds: int, *, units: int = 1) -> tuple[int, list[int]]:
    with transaction():
        prepare_country()
        shelf = make_shelf(quantity=0)
        stall = StallFactory()
        services.link_producer(stall, shelf.producer, actor_id=UserFactory().id)
        packs = [make_pack(shelf.product, label=f"Gói {number}") for number in range(rounds)]
        for pack in packs:
            make_lot(pack, units)
        return stall.id, [pack.id for pack in packs]


def _forms(packs: list[int]) -> dict[int, list[Wish]]:
    return {pack_id: wishes({pack_id: 1}, PROCESSES) for pack_id in packs}


@pytest.mark.parametrize("means", list(Means))
def test_the_last_unit_is_sold_once_in_the_shop_or_at_the_stall(context: Flask, racers: Racers, means: Means) -> None:
    stall_id, packs = _packs(ROUNDS)
    forms = _forms(packs)
    answers = racers.race(partial(buy, means, stall_id, forms), packs)
    assert [sum(sold) for sold in answers] == [1] * ROUNDS
    lots = db.session.execute(select(Lot.on_hand, Lot.reserved)).all()
    assert {tuple(lot) for lot in lots} <= {(1, 1), (0, 0)}
    assert audit_checks.run() == []


def test_without_the_guarded_update_shop_and_stall_sell_the_same_unit(context: Flask, racers: Racers) -> None:
    stall_id, packs = _packs(5, units=2)  # both write one of two down: the shelf never looks empty
    answers = racers.race(partial(buy_what_was_seen, stall_id, _forms(packs)), packs)
    assert max(sum(sold) for sold in answers) > 2
    assert "I20" in {finding.check.name for finding in audit_checks.run()}
