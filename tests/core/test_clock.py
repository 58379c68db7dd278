"""The clock: UTC inside, Vietnam's calendar at the edges."""

from datetime import UTC, date, datetime

import pytest

from marketplace.core import clock


def test_a_vietnamese_day_is_a_half_open_pair_of_utc_moments() -> None:
    start, end = clock.local_day(date(2026, 9, 30))
    assert start == datetime(2026, 9, 29, 17, tzinfo=UTC)
    assert end == datetime(2026, 9, 30, 17, tzinfo=UTC)


def test_a_month_ends_where_the_next_begins() -> None:
    assert clock.local_month(2026, 12)[1] == clock.local_month(2027, 1)[0]


def test_months_are_calendar_months() -> None:
    assert clock.add_months(date(2020, 2, 4), 36) == date(2023, 2, 4)
    assert clock.add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert clock.add_months(date(2026, 11, 30), 1) == date(2026, 12, 30)
    assert clock.add_months(date(2026, 12, 31), 12) == date(2027, 12, 31)


def test_naive_moments_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        clock.local(datetime(2026, 1, 1))  # noqa: DTZ001


def test_frozen_time_ends_with_its_block() -> None:
    moment = datetime(2026, 11, 21, 0, 12, tzinfo=UTC)
    with clock.frozen(moment):
        assert clock.now() == moment
    assert clock.now() != moment
