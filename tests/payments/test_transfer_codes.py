"""A code survives what banks and people do to a memo, and a typing mistake never makes another code."""

import pytest

from marketplace.payments.models import Purpose
from marketplace.payments.transfer_codes import ALPHABET, codes_in, is_code, new_code

CODES = [new_code(purpose) for purpose in Purpose for _ in range(40)]


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_nine_readable_characters(code: str) -> None:
    assert len(code) == 9 and is_code(code)
    assert not set(code[2:]) & set("0O1IL")


@pytest.mark.parametrize("code", CODES)
def test_no_single_wrong_character_and_no_swap_makes_another_code(code: str) -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    wrong = {code[:at] + letter + code[at + 1 :] for at in range(9) for letter in letters} - {code}
    swapped = {code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(2, 8)} - {code}
    assert [text for text in wrong | swapped if is_code(text)] == []


def test_without_its_check_character_a_wrong_code_would_pass() -> None:
    """Control: the random part alone takes any letter."""
    code = CODES[0]
    other = code[:2] + next(letter for letter in ALPHABET if letter != code[2]) + code[3:]
    assert set(other[2:]) <= set(ALPHABET) and not is_code(other)


@pytest.mark.parametrize(
    "memo",
    [
        "{0}",
        "{1}",
        "MBVCB.3278907687.{0}.CT tu 0123 toi 1900000001",
        "thanh toan don hang {2} cam on",
        "Đặc sản quê {1}!!",
        "IBFT  {3}  NGUYEN VAN A",
        "{0}{0}",
    ],
)
def test_a_code_is_found_in_an_untidy_memo(memo: str) -> None:
    code = CODES[1]
    spaced, pointed = f"{code[:2]} {code[2:5]}  {code[5:]}", "-".join(code.lower())
    assert codes_in(memo.format(code, code.lower(), spaced, pointed)) == [code]


def test_two_codes_are_both_seen() -> None:
    assert codes_in(f"{CODES[2]} va {CODES[50]}") == [CODES[2], CODES[50]]


@pytest.mark.parametrize("memo", ["", "chuyen tien", "OC", "OC0000000", "đ" * 210])
def test_a_memo_without_a_code_holds_none(memo: str) -> None:
    assert codes_in(memo) == []
