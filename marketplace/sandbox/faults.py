"""Faults on demand: what the network and other people's servers do to us, on order, seeded and repeatable.

A fault waits for the next calls (or outgoing messages) of its channel and is used up by them. They live in the
process's memory: a restart is a sunny day again.
"""

import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Moment(StrEnum):
    """When a fault strikes a call: before it ran, or after its effect stands and only the answer is lost.

    ``INSIDE`` is the server's own fault while it runs: nothing stands, and the 500 becomes the answer of the key.
    """

    BEFORE = "before"
    INSIDE = "inside"
    AFTER = "after"


CALL_FAULTS = ("delay", "hang", "500", "409", "429", "reset", "garbage")
MESSAGE_FAULTS = (
    "drop",
    "duplicate",
    "shuffle",
    "delay",
    "unreached",
    "unanswered",
    "bad_signature",
    "old_time",
    "future_time",
)
#: What a fault is for: calls to the gateway or the bank, or the messages that either sends.
CALL_CHANNELS = ("stripe", "bank")
MESSAGE_CHANNELS = ("stripe_webhooks", "bank_notices")

_LONGEST = 120.0
_MOST = 1000


class FaultError(ValueError):
    """An order for a fault that can't be understood; ``field`` is the member that is wrong, where one is."""

    def __init__(self, said: str, *, field: str = "") -> None:
        super().__init__(said)
        self.field = field


@dataclass(frozen=True, slots=True)
class Fault:
    """One order: strike the next ``count`` calls or messages of ``channel``.

    ``seconds`` is the length of a delay or hang, or how far a signature's time is off; ``copies`` is how
    often a duplicated message comes in all; ``path`` limits call faults to addresses that begin with it.
    """

    channel: str
    kind: str
    count: int = 1
    seconds: float = 0.0
    copies: int = 2
    moment: Moment = Moment.BEFORE
    path: str = ""


class BrokenAnswer(Exception):
    """The call's answer has to be replaced: by another status, by garbage, or by a closed connection."""

    def __init__(self, kind: str, garbage: bytes = b"") -> None:
        super().__init__(kind)
        self.kind = kind
        self.garbage = garbage


def read_fault(given: Mapping[str, Any]) -> Fault:
    """A fault out of a form or JSON object; raises FaultError in words."""
    channel, kind = str(given.get("channel", "")), str(given.get("kind", ""))
    kinds = CALL_FAULTS if channel in CALL_CHANNELS else MESSAGE_FAULTS if channel in MESSAGE_CHANNELS else ()
    if kind not in kinds:
        raise FaultError(f"No such fault: channel {channel!r}, kind {kind!r}.")
    count = _number(given, "count", 1, least=1, most=_MOST)
    copies = _number(given, "copies", 2, least=2, most=50)
    try:
        seconds = float(_or(given, "seconds", 0))
    except (TypeError, ValueError):
        raise FaultError("seconds is a number.", field="seconds") from None
    if not 0 <= seconds <= 10 * 24 * 3600:
        raise FaultError("seconds is at most ten days.", field="seconds")
    try:
        moment = Moment(str(_or(given, "moment", "before")))
    except ValueError:
        raise FaultError("moment is before, inside or after.", field="moment") from None
    if moment is Moment.INSIDE and (channel, kind) != ("stripe", "500"):
        raise FaultError("inside is for the error 500 of the channel stripe.", field="moment")
    return Fault(channel, kind, count, seconds, copies, moment, str(given.get("path") or ""))


def _number(given: Mapping[str, Any], name: str, default: int, *, least: int, most: int) -> int:
    try:
        number = int(_or(given, name, default))
    except (TypeError, ValueError, OverflowError):
        raise FaultError(f"{name} is a whole number.", field=name) from None
    if not least <= number <= most:
        raise FaultError(f"{name} is {least} to {most}.", field=name)
    return number


def _or(given: Mapping[str, Any], name: str, default: Any) -> Any:
    """The member, or the default where a form's field was left empty."""
    return default if given.get(name) in (None, "") else given[name]


class Faults:
    """The orders that wait, in their order; thread-safe."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._random = random.Random(seed)

    def order(self, fault: Fault) -> None:
        """Add a fault behind those that wait."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self, seed: int = 0) -> None:
        """Forget all orders and start the chance anew from ``seed``."""
        with self._lock:
            self._waiting.clear()
            self._random = random.Random(seed)

    def waiting(self) -> list[Fault]:
        """The orders not used up yet."""
        with self._lock:
            return list(self._waiting)

    def take(
        self, channel: str, *, path: str = "", moment: Moment | None = None, only: str | None = None
    ) -> Fault | None:
        """Use up one strike of the first matching order; ``only`` asks for one kind of fault."""
        with self._lock:
            for at, fault in enumerate(self._waiting):
                matches = fault.channel == channel and moment in (None, fault.moment) and only in (None, fault.kind)
                if matches and path.startswith(fault.path):
                    left = fault.count - 1
                    self._waiting[at : at + 1] = [replace(fault, count=left)] if left else []
                    return fault
        return None

    def shuffled(self, items: list[Any]) -> list[Any]:
        """The items in an order drawn from the seed."""
        with self._lock:
            return self._random.sample(items, len(items))

    def strike(self, channel: str, path: str, moment: Moment) -> None:
        """Let a waiting fault happen to this call: wait, or raise BrokenAnswer."""
        fault = self.take(channel, path=path, moment=moment)
        if fault is None:
            return
        if fault.kind in ("delay", "hang"):
            time.sleep(min(fault.seconds or 60.0 if fault.kind == "hang" else fault.seconds, _LONGEST))
            if fault.kind == "delay":
                return
            raise BrokenAnswer("reset")
        with self._lock:
            garbage = self._random.randbytes(64)
        raise BrokenAnswer(fault.kind, garbage)
