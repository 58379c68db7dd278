"""Pages of the market: the till of a trader, the markets for everybody, and their management."""

from flask_babel import lazy_gettext as _l

from marketplace.core.roles import Role
from marketplace.stalls.views import accounts, fees, goods, incoming, manage, markets, shifts, stickers, till
from marketplace.stalls.views.door import blueprint
from marketplace.web import navigation
from marketplace.web.navigation import MenuItem

__all__ = ["accounts", "blueprint", "fees", "goods", "incoming", "manage", "markets", "shifts", "stickers", "till"]

#: Roles whose own work fills the bar.
_BUSY_ELSEWHERE = frozenset({Role.PRODUCER, Role.COMMUNE_OFFICER, Role.PROVINCE_OFFICER, Role.OPERATOR})

navigation.add(
    MenuItem(_l("My till"), "stalls.tills", position=5, roles=frozenset({Role.VENDOR}), icon="qr-code"),
    MenuItem(_l("Markets"), "stalls.list_markets", position=30, icon="shop", on_desk_of=_BUSY_ELSEWHERE),
    MenuItem(
        _l("Market management"),
        "stalls.managed",
        position=60,
        roles=frozenset({Role.MARKET_MANAGER, Role.OPERATOR}),
        icon="clipboard-check",
        on_desk_of=frozenset({Role.OPERATOR}),
    ),
)
