"""Lets payments of stall sales find their sales, and shows markets on the first page."""

from flask import Flask

from marketplace.payments import purposes
from marketplace.payments.models import Purpose
from marketplace.stalls import queries, words
from marketplace.stalls.services import StallSales
from marketplace.storefront import home_sections
from marketplace.storefront.home_sections import HomeSection


def register(app: Flask) -> None:
    """Own the purpose *stall sale*, show two markets at home, and give the till's pages their clock."""
    purposes.register(Purpose.STALL_SALE, StallSales())
    home_sections.add(HomeSection("stalls/home_section.html", lambda: queries.markets_with_qr() or None, position=70))
    app.jinja_env.filters["clock_time"] = words.time_of
