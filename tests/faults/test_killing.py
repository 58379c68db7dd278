"""F08, F09, F48: processes are killed again and again while people buy and sell; nothing acknowledged is lost."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from marketplace.core.db import db
from marketplace.orders.models import Order, OrderState
from marketplace.payments.models import Payment
from tests.faults.loop import checking
from tests.faults.loop.clients import PATIENCE, Crowd, buyer, card_buyer, trader
from tests.faults.loop.killing import kill_for, small_shop
from tests.faults.loop.processes import CARELESS_WEB, SANDBOX, WEB, WORKER, Processes

#: ``python -m tests.faults kill --minutes 5`` asks for more.
SECONDS = float(os.environ.get("KILL_SECONDS", "12"))
SEED = int(os.environ.get("KILL_SEED", "20261122"))
ALL = (SANDBOX, WEB, WORKER)

pytestmark = [pytest.mark.race, pytest.mark.timeout(0)]


@pytest.fixture(scope="module")
def processes(_migrated: tuple[Flask, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Processes over the database of the tests."""
    made = Processes(
        {
            "INSTANCE_PATH": str(_migrated[0].config["INSTANCE_PATH"]),
            "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", ""),
        },
        tmp_path_factory.mktemp("processes"),
    )
    yield made
    made.close()


def test_nothing_acknowledged_is_lost_however_often_processes_are_killed(
    context: Flask, processes: Processes, say: Callable[[str], None]
) -> None:
    with small_shop(context, processes) as shop:
        crowd = Crowd(shop.place(processes), [buyer, buyer, buyer, trader], seed=SEED)
        try:
            processes.start(*ALL)
            processes.wait_until_ready()
            crowd.start()
            kills = kill_for(processes, crowd, seconds=SECONDS, seed=SEED)
        finally:
            crowd.send_home()
            processes.stop()
        shop.world.settle_down(rounds=3)
        told = crowd.told
        lost = checking.lost(told)
        killed = ", ".join(f"{' + '.join(names)} {times} times" for names, times in kills.times.items())
        say(f"killed under load: {killed}")
        say(
            f"acknowledged: {len(told.orders)} orders ({len(told.paid)} of them paid), {len(told.sales)} sales, "
            f"{len(told.transfers)} transfers; lost: {len(lost)}"
        )
        assert told.troubles == [], processes.logs()[-3000:]
        assert min(kills.of(name) for name in (WEB, WORKER)) >= 3
        assert told.orders and told.sales and told.transfers and told.paid
        assert lost == []
        assert checking.differences(shop.world.outside) == []
        assert checking.broken_promises() == []


def _until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        db.session.rollback()
        time.sleep(0.02)  # others work


@pytest.mark.parametrize("moment", ["before", "after"])
def test_shop_and_gateway_killed_within_one_payment_agree_afterwards(
    context: Flask, processes: Processes, moment: str
) -> None:
    """F48: the gateway thinks, before or after it has charged the card, and both die; the buyer sends again."""
    with small_shop(context, processes) as shop:
        outside = shop.world.outside
        crowd = Crowd(shop.place(processes), [card_buyer], seed=SEED)
        try:
            processes.start(SANDBOX, WEB)
            processes.wait_until_ready()
            slow = {
                "channel": "stripe",
                "kind": "delay",
                "moment": moment,
                "path": "/v1/payment_intents",
                "seconds": 30,
            }
            assert requests.post(f"{processes.sandbox_url}/sandbox/faults", json=slow, timeout=10).ok
            crowd.start()
            if moment == "after":
                _until(lambda: outside.objects("payment_intent"))
            else:
                _until(lambda: db.session.scalars(select(Payment.id)).all())
                time.sleep(0.5)  # the call goes out after this commit
            processes.kill(WEB, SANDBOX)
            assert crowd.told.count() == 0
            processes.start(WEB, SANDBOX)
            crowd.send_home()
        finally:
            crowd.send_home()
            processes.stop()
        shop.world.settle_down(rounds=3)
        charged = [intent for intent in outside.objects("payment_intent") if intent["status"] == "succeeded"]
        assert len(charged) == len(crowd.told.orders) == 1
        assert set(db.session.scalars(select(Order.state))) == {OrderState.PAID}
        assert crowd.told.troubles == checking.lost(crowd.told) == checking.differences(outside) == []
        assert checking.broken_promises() == []


def test_what_is_in_hand_is_answered_before_the_server_ends(context: Flask, processes: Processes) -> None:
    """F10: SIGTERM while the gateway thinks."""
    with small_shop(context, processes) as shop:
        first, second = (Crowd(shop.place(processes), [card_buyer], seed=seed, once=True) for seed in (SEED, SEED + 1))
        processes.start(SANDBOX, WEB)
        processes.wait_until_ready()
        first.start()  # everything has been done once when it counts
        first.send_home()
        slow = {"channel": "stripe", "kind": "delay", "moment": "after", "path": "/v1/payment_intents", "seconds": 1}
        assert requests.post(f"{processes.sandbox_url}/sandbox/faults", json=slow, timeout=10).ok
        second.start()
        _until(lambda: len(db.session.scalars(select(Payment.id)).all()) == 2)
        processes.end(WEB)
        second.send_home()
        db.session.rollback()
        assert second.told.troubles == [], processes.logs()[-3000:]
        assert len(second.told.paid) == 1
        assert checking.lost(second.told) == checking.broken_promises() == []


def test_a_server_that_answers_before_it_has_written_is_found_out(context: Flask, processes: Processes) -> None:
    with small_shop(context, processes) as shop:
        crowd = Crowd(shop.place(processes), [trader], seed=SEED)
        try:
            processes.start(SANDBOX, CARELESS_WEB)
            processes.wait_until_ready()
            crowd.start()
            while not crowd.told.sales and not crowd.told.troubles:
                time.sleep(0.01)  # the first sale is on its way
            processes.kill(CARELESS_WEB)
            processes.start(CARELESS_WEB)
        finally:
            crowd.send_home()
            processes.stop()
        assert crowd.told.troubles == [], processes.logs()[-3000:]
        assert any("is there 0 times" in missing for missing in checking.lost(crowd.told))
