"""The demonstration from first to last, in the order of time: what was recorded earlier is written earlier."""

import random
from datetime import timedelta
from functools import partial

from flask import Flask
from sqlalchemy import select

from marketplace.checkout.flows import Terms
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.places.models import AdminUnit, Level
from marketplace.trace.flows import check_due_links
from seeds.demo.facts import COOPERATIVE, NEIGHBOUR
from seeds.demo.giving_back import GivingBack
from seeds.demo.goods import load_goods
from seeds.demo.markets import MarketDays, declare_figures, open_markets, vendors_stall_of
from seeds.demo.payouts import Payouts
from seeds.demo.people import load_people, the_council
from seeds.demo.sandbox import answering_sandbox
from seeds.demo.stall_days import StallDays
from seeds.demo.timeline import Timeline
from seeds.demo.too_late import TooLate
from seeds.demo.trade import Trade

#: The demonstration's shop opened so many days ago.
OPENED_DAYS_AGO = 95
#: Days of sales at the markets.
MARKET_DAYS = 60


def load(app: Flask) -> None:
    """Fill an empty shop, in the order of time."""
    now = clock.now()
    with clock.frozen(now - timedelta(days=OPENED_DAYS_AGO)):
        people = load_people()
        provinces = frozenset(
            db.session.scalars(
                select(AdminUnit.id).where(AdminUnit.level == Level.PROVINCE, AdminUnit.vintage == "2025-07")
            )
        )
        council = the_council(people["operator"], provinces)
        members = {key: person.id for key, person in people.items()}
        own_pages = f"{app.config['PUBLIC_URL']}/t/"
        shelf = load_goods(council, members, own_pages=own_pages)
        opened = open_markets(members)
        declare_figures(opened, members["commune"])
        favourites = [shelf.producers[name].id for name in (COOPERATIVE, NEIGHBOUR)]
    env = {name: str(app.config[name]) for name in ("BANK_API_BASE", "BANK_API_KEY")}
    with answering_sandbox(env) as bank:
        line = Timeline(now)
        trade = Trade(
            line=line,
            bank=bank,
            terms=_terms(app),
            favourites=favourites,
            buyer_id=members["buyer"],
            operator_id=members["operator"],
            rng=random.Random("orders"),
        )
        trade.fill(OPENED_DAYS_AGO - 5)
        TooLate(trade).fill()
        for back in range(OPENED_DAYS_AGO - 1, 0, -7):
            line.at(now - timedelta(days=back), partial(check_due_links, own_pages=own_pages))
        MarketDays(line=line, bank=bank, rng=random.Random("market")).fill(opened, MARKET_DAYS)
        first_stalls = opened[0][1]
        vendors_stall = vendors_stall_of(first_stalls).id
        days = StallDays(line=line, bank=bank, members=members, stalls=first_stalls, vendors_stall=vendors_stall)
        days.fill(MARKET_DAYS)
        cooperative, neighbour = favourites
        market_id, our_bin = first_stalls[0].market_id, str(app.config["BANK_BIN"])
        Payouts(line, our_bin, members, cooperative, neighbour, market_id).fill()
        GivingBack(line, buyer_id=members["buyer"], operator_id=members["operator"]).fill()
        line.run()


def _terms(app: Flask) -> Terms:
    url = app.config["PUBLIC_URL"]
    return Terms(
        hold=timedelta(minutes=app.config["HOLD_MINUTES"]),
        secret_key=str(app.config["SECRET_KEY"]),
        return_address=lambda number, _secret: f"{url}/orders/{number}",
    )
