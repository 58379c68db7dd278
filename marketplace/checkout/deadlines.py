"""How long a buyer may send goods back, and how long a producer may take to answer.

Days are counted as the Civil Code 91/2015/QH13 does (Articles 147 and 148): the day of delivery does not count, and the
last day ends at midnight of Vietnam's calendar.
"""

from datetime import date, datetime, timedelta
from typing import Final

from marketplace.checkout.holidays import is_working_day
from marketplace.checkout.models import ReturnReason
from marketplace.core import clock

#: The house's own promise, whatever the reason; weekends and holidays count as any day. Payouts follow after it.
RETURN_DAYS: Final = 7
#: Information about the goods was wrong or missing: Law 19/2023/QH15 on the protection of consumers' rights lets the
#: buyer of a distance contract end it within 30 days. The last one is a working day (Civil Code, Article 148.5).
LAWFUL_RETURN_DAYS: Final = 30
#: After so long without an answer the operator may decide in the producer's place.
ANSWER_TIME: Final = timedelta(days=3)

#: Reasons that lie with the seller: with the last of a parcel's goods its delivery fee goes back, too.
SELLERS_SIDE = frozenset({ReturnReason.WRONG_INFORMATION, ReturnReason.NOT_AS_ORDERED, ReturnReason.DAMAGED})


def last_day(delivered_at: datetime, reason: ReturnReason | None = None) -> date:
    """The last day (Vietnam's calendar) on which goods may be sent back for this reason; by default the house's own."""
    day = clock.local_day_of(delivered_at)
    if reason is not ReturnReason.WRONG_INFORMATION:
        return day + timedelta(days=RETURN_DAYS)
    day += timedelta(days=LAWFUL_RETURN_DAYS)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def returns_ended_before(moment: datetime) -> datetime:
    """Of what was delivered earlier than this (UTC), nothing can be sent back at ``moment`` by the house's own rule."""
    return clock.local_day(clock.local_day_of(moment) - timedelta(days=RETURN_DAYS))[0]
