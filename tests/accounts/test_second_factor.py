"""Codes of the second factor: which one the demonstration shows."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.accounts import second_factor

SECRET = "MNUG6Y3BNZUGC3THGIYDENQ2"
#: One second before the next code begins.
LATE = datetime(2026, 11, 22, 8, 0, 29, tzinfo=UTC)
STEP = int(LATE.timestamp()) // 30


@pytest.mark.parametrize("after", [None, 0, STEP - 2, STEP - 1, STEP])
def test_a_shown_code_can_be_typed_for_half_a_minute(after: int | None) -> None:
    code = second_factor.next_code(SECRET, LATE, after=after)
    assert code is not None
    assert second_factor.matching_step(SECRET, code, LATE) is not None
    assert second_factor.matching_step(SECRET, code, LATE + timedelta(seconds=30)) is not None


def test_no_code_is_shown_twice_and_none_that_would_be_refused() -> None:
    first = second_factor.next_code(SECRET, LATE, after=STEP - 1)
    second = second_factor.next_code(SECRET, LATE, after=STEP)
    assert first != second
    assert second_factor.next_code(SECRET, LATE, after=STEP + 1) is None
