"""F32: carts that take the same two lots in opposite orders, at the same moment: nobody waits for the other for ever.

Nobody is tried again here, so a single deadlock (PostgreSQL) or "database is locked" (SQLite) would be seen. What the
orders rely on are two guards: lots are taken in one order whatever the cart's (PostgreSQL locks rows), and who will
write says so at the beginning (SQLite locks the file).
"""

import builtins
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from marketplace.checkout import flows
from marketplace.checkout.errors import GoodsGone
from marketplace.checkout.flows import Wish, placing
from marketplace.core import db as core_db
from marketplace.core.db import db, is_passing, transaction
from marketplace.inventory import services as inventory
from marketplace.inventory.models import Lot
from marketplace.ledger import audit_checks
from marketplace.orders.models import Order
from tests.checkout.buying import TERMS, wishes
from tests.factories.shelf import make_lot, make_pack, make_shelf
from tests.racing import PROCESSES, Racers

ROUNDS = 20
CONTROL_ROUNDS = 3
UNITS = 5

Pair = tuple[int, int]

pytestmark = pytest.mark.race


# -- turns: what each process does ---------------------------------------------------------------------------------


def buy(forms: Mapping[Pair, list[Wish]], pair: Pair, number: int) -> str:
    """A then B, or B then A; once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "retrying", _once)
        try:
            flows.place_order(forms[pair][number], TERMS)
        except GoodsGone:
            return "gone"
        except DBAPIError as error:
            db.session.rollback()
            if is_passing(error):
                return "stuck"
            raise
        return "bought"


def buy_in_the_order_of_the_cart(forms: Mapping[Pair, list[Wish]], pair: Pair, number: int) -> str:
    """The control: half of them take the lots from behind, and nobody says at the beginning that he will write."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inventory, "sorted", partial(_sorted, bool(number % 2)), raising=False)
        patch.setattr(inventory, "_take", partial(_take_slowly, inventory._take))
        patch.setattr(Session, "connection", _unsaid(Session.connection))
        patch.setattr(core_db, "_fair_turn", lambda _engine: contextlib.nullcontext())
        return buy(forms, pair, number)


def _once(work: Callable[[], Any], **_tries: int) -> Any:
    return work()


def _sorted(is_turned: bool, things: Iterable[Any], *, key: Callable[[Any], Any] | None = None) -> list[Any]:
    return builtins.sorted(things, key=key, reverse=is_turned)


def _take_slowly(take: Callable[..., Any], *arguments: Any) -> Any:
    taken = take(*arguments)
    time.sleep(0.05)  # the others take their first lot meanwhile
    return taken


def _unsaid(connect: Callable[..., Any]) -> Callable[..., Any]:
    return lambda session, **_options: connect(session)


# -- the races -----------------------------------------------------------------------------------------------------


def _pairs(rounds: int) -> list[Pair]:
    with transaction():
        products = [make_shelf(name, quantity=0).product for name in ("Đường thốt nốt", "Mật ong rừng")]
        packs = [[make_pack(product, label=f"Gói {number}") for number in range(rounds)] for product in products]
        for pack in packs[0] + packs[1]:
            make_lot(pack, UNITS)
        return [(one.id, other.id) for one, other in zip(*packs, strict=True)]


def _forms(pairs: list[Pair]) -> dict[Pair, list[Wish]]:
    """A filled cart for everybody; half of them took the two packs in the other order."""
    return {(one, other): _crossed(one, other) for one, other in pairs}


def _crossed(one: int, other: int) -> list[Wish]:
    half = PROCESSES // 2
    ways = wishes({one: 1, other: 1}, half), wishes({other: 1, one: 1}, half)
    return [form for both in zip(*ways, strict=True) for form in both]


def test_crossed_carts_neither_oversell_nor_stop_each_other(country: Flask, context: Flask, racers: Racers) -> None:
    pairs = _pairs(ROUNDS)
    answers = racers.race(partial(buy, _forms(pairs)), pairs)
    assert [sorted(of_round) for of_round in answers] == [["bought"] * UNITS + ["gone"] * (PROCESSES - UNITS)] * ROUNDS
    assert set(db.session.execute(select(Lot.on_hand, Lot.reserved)).all()) == {(UNITS, UNITS)}
    assert db.session.scalar(select(func.count(Order.id))) == UNITS * ROUNDS
    assert audit_checks.run() == []


def test_without_one_order_of_lots_and_locks_crossed_carts_get_stuck(
    country: Flask, context: Flask, racers: Racers
) -> None:
    pairs = _pairs(CONTROL_ROUNDS)
    answers = racers.race(partial(buy_in_the_order_of_the_cart, _forms(pairs)), pairs)
    assert "stuck" in {answer for of_round in answers for answer in of_round}
