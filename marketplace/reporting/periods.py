"""The month of a report on Vietnam's calendar, and what of it an area lived through."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from marketplace.core import clock
from marketplace.core.errors import Invalid
from marketplace.programme.areas import Area

#: The first month that may be asked for: nothing was recorded before.
EARLIEST = date(2020, 1, 1)


class Basis(StrEnum):
    """How a unit and a month outside its life go together (P03).

    As reported: a unit's figures belong to the months in which it existed. Restated: its land is followed through time,
    a unit of today back before 1 July 2025, a former one beyond it.
    """

    REPORTED = "reported"
    RESTATED = "restated"


@dataclass(frozen=True)
class Period:
    """A calendar month in Vietnam: flows count in ``[start, end)``, states stand as of ``end`` (now, while it runs)."""

    first: date

    @property
    def start(self) -> datetime:
        """First moment (UTC) of the month."""
        return clock.local_month(self.first.year, self.first.month)[0]

    @property
    def end(self) -> datetime:
        """First moment (UTC) after the month."""
        return clock.local_month(self.first.year, self.first.month)[1]

    @property
    def year_start(self) -> datetime:
        """First moment (UTC) of the calendar year."""
        return clock.local_day(date(self.first.year, 1, 1))[0]

    @property
    def is_running(self) -> bool:
        """Whether the month has not ended yet."""
        return clock.now() < self.end

    @property
    def day(self) -> date:
        """The calendar day on which states are taken: the month's last, or today while it runs."""
        return min(clock.add_months(self.first, 1) - timedelta(days=1), clock.today())

    @property
    def data_time(self) -> datetime:
        """The moment (UTC) up to which data count: the month's end, or the present minute while it runs."""
        return clock.now().replace(second=0, microsecond=0) if self.is_running else self.end

    @property
    def key(self) -> str:
        """``2026-11``."""
        return f"{self.first:%Y-%m}"

    def earlier(self, months: int) -> "Period":
        """The month ``months`` before this one."""
        return Period(clock.add_months(self.first, -months))


@dataclass(frozen=True)
class Window:
    """An area in a month: what every indicator is computed for."""

    area: Area
    period: Period
    basis: Basis = Basis.REPORTED

    @property
    def exists(self) -> bool:
        """Whether the area has figures in the month: always when restated, else when the unit existed in it."""
        if self.basis is Basis.RESTATED:
            return True
        begins, ends = self.area.exists_from, self.area.exists_to
        following = clock.add_months(self.period.first, 1)
        return (begins is None or begins < following) and (ends is None or self.period.first < ends)

    @property
    def year_start(self) -> datetime:
        """Where a count since 1 January begins: never before the unit itself, unless restated."""
        begins = self.area.exists_from
        if self.basis is Basis.RESTATED or begins is None:
            return self.period.year_start
        return max(self.period.year_start, clock.local_day(begins)[0])


def this_month() -> Period:
    """The month that is running."""
    return Period(clock.today().replace(day=1))


def read_month(written: str) -> Period:
    """``2026-11`` as a period. Raises ``Invalid``: ``month_unreadable``, or ``month_out_of_range`` for one that has not
    begun or lies before 2020."""
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", written, re.ASCII):
        raise Invalid("month_unreadable", field="month")
    year, month = (int(part) for part in written.split("-"))
    if not (EARLIEST.year, EARLIEST.month) <= (year, month) <= (clock.today().year, clock.today().month):
        raise Invalid("month_out_of_range", field="month")
    return Period(date(year, month, 1))
