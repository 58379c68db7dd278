"""Open a shop, let people in, kill its processes again and again, and let what is left of it finish by itself."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask

from marketplace.accounts import services as accounts
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.payments import settings
from tests.factories.accounts import GrantFactory, UserFactory
from tests.faults.loop.clients import Crowd, Place
from tests.faults.loop.processes import SANDBOX, WEB, WORKER, Processes
from tests.proof.outside import Outside
from tests.proof.world import World, build

UNITS = 2_000
#: Seconds after which somebody is killed although little was done.
_LONGEST_PEACE = 6


@dataclass(frozen=True)
class Shop:
    """A small shop over the database of an application, its sandbox's file, and a trader's token."""

    world: World
    trader_token: str

    def place(self, processes: Processes) -> Place:
        """Where it is found while these processes serve it."""
        world = self.world
        return Place(processes.url, processes.sandbox_url, world.packs, world.stall_id, self.trader_token)


@dataclass
class Kills:
    """How often which processes were killed at the same moment."""

    times: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def of(self, name: str) -> int:
        """How often this one was among the killed."""
        return sum(count for names, count in self.times.items() if name in names)


@contextmanager
def small_shop(app: Flask, processes: Processes) -> Iterator[Shop]:
    """A shop with two producers and a stall in an empty database, and an empty sandbox beside it.

    Afterwards every process is stopped; clock and settings are put back.
    """
    source, before = clock._source, settings.current()
    outside = Outside(processes.sandbox_file)
    try:
        outside.forget()
        world = build(app, outside, units=UNITS)
        with transaction():
            trader = UserFactory()
            GrantFactory(user=trader, role=Role.VENDOR, subject_id=world.stall_id)
            _row, token = accounts.create_api_token(trader.id, name="till", scopes=frozenset({"read", "write"}))
        db.session.remove()
        db.engine.dispose()
        outside.close()
        yield Shop(world, token)
    finally:
        processes.stop()
        outside.close()
        clock.use(source)
        settings.configure(before)


def kill_for(processes: Processes, crowd: Crowd, *, seconds: float, seed: int) -> Kills:
    """Kill workers, the whole server, and sometimes all with gateway and bank, until time is over.

    However slow the machine is, each of the three happens. The crowd sends all the while.
    """
    chance, kills = random.Random(seed), Kills()
    choices = [(WORKER,), (WORKER,), (WEB,), (WEB, WORKER), (WEB, WORKER, SANDBOX)]
    end = time.monotonic() + seconds
    while not crowd.told.troubles and (time.monotonic() < end or not all(kills.times[names] for names in choices)):
        due = [names for names in choices if not kills.times[names]]
        names = chance.choice(due if time.monotonic() > end else choices)
        _serve_for_a_while(crowd, chance.randint(2, 8))
        processes.kill(*names)
        kills.times[names] += 1
        processes.start(*names)
        processes.wait_until_ready()
    return kills


def _serve_for_a_while(crowd: Crowd, things: int) -> None:
    """Until so many more things were acknowledged, or at most some seconds."""
    enough, end = crowd.told.count() + things, time.monotonic() + _LONGEST_PEACE
    while crowd.told.count() < enough and time.monotonic() < end:
        time.sleep(0.01)  # others work
