"""Why a parcel came back from the door; kept as the note of its last step.

What was paid for the goods goes back to the buyer in every case. The delivery fee goes back only when the parcel itself
was at fault: the way was gone all the same. The buyer reads this rule before an order is placed and on its page.
"""

from enum import StrEnum


class AtTheDoor(StrEnum):
    """Nobody took it, nobody was there, or it was not what it should have been."""

    REFUSED = "refused_at_door"
    NOT_REACHED = "not_reached"
    AT_FAULT = "at_fault"


#: The seller's side of it: a delivery fee that was paid goes back, too.
FEE_GOES_BACK = frozenset({AtTheDoor.AT_FAULT})
