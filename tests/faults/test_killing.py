"""F08, F09, F48: processes are killed again and again while people buy and sell; nothing acknowledged is lost."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.faults.loop import checking
from tests.faults.loop.clients import Crowd, buyer, trader
from tests.faults.loop.killing import environment, kill_for, small_shop
from tests.faults.loop.processes import SANDBOX, WEB, WORKER, Processes

#: ``python -m tests.faults kill --minutes 5`` asks for more.
SECONDS = float(os.environ.get("KILL_SECONDS", "12"))
SEED = int(os.environ.get("KILL_SEED", "20261122"))
ALL = (SANDBOX, WEB, WORKER)

pytestmark = [pytest.mark.race, pytest.mark.timeout(0)]


def test_nothing_acknowledged_is_lost_however_often_processes_are_killed(
    context: Flask, tmp_path: Path, say: Callable[[str], None]
) -> None:
    with small_shop(context, tmp_path) as shop:
        processes = Processes(environment(context, tmp_path), tmp_path)
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
        killed = ", ".join(f"{' + '.join(names)} {times} times" for names, times in kills.times.items())
        say(f"killed under load: {killed}; {told.count()} orders, sales and transfers were acknowledged")
        assert told.troubles == [], processes.logs()[-3000:]
        assert min(kills.of(name) for name in (WEB, WORKER)) >= 3
        assert told.orders and told.sales and told.transfers and told.paid
        assert checking.lost(told) == []
        assert checking.differences(shop.world.outside) == []
        assert checking.broken_promises() == []


def test_a_server_that_answers_before_it_has_written_is_found_out(context: Flask, tmp_path: Path) -> None:
    with small_shop(context, tmp_path) as shop:
        processes = Processes(environment(context, tmp_path), tmp_path, web="careless web")
        crowd = Crowd(shop.place(processes), [trader], seed=SEED)
        try:
            processes.start(SANDBOX, WEB)
            processes.wait_until_ready()
            crowd.start()
            while not crowd.told.sales and not crowd.told.troubles:
                time.sleep(0.01)  # the first sale is on its way
            processes.kill(WEB)
            processes.start(WEB)
        finally:
            crowd.send_home()
            processes.stop()
        assert crowd.told.troubles == [], processes.logs()[-3000:]
        assert any("is there 0 times" in missing for missing in checking.lost(crowd.told))
