"""Messages: written once, delivered after commit, tried again, buried, never by two workers at once."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Unavailable
from marketplace.outbox import flows, handlers, queries, services
from marketplace.outbox.models import OutboxMessage

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)


@pytest.fixture
def delivered() -> Iterator[list[dict[str, Any]]]:
    """What the topic ``parcel`` delivered."""
    seen: list[dict[str, Any]] = []
    handlers.register("parcel", seen.append)
    yield seen
    handlers._handlers.pop("parcel")


def _send(key: str = "parcel:1", **options: Any) -> None:
    with transaction():
        services.enqueue("parcel", {"parcel_id": 1}, key=key, **options)


def _only() -> OutboxMessage:
    db.session.expire_all()
    return db.session.query(OutboxMessage).one()


def test_a_message_is_delivered_once(context: Flask, delivered: list[dict[str, Any]]) -> None:
    _send()
    _send()
    flows.work_once()
    flows.work_once()
    assert delivered == [{"parcel_id": 1}]
    assert _only().done_at is not None


def test_a_message_of_a_failed_transaction_does_not_exist(context: Flask, delivered: list[dict[str, Any]]) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        services.enqueue("parcel", {}, key="parcel:1")
        raise ZeroDivisionError
    flows.work_once()
    assert delivered == []


def test_a_message_waits_until_it_is_due(context: Flask, delivered: list[dict[str, Any]]) -> None:
    with clock.frozen(NOON):
        _send(due_at=NOON + timedelta(minutes=5))
        assert flows.deliver_next() is False
    with clock.frozen(NOON + timedelta(minutes=5)):
        assert flows.deliver_next() is True


def test_a_lease_takes_one_message_whatever_the_planner_believes(
    context: Flask, delivered: list[dict[str, Any]]
) -> None:
    """Statistics of a table with a single row once let the lease take every message and deliver the first."""
    _send("parcel:1")
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM FULL ANALYZE outbox_message"))
    for number in range(2, 5):
        _send(f"parcel:{number}")
    with transaction():
        assert services.lease_next(handlers.topics()) is not None
    db.session.expire_all()
    assert sorted(message.attempts for message in db.session.query(OutboxMessage)) == [0, 0, 0, 1]


def test_a_topic_that_nobody_delivers_waits_untouched(context: Flask) -> None:
    _send()
    assert flows.deliver_next() is False
    assert _only().attempts == 0


def test_a_failed_message_comes_back_later_and_is_buried_in_the_end(context: Flask) -> None:
    def fail(_payload: dict[str, Any]) -> None:
        raise Unavailable("gateway_silent")

    handlers.register("parcel", fail)
    try:
        moment = NOON
        with clock.frozen(NOON):
            _send()
        for attempt in range(1, services.MOST_TRIES + 1):
            with clock.frozen(moment):
                assert flows.deliver_next() is True
                assert flows.deliver_next() is False
            assert _only().attempts == attempt
            moment += timedelta(hours=1)
        message = _only()
        assert (message.last_error, message.done_at) == ("Unavailable: gateway_silent", None)
        assert message.dead_at == moment - timedelta(hours=1)
        assert [dead.id for dead in queries.list_dead()] == [message.id]
    finally:
        handlers._handlers.pop("parcel")


def test_a_dead_message_can_be_revived(context: Flask, delivered: list[dict[str, Any]]) -> None:
    _send()
    with transaction():
        db.session.query(OutboxMessage).update({"dead_at": clock.now(), "attempts": 12})
    result = context.test_cli_runner().invoke(args=["worker", "retry", str(_only().id)])
    assert result.exit_code == 0, result.output
    flows.work_once()
    assert delivered == [{"parcel_id": 1}]


def test_delays_grow_to_an_hour_and_differ() -> None:
    assert timedelta(seconds=2.5) <= services.delay_after(1) <= timedelta(seconds=5)
    assert timedelta(minutes=30) <= services.delay_after(30) <= timedelta(hours=1)
    assert len({services.delay_after(5) for _ in range(20)}) > 1


def test_a_leased_message_is_nobody_elses_until_the_lease_ends(context: Flask) -> None:
    with clock.frozen(NOON):
        _send()
        with transaction():
            first = services.lease_next(["parcel"])
        with transaction():
            assert services.lease_next(["parcel"]) is None
    with clock.frozen(NOON + services.LEASE):
        with transaction():
            second = services.lease_next(["parcel"])
        assert first is not None
        assert second is not None
        with transaction():  # the slow worker must not close what the other one holds
            assert services.mark_done(first) is False
        with transaction():
            assert services.mark_done(second) is True


def test_periodic_tasks_run_and_a_failing_one_does_not_stop_the_others(context: Flask) -> None:
    ran: list[str] = []
    handlers.every(60, "a-broken", lambda: ran.append(str(1 // 0)))
    handlers.every(60, "b-sound", lambda: ran.append("sound"))
    try:
        flows.work_once()
    finally:
        handlers._tasks.pop("a-broken")
        handlers._tasks.pop("b-sound")
    assert ran == ["sound"]


def test_the_worker_finishes_the_message_in_hand_before_it_stops(context: Flask) -> None:
    stop = threading.Event()
    seen: list[int] = []

    def deliver(payload: dict[str, Any]) -> None:
        stop.set()  # the signal comes while the message is being delivered
        seen.append(payload["parcel_id"])

    handlers.register("parcel", deliver)
    try:
        _send("parcel:1")
        _send("parcel:2")
        flows.work(stop)
    finally:
        handlers._handlers.pop("parcel")
    assert seen == [1]
    assert sorted(message.done_at is None for message in db.session.query(OutboxMessage)) == [False, True]


def test_the_command_ends_cleanly_on_sigterm(app: Flask) -> None:
    environment = {**os.environ, "APP_ENV": "testing", "INSTANCE_PATH": str(app.config["INSTANCE_PATH"])}
    if "TEST_DATABASE_URL" in os.environ:
        environment["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"The worker is ready.\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()


def test_once_does_what_is_due_and_ends(context: Flask, delivered: list[dict[str, Any]]) -> None:
    _send()
    result = context.test_cli_runner().invoke(args=["worker", "--once"])
    assert result.exit_code == 0, result.output
    assert delivered == [{"parcel_id": 1}]
