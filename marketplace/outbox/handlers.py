"""Who delivers which topic, and what is done every so often. Rooms register in their ``jobs.py`` at start."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Handler = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class PeriodicTask:
    """Something that every worker does every ``seconds``; it must be safe to run twice at once."""

    name: str
    seconds: float
    run: Callable[[], None]


_handlers: dict[str, Handler] = {}
_tasks: dict[str, PeriodicTask] = {}


def register(topic: str, function: Handler) -> None:
    """Let ``function(payload)`` deliver the messages of ``topic``.

    It runs outside any transaction and opens its own; it may get the same message again, so it must be
    idempotent. Any exception means: try again later.
    """
    _handlers[topic] = function


def every(seconds: float, name: str, function: Callable[[], None]) -> None:
    """Let each worker run ``function`` at its start and then every ``seconds``, outside any transaction."""
    _tasks[name] = PeriodicTask(name, seconds, function)


def handler_of(topic: str) -> Handler:
    """The function that delivers ``topic``. Raises ``KeyError``."""
    return _handlers[topic]


def topics() -> list[str]:
    """Topics that somebody delivers, in order."""
    return sorted(_handlers)


def tasks() -> list[PeriodicTask]:
    """The periodic tasks, by name."""
    return [_tasks[name] for name in sorted(_tasks)]
