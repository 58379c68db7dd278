"""The menu. Rooms hang up their doors here at start; a person sees those that the own roles may enter."""

from dataclasses import dataclass

from flask_babel import LazyString

from marketplace.core.roles import Role
from marketplace.web import auth


@dataclass(frozen=True)
class MenuItem:
    """One word of the menu. ``roles`` empty: for everybody. Lower ``position`` stands further left."""

    label: LazyString
    endpoint: str
    position: int = 50
    roles: frozenset[Role] = frozenset()
    icon: str = ""


_items: dict[str, MenuItem] = {}


def add(*items: MenuItem) -> None:
    """Hang up menu items (once per endpoint)."""
    _items.update({item.endpoint: item for item in items})


def menu() -> list[MenuItem]:
    """The items that the person behind this request may use, in order."""
    user = auth.current_user()
    roles = user.roles if user else frozenset()
    seen = [item for item in _items.values() if not item.roles or item.roles & roles]
    return sorted(seen, key=lambda item: (item.position, item.endpoint))
