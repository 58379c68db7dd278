"""Why a parcel that was to be paid at the door came back; kept as the note of its last step."""

from enum import StrEnum


class AtTheDoor(StrEnum):
    """Nobody took it, or nobody was there."""

    REFUSED = "refused_at_door"
    NOT_REACHED = "not_reached"
