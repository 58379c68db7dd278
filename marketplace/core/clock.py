"""The only clock. Moments are aware UTC; Vietnam's calendar (UTC+7, no summer time) appears only through here."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _source()


def today() -> date:
    """The present calendar day in Vietnam."""
    return local_day_of(now())


def local(moment: datetime) -> datetime:
    """The same moment on Vietnam's clock. Raises ``ValueError`` for a naive value."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place here")
    return moment.astimezone(VIETNAM)


def local_day_of(moment: datetime) -> date:
    """The calendar day in Vietnam that holds ``moment``."""
    return local(moment).date()


def local_day(day: date) -> tuple[datetime, datetime]:
    """Half-open pair of UTC moments ``[start, end)`` of one calendar day in Vietnam."""
    return _midnight(day), _midnight(day + timedelta(days=1))


def local_month(year: int, month: int) -> tuple[datetime, datetime]:
    """Half-open pair of UTC moments ``[start, end)`` of one calendar month in Vietnam."""
    first = date(year, month, 1)
    return _midnight(first), _midnight(add_months(first, 1))


def add_months(day: date, months: int) -> date:
    """``day`` moved by calendar months; the 31st becomes the last day of a shorter month."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM).astimezone(UTC)


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Let the clock of this process stand at ``moment`` (aware) while the block runs."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place here")
    previous = _source
    use(lambda: moment)
    try:
        yield
    finally:
        use(previous)


def use(source: Callable[[], datetime]) -> None:
    """Replace the clock's source for this process."""
    global _source
    _source = source


def follow_file(path: Path) -> None:
    """Read the time from ``path`` (one ISO 8601 moment with offset) at every call; the system's where it is absent.

    For tests of running processes and rehearsals only; a production configuration refuses the setting.
    """

    def from_file() -> datetime:
        try:
            return datetime.fromisoformat(path.read_text().strip()).astimezone(UTC)
        except FileNotFoundError:
            return _system()

    use(from_file)
