"""Several processes that want the last units at the same moment. Each is a whole application of its own."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from flask import Flask
from sqlalchemy import select, update

from config import Testing
from marketplace.app import create_app
from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.inventory import services
from marketplace.inventory.models import Lot

PROCESSES = 8


def buy_guarded(pack_id: int, buyer: str) -> bool:
    """One unit by the service under test."""

    def attempt() -> None:
        with transaction():
            services.reserve(pack_id, 1, ref_type="race", ref_id=buyer, expires_at=None)

    try:
        retrying(attempt)
    except Conflict:
        return False
    return True


def buy_unguarded(pack_id: int, _buyer: str) -> bool:
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


def race(app: Flask, pack_ids: list[int], buy: Callable[[int, str], bool]) -> dict[int, int]:
    """Let every process buy one unit of each pack, all at the same moment; units sold per pack."""
    spawn = multiprocessing.get_context("spawn")
    barrier, results = spawn.Barrier(PROCESSES), spawn.Queue()
    settings = {
        "INSTANCE_PATH": str(app.config["INSTANCE_PATH"]),
        "DATABASE_URL": db.engine.url.render_as_string(hide_password=False),
    }
    racers = [
        spawn.Process(target=_run, args=(settings, pack_ids, buy, number, barrier, results))
        for number in range(PROCESSES)
    ]
    for racer in racers:
        racer.start()
    sold = dict.fromkeys(pack_ids, 0)
    for _racer in racers:
        for pack_id in results.get(timeout=100):
            sold[pack_id] += 1
    for racer in racers:
        racer.join(timeout=10)
    return sold


def _run(
    settings: dict[str, str],
    pack_ids: list[int],
    buy: Callable[[int, str], bool],
    number: int,
    barrier: Barrier,
    results: "Queue[list[int]]",
) -> None:
    app = create_app(Testing(settings))
    with app.app_context():
        bought = []
        for pack_id in pack_ids:
            barrier.wait(timeout=60)
            if buy(pack_id, f"{pack_id}-{number}"):
                bought.append(pack_id)
        db.session.remove()
        db.engine.dispose()
    results.put(bought)
