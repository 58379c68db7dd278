"""Short codes that a transfer carries in its memo, and how they are found again in what banks make of a memo.

A code is a prefix (``OC`` an order, ``CH`` a stall, ``PC`` a market fee), six random characters and a check
character: nine in all, so it survives memos cut to nine. The alphabet leaves out 0 O 1 I L. It has 31 characters, a
prime: a check digit weighted by position finds every single wrong character and every swapped pair, so one mistyped
character never makes another valid code (payments research 4.3, rows 12 to 17).
"""

import re
import secrets
from collections.abc import Iterator
from typing import Final

from marketplace.core.cardnumbers import mask_card_numbers
from marketplace.core.text import fold
from marketplace.payments.models import Purpose

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
PREFIXES: Final = {Purpose.ORDER: "OC", Purpose.STALL_SALE: "CH", Purpose.MARKET_FEE: "PC"}

_RANDOM = 6
_PATTERN = re.compile(rf"(?=((?:{'|'.join(PREFIXES.values())})[{ALPHABET}]{{{_RANDOM + 1}}}))")


def new_code(purpose: Purpose) -> str:
    """A fresh random code such as ``OC7K2M9QX`` (31^6 possibilities; the column is unique)."""
    body = PREFIXES[purpose] + "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM))
    return body + _check_character(body)


def is_code(text: str) -> bool:
    """Whether ``text`` is written like a code and its check character is right."""
    return bool(_PATTERN.match(text)) and len(text) == _RANDOM + 3 and text[-1] == _check_character(text[:-1])


def codes_in(memo: str) -> list[str]:
    """Every valid code somewhere in a memo, whatever stands around it, each once.

    Case, blanks, marks and punctuation do not matter: ``MBVCB.3278. oc7k-2m9 qx ck`` holds ``OC7K2M9QX``.
    """
    return list(dict.fromkeys(_candidates(normalised(memo))))


def masked(memo: str) -> str:
    """A memo without card numbers (S72), but with its codes: one whose last digits and a number behind it look like a
    card together is put in front, so that it still pays (``OC7K2M9Q4 012345678901`` may be taken for sixteen digits).
    """
    bare = mask_card_numbers(memo)
    left = codes_in(bare)
    lost = [code for code in codes_in(memo) if code not in left]
    return " / ".join([*lost, bare])


def is_near(code: str, memo: str) -> bool:
    """Whether ``code`` stands in ``memo`` but for one slip: a wrong, missing or added character, or a swapped pair.

    For proposals to a person only; nothing is ever paid by it.
    """
    text = normalised(memo)
    thirds = (code[:3], code[3:6], code[6:])
    if not any(third in text for third in thirds):  # one slip leaves at least one third whole
        return False
    ends = range(len(text) + 1)
    windows = {text[start : start + size] for start in ends for size in range(len(code) - 1, len(code) + 2)}
    return any(_is_one_slip(code, window) for window in windows)


def normalised(memo: str) -> str:
    """A memo as capital letters and digits only: ``Đặc sản oc-7k`` -> ``DACSANOC7K``."""
    return fold(memo).replace(" ", "").upper()


def _candidates(text: str) -> Iterator[str]:
    for match in _PATTERN.finditer(text):
        if is_code(match[1]):
            yield match[1]


def _is_one_slip(code: str, window: str) -> bool:
    same = 0
    while same < min(len(code), len(window)) and code[same] == window[same]:
        same += 1
    left, right = code[same:], window[same:]
    if len(code) != len(window):
        longer, shorter = (left, right) if len(left) > len(right) else (right, left)
        return longer[1:] == shorter
    return left[1:] == right[1:] or (left[:2][::-1] == right[:2] and left[2:] == right[2:])


def _check_character(body: str) -> str:
    purpose = list(PREFIXES.values()).index(body[:2])
    weighted = sum(place * ALPHABET.index(character) for place, character in enumerate(body[2:], start=2))
    return ALPHABET[(weighted + 7 * purpose) % len(ALPHABET)]
