"""Pages of a list: a cursor for programs, a number for people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from marshmallow import Schema

from marketplace.core.fields import WholeNumber

T = TypeVar("T")

MAX_LIMIT = 100
DEFAULT_LIMIT = 24


class PageQuery(Schema):
    """Which page of a list a program asks for, and how many rows of it."""

    after = WholeNumber(metadata={"description": "`next` of the page before."})
    limit = WholeNumber(lowest=1, highest=MAX_LIMIT, load_default=DEFAULT_LIMIT)


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of ``items``; ``next`` is the opaque cursor of the following page or None at the end."""

    items: Sequence[T]
    next: str | None = None

    def dump(self, dump_item: Callable[[T], Any]) -> dict[str, Any]:
        """The list shape of the API: ``{"items": [...], "next": ...}``."""
        return {"items": [dump_item(item) for item in self.items], "next": self.next}


@dataclass(frozen=True)
class NumberedPage(Generic[T]):
    """One page of ``items`` for people: page ``number`` (from 1) of ``pages``, ``total`` rows in all."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.size))
