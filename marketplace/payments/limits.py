"""How much one payment may be, by the rules of those who carry it."""

from typing import Final

from marketplace.core import vietqr
from marketplace.core.errors import Invalid
from marketplace.core.money import Dong
from marketplace.payments.models import Rail

#: Stripe documents amounts of up to eight digits; dong has no minor unit.
MAX_CARD: Final = Dong(99_999_999)
#: One NAPAS 247 transfer stays below 500 million dong (VietQR format 8.1.1).
MAX_TRANSFER: Final = Dong(vietqr.MAX_AMOUNT)


def check(rail: Rail, amount: Dong) -> None:
    """Refuse what the rail cannot carry, before anybody is asked to pay.

    Cash at the door is handed on, or given back, by a transfer: it may not be more than one carries. Raises
    ``Invalid``: ``payment_amount_too_low``, ``card_amount_too_high``, ``transfer_amount_too_high`` or
    ``cash_amount_too_high``.
    """
    if amount < 1:
        raise Invalid("payment_amount_too_low")
    if rail is Rail.CARD and amount > MAX_CARD:
        raise Invalid("card_amount_too_high", highest=MAX_CARD)
    if rail is Rail.VIETQR and amount > MAX_TRANSFER:
        raise Invalid("transfer_amount_too_high", highest=MAX_TRANSFER)
    if rail is Rail.CASH_ON_DELIVERY and amount > MAX_TRANSFER:
        raise Invalid("cash_amount_too_high", highest=MAX_TRANSFER)
