"""The way back from a refusal to what a person was doing. Rooms say it for their own pages."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import request


@dataclass(frozen=True)
class WayBack:
    """Words of a link and where it leads."""

    words: str
    address: str


#: Asked with the status of the refusal, inside the request; None: nothing better than the first page.
FindWay = Callable[[int], WayBack | None]

_ways: dict[str, FindWay] = {}


def register(blueprint_name: str, find: FindWay) -> None:
    """Let ``find`` say the way back from refusals on the pages of a blueprint. It must not read the database."""
    _ways[blueprint_name] = find


def way_back(status: int) -> WayBack | None:
    """The way back from the refusal of this request, or None."""
    find = _ways.get(request.blueprint or "")
    return find(status) if find else None
