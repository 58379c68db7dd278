"""Money is whole đồng. VND has no minor unit (ISO 4217), so an amount is an integer and nothing else."""

from collections.abc import Sequence
from typing import NewType

from marketplace.core.errors import Invalid

Dong = NewType("Dong", int)

#: The widest amount any column or line may hold; far above every lawful payment, far below 2^63.
MAX_DONG = Dong(1_000_000_000_000)

#: NBSP stands between number and sign so that a price never breaks over two lines.
NBSP = "\u00a0"


def share_out(total: Dong, weights: Sequence[int]) -> list[Dong]:
    """Split ``total`` dong over ``weights`` by largest remainder; the parts always sum to ``total``.

    A tie goes to the earlier weight, so the same input always gives the same parts. With no positive
    weight the whole goes to the first part. Raises ``ValueError`` for an empty or negative weight list
    or a negative total.
    """
    if not weights or any(weight < 0 for weight in weights) or total < 0:
        raise ValueError("share_out needs a total >= 0 and at least one weight >= 0")
    whole = sum(weights)
    if whole == 0:
        return [total, *[Dong(0)] * (len(weights) - 1)]
    floors = [total * weight // whole for weight in weights]
    left = total - sum(floors)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for index in by_remainder[:left]:
        floors[index] += 1
    return [Dong(part) for part in floors]


def format_dong(amount: int) -> str:
    """``120000`` -> ``120.000 ₫`` (dots between thousands, NBSP before the sign), negative with a minus."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount):,}".replace(",", ".") + f"{NBSP}₫"


def parse_dong(typed: str) -> Dong:
    """Read an amount as people type it: ``120000``, ``120.000``, ``120,000``, ``120 000``, ``120.000 ₫``, ``120k``.

    Groups must be whole groups of three, so ``1.5`` and ``12.00`` are refused instead of guessed.
    Raises ``Invalid`` (code ``amount_unreadable``) for anything else, zero and negative included.
    """
    text = typed.strip().lower().removesuffix("₫").removesuffix("vnd").removesuffix("đ").strip()
    thousand = text.endswith("k")
    text = text.removesuffix("k").strip()
    digits = _ungroup(text)
    if not digits or not digits.isascii() or not digits.isdigit() or len(digits) > 13:
        raise Invalid("amount_unreadable")
    amount = int(digits) * (1000 if thousand else 1)
    if not 0 < amount <= MAX_DONG:
        raise Invalid("amount_out_of_range", lowest=1, highest=MAX_DONG)
    return Dong(amount)


def _ungroup(text: str) -> str:
    for separator in (".", ",", " ", NBSP):
        if separator in text:
            head, *groups = text.split(separator)
            whole = 1 <= len(head) <= 3 and all(len(group) == 3 for group in groups)
            return head + "".join(groups) if whole else ""
    return text
