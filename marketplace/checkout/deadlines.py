"""How long a buyer may send goods back, and how long a producer may take to answer."""

from datetime import timedelta

from marketplace.checkout.models import ReturnReason

#: The house's own promise, whatever the reason, counted from delivery. Producers are paid out after it has passed.
RETURN_TIME = timedelta(days=7)
#: Information about the goods was wrong or missing: Law 19/2023/QH15 on the protection of consumers' rights lets the
#: buyer of a distance contract end it within 30 days.
LAWFUL_RETURN_TIME = timedelta(days=30)
#: After so long without an answer the operator may decide in the producer's place.
ANSWER_TIME = timedelta(days=3)

#: Reasons that lie with the seller: with the last of a parcel's goods its delivery fee goes back, too.
SELLERS_SIDE = frozenset({ReturnReason.WRONG_INFORMATION, ReturnReason.NOT_AS_ORDERED, ReturnReason.DAMAGED})


def return_time(reason: ReturnReason) -> timedelta:
    """How long after delivery goods may be sent back for this reason."""
    return LAWFUL_RETURN_TIME if reason is ReturnReason.WRONG_INFORMATION else RETURN_TIME
