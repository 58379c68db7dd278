"""The sentences of the till: what has happened to a sale, in the words that a trader uses."""

from datetime import datetime

from flask_babel import gettext

from marketplace.core import clock
from marketplace.core.money import format_dong
from marketplace.producers.models import PayoutAccountState
from marketplace.producers.words import ACCOUNT_TONES
from marketplace.stalls.models import CancelReason, Means, SaleState, StallAccount
from marketplace.stalls.queries import SaleStatus


def headline(status: SaleStatus) -> str:
    """What the trader must know at one glance. *Received* only when the bank, or the trader's own hand, said so."""
    sale = status.sale
    if sale.state is SaleState.CANCELLED:
        return _("Cancelled")
    if sale.paid_at is not None and sale.means is Means.CASH:
        return _("Cash taken: %(amount)s at %(time)s", amount=format_dong(sale.amount), time=time_of(sale.paid_at))
    if sale.paid_at is not None:
        return _("Received %(amount)s at %(time)s", amount=format_dong(sale.amount), time=time_of(sale.paid_at))
    if status.received:
        return _(
            "Only %(received)s so far, %(missing)s missing",
            received=format_dong(status.received),
            missing=format_dong(status.missing),
        )
    return _("Awaiting proof") if sale.taken_offline else _("Not confirmed yet")


def detail(status: SaleStatus) -> str:
    """What to do next, under the headline; may be empty."""
    if status.sale.cancel_reason is CancelReason.LOT_RECALLED:
        return " ".join(part for part in (_recalled(), _given_back(status)) if part)
    if status.excess and status.sale.state is SaleState.CANCELLED:
        return _given_back(status)
    if status.excess:
        return _("The customer sent %(amount)s too much: please give it back.", amount=format_dong(status.excess))
    if status.face == "partial":
        return _("This code now asks for the rest.")
    if status.face == "awaiting" and status.sale.taken_offline:
        return _(
            "Made without a network. The bank, or you by your own account, must prove the money; a picture does not."
        )
    if status.face == "awaiting":
        return _("Waiting for the bank. A picture of a transfer proves nothing.")
    return ""


def account_state(account: StallAccount) -> str:
    """What is known about an account that was named for a stall."""
    if account.is_unproven:
        return _("Taken over: in use since before accounts were verified")
    return {
        PayoutAccountState.WAITING: _("Waits for the market's management to verify it"),
        PayoutAccountState.VERIFIED: _("Account verified"),
        PayoutAccountState.REFUSED: _("Account refused"),
        PayoutAccountState.REPLACED: _("Replaced by a newer account"),
    }[account.state]


def account_tone(account: StallAccount) -> str:
    """The tone of ``account_state``."""
    return "wait" if account.is_unproven else ACCOUNT_TONES[account.state]


def _recalled() -> str:
    return _("Stopped because its goods were recalled: do not hand them over, and do not let the customer pay.")


def _given_back(status: SaleStatus) -> str:
    if not status.excess:
        return ""
    return _(
        "%(amount)s has reached your account all the same: please give it back to the customer.",
        amount=format_dong(status.excess),
    )


def _(message: str, **facts: str) -> str:
    return str(gettext(message, **facts))


def time_of(moment: datetime) -> str:
    """``07:12``, with the day when it is not today."""
    local = clock.local(moment)
    return f"{local:%H:%M}" if local.date() == clock.today() else f"{local:%H:%M %d/%m}"
