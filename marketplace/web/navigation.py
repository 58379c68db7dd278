"""The menu. Rooms hang up their doors here at start; a person sees those that the own roles may enter.

The bar stays short: what a role needs less often hangs on its desk.
"""

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
    #: Whoever holds one of these roles finds the item on the desk, not in the bar.
    on_desk_of: frozenset[Role] = frozenset()


_items: dict[str, MenuItem] = {}


def add(*items: MenuItem) -> None:
    """Hang up menu items (once per endpoint)."""
    _items.update({item.endpoint: item for item in items})


def menu() -> list[MenuItem]:
    """The items of the bar that the person behind this request may use, in order."""
    return [item for item in _seen() if not item.on_desk_of & _roles()]


def desk_menu() -> list[MenuItem]:
    """The items that hang on this person's desk, in order."""
    return [item for item in _seen() if item.on_desk_of & _roles()]


def _seen() -> list[MenuItem]:
    roles = _roles()
    seen = [item for item in _items.values() if not item.roles or item.roles & roles]
    return sorted(seen, key=lambda item: (item.position, item.endpoint))


def _roles() -> frozenset[Role]:
    user = auth.current_user()
    return user.roles if user else frozenset()
