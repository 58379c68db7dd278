"""Rows on the desks of the market and of buyers."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.core import clock
from marketplace.desk.items.item import Item
from marketplace.desk.queries.market import StallToday
from marketplace.desk.queries.reach import Reach
from marketplace.orders.messages import ORDER_STATES
from marketplace.orders.models import Order, OrderState
from marketplace.orders.queries import is_overdue
from marketplace.stalls.models import Market
from marketplace.web.templating import show_moment


def stall(row: StallToday, _reach: Reach) -> Item:
    """An own stall with today's takings."""
    today = ngettext("%(num)s sale paid today.", "%(num)s sales paid today.", row.count)
    return Item(
        what=_("Stall %(number)s · %(name)s", number=row.stall.number, name=row.stall.name),
        why=(today,) if row.stall.takes_qr else (today, _("No bank account yet: the stall cannot take QR.")),
        about=row.stall.market.name,
        amount=row.amount,
        href=url_for("stalls.till", stall_id=row.stall.id),
        do=_("Open the till"),
        also=(_("Sales of the day"), url_for("stalls.day", stall_id=row.stall.id)),
        tone="good",
    )


def market(row: Market, _reach: Reach) -> Item:
    """A market that the person manages."""
    return Item(
        what=row.name,
        about=row.commune.address,
        href=url_for("stalls.shares", slug=row.slug),
        do=_("Cashless shares"),
        also=(_("Stalls and traders"), url_for("stalls.manage", slug=row.slug)),
        tone="good",
    )


def order(row: Order, _reach: Reach) -> Item:
    """An own order and how it stands."""
    why = [str(ORDER_STATES["expired" if is_overdue(row, clock.now()) else row.state])]
    waits = row.state == OrderState.AWAITING_PAYMENT and not is_overdue(row, clock.now())
    if waits and row.hold_until:
        why.append(_("The goods are held until %(moment)s.", moment=show_moment(row.hold_until)))
    return Item(
        what=_("Order %(number)s", number=row.number),
        why=tuple(why),
        about=", ".join(f"{line.product_name} × {line.quantity}" for part in row.sub_orders for line in part.lines),
        amount=row.total,
        since=row.placed_at,
        href=url_for("checkout.order", number=row.number),
        do=_("Pay now") if waits else _("Look at it"),
        tone="wait" if waits else "good",
    )
