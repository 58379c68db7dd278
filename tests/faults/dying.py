"""Let a copy of this process do something and be killed at a point of it; and tell how many points there are."""

import os
import signal
from collections.abc import Callable

from marketplace.core import failpoints
from marketplace.core.db import db

_NEVER = ("never", 0)


class DidNotDie(AssertionError):
    """The copy ended by itself: it never passed the point, or raised before."""


def points_of(work: Callable[[], object]) -> list[tuple[str, int]]:
    """Every point that ``work`` passes, as name and how often before, done in a copy of this process."""
    reading, writing = os.pipe()
    status = _in_a_copy(work, _NEVER, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        lines = told.read().split()
    if status != 0:
        raise DidNotDie(f"the work itself failed: {' '.join(lines)}")
    counts = dict(line.split("=") for line in lines)
    return [(name, nth) for name, times in sorted(counts.items()) for nth in range(1, int(times) + 1)]


def die_at(point: tuple[str, int], work: Callable[[], object]) -> None:
    """Do ``work`` in a copy of this process that is killed with SIGKILL at ``point``. Raises ``DidNotDie``."""
    reading, writing = os.pipe()
    status = _in_a_copy(work, point, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        said = told.read()
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
        raise DidNotDie(f"{point}: {said or 'the point was never passed'}")


def _in_a_copy(work: Callable[[], object], point: tuple[str, int], writing: int) -> int:
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
