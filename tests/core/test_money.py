"""Money: whole dong, shares that sum, amounts as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import Invalid
from marketplace.core.money import Dong, format_dong, parse_dong, share_out


@given(total=st.integers(0, 10**12), weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_shares_sum_to_the_whole(total: int, weights: list[int]) -> None:
    parts = share_out(Dong(total), weights)
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)


def test_the_odd_dong_goes_to_the_largest_remainder_and_ties_to_the_earlier() -> None:
    assert share_out(Dong(100), [1, 1, 1]) == [34, 33, 33]
    assert share_out(Dong(10), [1, 2, 3]) == [2, 3, 5]


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("120000", 120_000), ("120.000", 120_000), ("120,000 ₫", 120_000), ("1 200 000đ", 1_200_000), ("120k", 120_000)],
)
def test_amounts_are_read_as_people_type_them(typed: str, amount: int) -> None:
    assert parse_dong(typed) == amount


@pytest.mark.parametrize("typed", ["", "0", "-5", "1.5", "12.00", "1.0000", "abc", "१२०", "1e5", "1_000", "9" * 14])
def test_unreadable_amounts_are_refused_and_not_guessed(typed: str) -> None:
    with pytest.raises(Invalid):
        parse_dong(typed)


def test_prices_never_break_over_two_lines() -> None:
    assert format_dong(1_250_000) == "1.250.000\u00a0₫"
    assert format_dong(-500) == "-500\u00a0₫"
