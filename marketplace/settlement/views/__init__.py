"""Pages about the platform's money, for the operator."""

from flask_babel import lazy_gettext as _l

from marketplace.core.roles import Role
from marketplace.settlement.views import alarms, boards, differences, money, orders, payouts, stalls, taxes
from marketplace.settlement.views.blueprint import blueprint
from marketplace.web import navigation

__all__ = ["alarms", "blueprint", "boards", "differences", "money", "orders", "payouts", "stalls", "taxes"]

navigation.add(
    navigation.MenuItem(
        _l("Money"), "settlement.money", position=70, roles=frozenset({Role.OPERATOR}), icon="cash-stack"
    )
)
