"""The dated rules of recognition (domain research 1.1, 1.4, 1.5)."""

from datetime import date
from decimal import Decimal

import pytest

from marketplace.ocop import rules
from marketplace.ocop.models import AuthorityLevel


@pytest.mark.parametrize(
    ("score", "stars"),
    [
        ("100", 5), ("90", 5), ("89.99", 4), ("70", 4), ("69.99", 3), ("65.10", 3), ("50.20", 3), ("50", 3),
        ("49.99", 2), ("30", 2), ("29.99", 1), ("0", 1),
    ],
)  # fmt: skip
def test_bands_are_half_open(score: str, stars: int) -> None:
    assert rules.stars_of(Decimal(score)) == stars


@pytest.mark.parametrize(
    ("day", "code", "level_of_three"),
    [
        (date(2019, 8, 21), "1048/2019", AuthorityLevel.PROVINCE),
        (date(2023, 2, 23), "1048/2019", AuthorityLevel.PROVINCE),
        (date(2023, 2, 24), "148/2023", AuthorityLevel.DISTRICT),
        (date(2025, 7, 5), "148/2023", AuthorityLevel.DISTRICT),
        (date(2025, 7, 6), "1489/2025", AuthorityLevel.PROVINCE),
        (date(2026, 11, 22), "1489/2025", AuthorityLevel.PROVINCE),
    ],
)
def test_the_day_of_the_decision_names_rules_and_level(day: date, code: str, level_of_three: AuthorityLevel) -> None:
    rule_set = rules.find_rule_set(day)
    assert rule_set is not None
    assert rule_set.code == code
    assert rule_set.authority == {3: level_of_three, 4: AuthorityLevel.PROVINCE, 5: AuthorityLevel.CENTRE}


def test_before_the_programme_there_is_no_rule() -> None:
    assert rules.find_rule_set(date(2019, 8, 20)) is None


@pytest.mark.parametrize(
    ("issued_on", "expires_on"),
    [
        (date(2020, 2, 4), date(2023, 2, 4)),
        (date(2023, 12, 28), date(2026, 12, 28)),
        (date(2024, 2, 29), date(2027, 2, 28)),
    ],
)
def test_a_certificate_lives_for_calendar_months(issued_on: date, expires_on: date) -> None:
    assert rules.expiry_of(issued_on) == expires_on


@pytest.mark.parametrize(
    "number", ["2497/QĐ-UBND", "1850/QĐ-UBND-HC", "377/QĐ-BNN-VPĐP", "2361/QĐ-BNNMT", "86/QĐ-UBND"]
)
def test_usual_decision_numbers(number: str) -> None:
    assert rules.is_usual_decision_number(number)


@pytest.mark.parametrize("number", ["2497", "QĐ-UBND", "2497/QD-UBND", "2497/QĐ-UBND ", "123456/QĐ-UBND", "2497/QĐ-"])
def test_unusual_decision_numbers(number: str) -> None:
    assert not rules.is_usual_decision_number(number)
