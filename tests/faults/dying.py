"""Let a copy of this process do something and be killed at a point of it; and tell how many points there are."""

import os
import signal
from collections.abc import Callable
from typing import NamedTuple

from marketplace.core import failpoints
from marketplace.core.db import db

#: The points of ``core.failpoints`` as one says them.
_WORDS = {
    "commit.before": "before commit",
    "commit.after": "after commit",
    "call.before": "before call",
    "call.after": "after call",
}


class Point(NamedTuple):
    """A fail point of a flow: which kind, and the how many-eth time that it is passed."""

    kind: str
    nth: int

    def __str__(self) -> str:
        """As a person names it: "before commit 2"."""
        return f"{_WORDS[self.kind]} {self.nth}"


_NEVER = Point("never", 0)


class DidNotDie(AssertionError):
    """The copy ended by itself: it never passed the point, or raised before."""


def points_of(work: Callable[[], object]) -> list[Point]:
    """Every point that ``work`` passes, done in a copy of this process."""
    reading, writing = os.pipe()
    status = _in_a_copy(work, _NEVER, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        lines = told.read().split()
    if status != 0:
        raise DidNotDie(f"the work itself failed: {' '.join(lines)}")
    counts = dict(line.split("=") for line in lines)
    return [Point(kind, nth) for kind, times in sorted(counts.items()) for nth in range(1, int(times) + 1)]


def die_at(point: Point, work: Callable[[], object]) -> None:
    """Do ``work`` in a copy of this process that is killed with SIGKILL at ``point``. Raises ``DidNotDie``."""
    reading, writing = os.pipe()
    status = _in_a_copy(work, point, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        said = told.read()
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
        raise DidNotDie(f"{point}: {said or 'the point was never passed'}")


def _in_a_copy(work: Callable[[], object], point: Point, writing: int) -> int:
    """The wait status of a forked copy; it starts with fresh connections, as a process of its own."""
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            failpoints.arm(*point)
            work()
            os.write(writing, " ".join(f"{name}={times}" for name, times in failpoints.passed().items()).encode())
            code = 0
        except BaseException as error:
            os.write(writing, repr(error).encode()[:2000])
        finally:
            os._exit(code)  # nothing of the parent's is ended twice
    _pid, status = os.waitpid(child, 0)
    return status
