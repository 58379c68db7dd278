"""What rooms above hang into a producer's public page (its products, for example): this room knows none of them."""

from collections.abc import Callable

from markupsafe import Markup

from marketplace.producers.models import Producer

Section = Callable[[Producer], Markup]

_sections: dict[str, Section] = {}


def add(name: str, section: Section) -> None:
    """Hang up a section (once per name), in a room's ``setup.py``; it is drawn under the producer's own words."""
    _sections[name] = section


def draw(producer: Producer) -> list[Markup]:
    """Every section for that producer."""
    return [section(producer) for section in _sections.values()]
