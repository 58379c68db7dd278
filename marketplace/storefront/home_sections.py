"""What other rooms add to the first page: each hands in a template and a function that fetches its values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class HomeSection:
    """One section: ``template`` is included with ``values()`` as ``section``; nothing is shown for None."""

    template: str
    values: Callable[[], Any | None]
    position: int = 50


_sections: dict[str, HomeSection] = {}


def add(section: HomeSection) -> None:
    """Hang up a section (once per template). Called by a room above at start."""
    _sections[section.template] = section


def sections() -> list[tuple[str, Any]]:
    """Pairs ``(template, values)`` of the sections that have something to say now, in order."""
    found = [(section.template, section.values()) for section in sorted(_sections.values(), key=lambda s: s.position)]
    return [(template, values) for template, values in found if values is not None]
