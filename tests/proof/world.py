"""A small shop with two producers and a stall, and the sandbox beside it, for random programs and for crashes."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flask import Flask

from marketplace.checkout import flows as checkout
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.orders.models import PaymentMethod, SubOrderState
from marketplace.outbox import flows as outbox
from marketplace.payments import flows as payments
from tests.checkout.buying import order, payment_of, prepare_country
from tests.factories.shelf import make_shelf
from tests.factories.stalls import make_stall
from tests.proof.outside import Outside
from tests.settlement.paying_out import person, with_account

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)
PRICES = (60_000, 45_000)
DELIVERY = 20_000
STEPS = (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED)
#: Before noon, in days: when the orders of the past were delivered, one by transfer and one by card each time. What
#: they earned is due after a week.
PAST = (9, 5)


@dataclass(frozen=True)
class World:
    """The shop, the sandbox, and the ids of what is sold; ``units`` of each pack are in store at the beginning.

    ``producers`` sell the packs, in their order. A world with a past has two ``operators``, and ``delivered`` orders
    of one unit of each pack, paid for and long with their buyers.
    """

    shop: Flask
    outside: Outside
    packs: tuple[int, int]
    producers: tuple[int, int]
    stall_id: int
    units: int
    operators: tuple[int, ...] = ()
    delivered: tuple[int, ...] = ()

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
        producers = (int(shelves[0].producer.id), int(shelves[1].producer.id))
    return World(shop, outside, packs, producers, make_stall(), units)


def build_with_past(shop: Flask, outside: Outside) -> World:
    """``build``, with producers whose accounts are known and who are owed money."""
    stand_at(NOON - timedelta(days=PAST[0]))
    world = build(shop, outside, units=14)
    for producer_id, number in zip(world.producers, ("2200000007", "2200000008"), strict=True):
        with_account(producer_id, number=number)
    operators = (person(), person())
    delivered = []
    for days in PAST:
        stand_at(NOON - timedelta(days=days))
        delivered += [_delivered(world, method) for method in (PaymentMethod.VIETQR, PaymentMethod.CARD)]
        world.settle_down()
    stand_at(NOON)
    return replace(world, operators=operators, delivered=tuple(delivered))


def _delivered(world: World, method: PaymentMethod) -> int:
    placed = order(dict.fromkeys(world.packs, 1), method, card="pm_card_visa" if method is PaymentMethod.CARD else "")
    order_id, parts = placed.id, [(part.id, part.producer_id) for part in placed.sub_orders]
    if method is PaymentMethod.VIETQR:
        payment = payment_of(placed)
        world.outside.transfer(str(payment.payee_account), payment.amount, str(payment.transfer_code))
    db.session.rollback()
    for message in world.outside.waiting():
        world.outside.carry(world.shop, message)
    for step in STEPS:
        for part_id, producer_id in parts:
            checkout.advance_parcel(part_id, [producer_id], step, actor_id=None)
    return order_id


def let_pass(time: timedelta) -> None:
    """Move the standing clock on."""
    stand_at(clock.now() + time)


def stand_at(moment: datetime) -> None:
    """Let the clock stand."""
    clock.use(lambda: moment)
