"""Lets payments of stall sales find their sales, and shows markets on the first page."""

from flask import Flask

from marketplace.payments import purposes
from marketplace.payments.models import Purpose
from marketplace.stalls import jobs, queries, words
from marketplace.stalls.services import MarketFees, StallSales
from marketplace.storefront import home_sections
from marketplace.storefront.home_sections import HomeSection


def register(app: Flask) -> None:
    """Own the purposes *stall sale* and *market fee*, listen to recalls, show markets at home; the till's clock."""
    purposes.register(Purpose.STALL_SALE, StallSales())
    purposes.register(Purpose.MARKET_FEE, MarketFees())
    jobs.register()
    home_sections.add(HomeSection("stalls/home_section.html", lambda: queries.markets_with_qr() or None, position=70))
    app.jinja_env.filters["clock_time"] = words.time_of
    app.jinja_env.filters["account_state"] = words.account_state
    app.jinja_env.filters["account_tone"] = words.account_tone
