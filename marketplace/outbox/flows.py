"""Deliver messages: lease in one transaction, deliver outside any, close in another."""

import logging
import threading
import time

from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import DomainError
from marketplace.outbox import handlers, services
from marketplace.outbox.services import Leased

log = logging.getLogger(__name__)

#: Seconds between two looks into an empty outbox.
PAUSE = 0.5


def work_once() -> None:
    """Every periodic task once, then messages until none is due."""
    for task in handlers.tasks():
        run_task(task)
    while deliver_next():
        pass


def work(stop: threading.Event) -> None:
    """Deliver and tick until ``stop`` is set; the message in hand is finished first."""
    due = {task.name: 0.0 for task in handlers.tasks()}
    while not stop.is_set():
        for task in handlers.tasks():
            if time.monotonic() >= due.get(task.name, 0.0) and not stop.is_set():
                due[task.name] = time.monotonic() + task.seconds
                run_task(task)
        if stop.is_set() or not deliver_next():
            stop.wait(PAUSE)


def deliver_next() -> bool:
    """Deliver one due message, or put it back for later when its handler fails. False when none is due."""
    message = retrying(_lease)
    if message is None:
        return False
    try:
        handlers.handler_of(message.topic)(message.payload)
    except Exception as error:  # of any room: the message is tried again, and the worker goes on
        log.exception("message %s (%s), try %s, failed", message.id, message.topic, message.attempts)
        _close_failed(message, error)
    else:
        retrying(lambda: _close_done(message))
    finally:
        db.session.remove()
    return True


def run_task(task: handlers.PeriodicTask) -> None:
    """Run one periodic task; a failure is logged and waits for the next turn."""
    try:
        task.run()
    except Exception:  # of any room: one task must not stop the others
        log.exception("periodic task %s failed", task.name)
    finally:
        db.session.remove()


def _lease() -> Leased | None:
    with transaction():
        return services.lease_next(handlers.topics())


def _close_done(message: Leased) -> None:
    with transaction():
        kept = services.mark_done(message)
    if not kept:
        log.warning("message %s took longer than its lease and may be delivered twice", message.id)


def _close_failed(message: Leased, error: Exception) -> None:
    db.session.rollback()
    kind = type(error).__name__
    reason = f"{kind}: {error.code}" if isinstance(error, DomainError) else kind

    def close() -> None:
        with transaction():
            services.mark_failed(message, reason)

    retrying(close)
