"""A small shop with two producers and a stall, and the sandbox beside it, for random programs and for crashes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask

from marketplace.checkout import flows as checkout
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.outbox import flows as outbox
from marketplace.payments import flows as payments
from tests.checkout.buying import prepare_country
from tests.factories.shelf import make_shelf
from tests.factories.stalls import make_stall
from tests.proof.outside import Outside

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)
PRICES = (60_000, 45_000)
DELIVERY = 20_000


@dataclass(frozen=True)
class World:
    """The shop, the sandbox, and the ids of what is sold; ``units`` of each pack are in store at the beginning."""

    shop: Flask
    outside: Outside
    packs: tuple[int, int]
    stall_id: int
    units: int

    def settle_down(self, *, rounds: int = 2) -> None:
        """Everything that is on its way arrives: messages, outbox, reconciler, deadlines; time passes meanwhile."""
        for _ in range(rounds):
            let_pass(timedelta(minutes=6))  # past the lease of a worker that died
            for message in self.outside.waiting():
                self.outside.carry(self.shop, message)
            while outbox.deliver_next():
                pass
            payments.reconcile(older_than=timedelta(0))
            checkout.expire_orders()
        db.session.rollback()


def build(shop: Flask, outside: Outside, *, units: int = 20) -> World:
    """Fill an empty database, inside an application context."""
    with transaction():
        prepare_country()
        shelves = [
            make_shelf(name, quantity=units, pack={"price": Dong(price)})
            for name, price in zip(("Đường thốt nốt", "Mắm cá linh"), PRICES, strict=True)
        ]
        packs = (int(shelves[0].pack.id), int(shelves[1].pack.id))
    return World(shop, outside, packs, make_stall(), units)


def let_pass(time: timedelta) -> None:
    """Move the standing clock on."""
    moment = clock.now() + time
    clock.use(lambda: moment)
