"""Pages of the market: the till of a trader, the markets for everybody, and their management."""

from flask_babel import lazy_gettext as _l

from marketplace.core.roles import Role
from marketplace.stalls.views import manage, markets, till
from marketplace.stalls.views.door import blueprint
from marketplace.web import navigation
from marketplace.web.navigation import MenuItem

__all__ = ["blueprint", "manage", "markets", "till"]

navigation.add(
    MenuItem(_l("My till"), "stalls.tills", position=5, roles=frozenset({Role.VENDOR}), icon="qr-code"),
    MenuItem(_l("Markets"), "stalls.list_markets", position=30, icon="shop"),
    MenuItem(
        _l("Market management"),
        "stalls.managed",
        position=60,
        roles=frozenset({Role.MARKET_MANAGER, Role.OPERATOR}),
        icon="clipboard-check",
    ),
)
