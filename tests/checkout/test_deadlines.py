"""Until when goods may be sent back: days of Vietnam's calendar, and a last day of the law that is a working day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from marketplace.checkout.deadlines import last_day, returns_ended_before
from marketplace.checkout.holidays import is_working_day
from marketplace.checkout.models import ReturnReason
from marketplace.core import clock


def _local(moment: str) -> datetime:
    return datetime.fromisoformat(f"{moment}+07:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("delivered_at", "last"),
    [
        ("2027-02-01T15:00", "2027-03-03"),  # over the end of a short month
        ("2026-11-02T00:00", "2026-12-02"),
        ("2026-11-01T23:59:59", "2026-12-01"),
        ("2026-11-05T12:00", "2026-12-07"),  # the thirtieth day is a Saturday
        ("2026-12-02T12:00", "2027-01-04"),  # New Year's Day is a Friday
        ("2027-01-06T12:00", "2027-02-10"),  # Tết
        ("2027-03-17T12:00", "2027-04-19"),  # the Hùng kings' day is a Friday
        ("2027-03-31T12:00", "2027-05-03"),  # 30 April and 1 May, then a Sunday
        ("2027-08-03T12:00", "2027-09-06"),  # National Day and its neighbours
    ],
)
def test_the_laws_last_day_is_a_working_day(delivered_at: str, last: str) -> None:
    assert last_day(_local(delivered_at), ReturnReason.WRONG_INFORMATION) == date.fromisoformat(last)


@pytest.mark.parametrize("delivered_at", ["2026-11-02T00:00", "2026-11-02T23:59:59", "2027-01-30T12:00"])
def test_nothing_is_paid_out_before_the_last_day_of_the_house_is_over(delivered_at: str) -> None:
    delivered = _local(delivered_at)
    _, over = clock.local_day(last_day(delivered))
    assert delivered < returns_ended_before(over)
    assert not delivered < returns_ended_before(over - timedelta(seconds=1))


def test_every_year_up_to_2035_knows_its_lunar_holidays() -> None:
    """Eleven days by law, and those that may be free beside them; weekends aside no year has fewer than five."""
    for year in range(2026, 2036):
        days = (date(year, 1, 1) + timedelta(days=n) for n in range(365))
        assert sum(day.weekday() < 5 and not is_working_day(day) for day in days) >= 5, year
