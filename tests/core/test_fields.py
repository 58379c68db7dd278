"""Phones as people write them."""

import pytest

from marketplace.core.errors import Invalid
from marketplace.core.fields import parse_phone


@pytest.mark.parametrize(
    "typed", ["0912345678", "0084 912.345.678", "(091) 234-5678", "+84 912 345 678", "84912345678"]
)
def test_usual_writings_are_one_number(typed: str) -> None:
    assert parse_phone(typed) == "+84912345678"


@pytest.mark.parametrize("typed", ["-84912345678", ".0912345678", "091234567", "09123456789", "113", "1900 1234", ""])
def test_what_is_no_persons_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="phone_unreadable"):
        parse_phone(typed)
