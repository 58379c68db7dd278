"""A row as people read it, and the words that several desks share."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.core import clock
from marketplace.core.fields import format_phone
from marketplace.core.money import Dong
from marketplace.desk.queries.goods import NotForSale, Pending
from marketplace.ocop.models import Certificate
from marketplace.producers.models import Producer
from marketplace.web.messages import say
from marketplace.web.templating import show_day

#: From so many days on a date is near enough to be shown in red.
NEAR = 30
#: How many missing figures are called by name.
MOST_NAMES = 3


@dataclass(frozen=True)
class Item:
    """One line of a desk.

    ``why``: sentences; ``about``: whom or what it concerns; ``note``: words of another person, quoted; ``since``: how
    long it waits (UTC); ``do``: what the link ``href`` leads to; ``also``: a second way; ``retry``: id of a message
    that a button sends again; ``tone``: as in ``components/ui.html``.
    """

    what: str
    why: tuple[str, ...] = ()
    about: str = ""
    note: str = ""
    amount: Dong | None = None
    since: datetime | None = None
    href: str | None = None
    do: str = ""
    also: tuple[str, str] | None = None
    retry: int | None = None
    tone: str = "wait"

    @property
    def days(self) -> int:
        """Whole calendar days in Vietnam that it has waited."""
        return (clock.today() - clock.local_day_of(self.since)).days if self.since else 0


def reasons_of(row: NotForSale) -> tuple[str, ...]:
    """Why a product is not for sale, in sentences."""
    return tuple(say(reason.code, **reason.facts) for reason in row.reasons)


def pending(row: Pending, why: str, href: str, do: str, *, tone: str = "wait") -> Item:
    """A product on its way through approval, as its producer or an approver sees it."""
    product = row.product
    return Item(
        what=product.name, why=(why,), about=product.producer.name, note=row.note, since=row.since, href=href, do=do,
        tone=tone,
    )  # fmt: skip


def has_ended(row: Certificate) -> bool:
    """Whether the certificate counts no more today."""
    return row.expires_on <= clock.today()


def certificate_of(row: Certificate, href: str, advice: str) -> Item:
    """A certificate that ends soon or ran out, with what to do about it."""
    days = (row.expires_on - clock.today()).days
    if days > 0:
        until = ngettext(
            "Ends after %(day)s: %(num)s day left.",
            "Ends after %(day)s: %(num)s days left.",
            days,
            day=show_day(row.last_day),
        )
    else:
        until = _("Ran out after %(day)s.", day=show_day(row.last_day))
    return Item(
        what=row.ocop_product.name,
        why=(until, advice),
        about=f"{whose_of(row.ocop_product.producer)} · {row.decision_number}",
        href=href,
        do=_("See the certificate"),
        tone="bad" if days <= NEAR else "wait",
    )


def whose_of(producer: Producer) -> str:
    """A producer's name, with the telephone number where there is one."""
    return f"{producer.name} · {format_phone(producer.phone)}" if producer.phone else producer.name
