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


_handlers: dict[str, dict[str, Handler]] = {}
_tasks: dict[str, PeriodicTask] = {}


def register(topic: str, function: Handler, *, room: str = "") -> None:
    """Let ``function(payload)`` deliver the messages of ``topic``; a second ``room`` that listens gives its name.

    It runs outside any transaction and opens its own; it may get the same message again, so it must be
    idempotent. Any exception means: try again later.
    """
    _handlers.setdefault(topic, {})[room] = function


def every(seconds: float, name: str, function: Callable[[], None]) -> None:
    """Let each worker run ``function`` at its start and then every ``seconds``, outside any transaction."""
    _tasks[name] = PeriodicTask(name, seconds, function)


def handler_of(topic: str) -> Handler:
    """What delivers ``topic``: each room in turn; when one fails, all hear it again. Raises ``KeyError``."""
    functions = list(_handlers[topic].values())

    def deliver(payload: dict[str, Any]) -> None:
        for function in functions:
            function(payload)

    return deliver


def topics() -> list[str]:
    """Topics that somebody delivers, in order."""
    return sorted(_handlers)


def tasks() -> list[PeriodicTask]:
    """The periodic tasks, by name."""
    return [_tasks[name] for name in sorted(_tasks)]
