"""What is kept of a sale for the platform and for the tax office, by rates in basis points (1/100 of a percent)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from marketplace.core.money import Dong

WHOLE = 10_000


@dataclass(frozen=True)
class Rates:
    """The rates of one line of goods, or of the delivery, in basis points."""

    fee: int = 0
    vat: int = 0
    pit: int = 0


class Kept(NamedTuple):
    """Dong of platform fee, value added tax and personal income tax."""

    fee: Dong
    vat: Dong
    pit: Dong

    @property
    def total(self) -> Dong:
        """Everything that the producer does not get."""
        return Dong(self.fee + self.vat + self.pit)

    def less(self, other: "Kept") -> "Kept":
        """What is kept here and not there."""
        return Kept(Dong(self.fee - other.fee), Dong(self.vat - other.vat), Dong(self.pit - other.pit))


def keep(parts: Iterable[tuple[Dong, Rates]]) -> Kept:
    """What is kept of amounts that stand under their rates.

    The exact products are added first and rounded once, half a dong up, for each of the three. So what is taken back
    after giving back R of G in any number of steps is exactly the rule on R, and giving back all of G leaves nothing.
    """
    amounts = list(parts)
    return Kept(
        _rounded(sum(amount * rates.fee for amount, rates in amounts)),
        _rounded(sum(amount * rates.vat for amount, rates in amounts)),
        _rounded(sum(amount * rates.pit for amount, rates in amounts)),
    )


def _rounded(product: int) -> Dong:
    return Dong((product + WHOLE // 2) // WHOLE)
