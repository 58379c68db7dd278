"""Points at which a test can let its process die, as by ``kill -9``, to see what is left behind and whether it heals.

They stand where everything passes: before and after each commit (``core.db``) and each call over the wire
(``payments.http``), so that every flow has a point between any two of its commits. No setting reaches them: a process
is armed by code that runs in it, and only tests do that.
"""

import os
import signal
from collections import Counter

_passed: Counter[str] = Counter()
_deadly: tuple[str, int] | None = None


def arm(point: str, nth: int) -> None:
    """Let this process be killed when it passes ``point`` for the ``nth`` time from now on. For tests only."""
    global _deadly
    _passed.clear()
    _deadly = (point, nth)


def passed() -> dict[str, int]:
    """How often each point was passed since ``arm``, or since the start."""
    return dict(_passed)


def hit(point: str) -> None:
    """This point is passed. Nothing more happens, unless the process was armed for this very time: then it dies."""
    _passed[point] += 1
    if _deadly == (point, _passed[point]):
        os.kill(os.getpid(), signal.SIGKILL)
