"""What a comparison finds: pairs of what both sides tell about one movement, and the sums of a day."""

from dataclasses import dataclass, field
from datetime import date, datetime

from marketplace.core.money import Dong
from marketplace.settlement.models import DifferenceKind, StatementLine

_NOTHING = Dong(0)


@dataclass
class Pair:
    """What both sides tell about one subject: signed dong in all, and the part of it that falls on the day.

    ``kind`` is None when they agree. ``theirs`` and ``ours`` are None where that side knows nothing of it.
    """

    subject: str
    happened_at: datetime
    theirs: Dong | None = None
    ours: Dong | None = None
    theirs_today: Dong = _NOTHING
    ours_today: Dong = _NOTHING
    kind: DifferenceKind | None = None
    their_state: str = ""
    our_state: str = ""
    about: str = ""
    #: What of a receipt that waits has paid for something; the rest is open.
    applied: Dong | None = None
    #: Told by our books after the statement was read last: the next comparison will tell.
    is_young: bool = False
    lines: list[StatementLine] = field(default_factory=list)

    @property
    def effect(self) -> Dong:
        """What must be added to the books of the day to get the statement of the day."""
        return Dong(self.theirs_today - self.ours_today)

    @property
    def is_other_day(self) -> bool:
        """Both sides agree on the sum, but one booked (a part of) it on another day."""
        return self.theirs == self.ours and self.effect != 0


@dataclass(frozen=True)
class Sums:
    """A day of an account in dong: ``opening + came_in - went_out = closing``."""

    opening: Dong
    came_in: Dong
    went_out: Dong

    @property
    def closing(self) -> Dong:
        """What stood there at midnight."""
        return Dong(self.opening + self.came_in - self.went_out)


@dataclass(frozen=True)
class StatementDay:
    """A day of an account, by the statement and by the books, and every pair that touches it."""

    account: str
    day: date
    statement: Sums
    books: Sums
    pairs: list[Pair]

    @property
    def carried(self) -> Dong:
        """By how much the statement stood above the books when the day began."""
        return Dong(self.statement.opening - self.books.opening)

    @property
    def effects(self) -> Dong:
        """The differences of the day, in dong."""
        return Dong(sum(pair.effect for pair in self.pairs))

    @property
    def adds_up(self) -> bool:
        """Books + what was carried over + the differences of the day = statement."""
        return self.books.closing + self.carried + self.effects == self.statement.closing
