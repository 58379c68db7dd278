"""A circuit breaker: who has not answered lately is left in peace for a while, so that nobody waits for it in vain.

It lives in the memory of one process: each web worker and the outbox worker learn of an outage by themselves, after a
few calls each. No library for it is among the pinned ones, and this one is shorter than a dependency's upkeep.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Breaker:
    """Opens after ``failures`` calls in a row without an answer within ``window`` seconds; 0 never opens.

    While it is open no call may go out for ``pause`` seconds; then one may, and its outcome decides for all.
    Thread-safe; time is monotonic, so that a corrected clock of the machine changes nothing.
    """

    failures: int = 5
    window: float = 30.0
    pause: float = 15.0
    now: Callable[[], float] = time.monotonic
    _failed_at: list[float] = field(default_factory=list, init=False)
    _opened_at: float | None = field(default=None, init=False)
    _is_trying: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def admits(self) -> bool:
        """Whether a call may go out now; whoever hears yes must ``report`` how it ended."""
        with self._lock:
            if self._opened_at is None:
                return True
            if self._is_trying or self.now() - self._opened_at < self.pause:
                return False
            self._is_trying = True
            return True

    def report(self, *, answered: bool) -> bool:
        """How a call ended: any answer at all closes the circuit, none counts against it. True when that opened it."""
        with self._lock:
            self._is_trying = False
            if answered:
                self._failed_at.clear()
                self._opened_at = None
                return False
            moment = self.now()
            self._failed_at = [before for before in self._failed_at if moment - before <= self.window] + [moment]
            was_open = self._opened_at is not None
            if was_open or 0 < self.failures <= len(self._failed_at):
                self._opened_at = moment
            return not was_open and self._opened_at is not None
