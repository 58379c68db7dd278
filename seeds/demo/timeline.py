"""Things that happen at their moments: what was earlier is written earlier, with the clock standing at that time."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

from marketplace.core import clock

Act = Callable[[], object]


class Timeline:
    """Acts in order of time; an act may put further acts on the line. Those after ``end`` do not happen."""

    def __init__(self, end: datetime) -> None:
        self.end = end
        self._line: list[tuple[datetime, int, Act]] = []
        self._numbers = count()

    def at(self, moment: datetime, act: Act) -> None:
        """Let ``act`` happen at ``moment`` unless that lies after the end."""
        if moment <= self.end:
            heapq.heappush(self._line, (moment, next(self._numbers), act))

    def run(self) -> None:
        """Let everything happen."""
        while self._line:
            moment, _number, act = heapq.heappop(self._line)
            with clock.frozen(moment):
                act()
