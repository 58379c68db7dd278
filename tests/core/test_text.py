"""Text: cleaned at the door, folded for search by one function."""

import pytest

from marketplace.core.errors import Invalid
from marketplace.core.text import clean, fold, slug


@pytest.mark.parametrize(
    "typed", ["Cà phê Đắk Lắk", "CÀ PHÊ ĐẮK LẮK", "ca  phe dak-lak", "Ca\u0300 phe\u0302 Đa\u0306\u0301k Lắk"]
)
def test_marks_case_and_form_fold_away(typed: str) -> None:
    assert fold(typed) == "ca phe dak lak"


def test_slugs_are_folded_words() -> None:
    assert slug("Đường thốt nốt (hộp 500 g)") == "duong-thot-not-hop-500-g"


def test_cleaning_composes_and_trims() -> None:
    assert clean("  Ca\u0300 \t phê ") == "Cà phê"
    assert clean("một\r\nhai", multiline=True) == "một\nhai"


@pytest.mark.parametrize("typed", ["a\u202eb", "a\u200bb", "a\x00b", "a\x1bb", "a\u2066b"])
def test_invisible_characters_are_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        clean(typed)


def test_bytes_that_were_not_utf8_are_refused() -> None:
    with pytest.raises(Invalid, match="text_control_character"):
        clean(b"Ng\xe0y".decode(errors="replace"))
