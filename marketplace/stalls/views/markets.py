"""Markets for everybody: where, what is sold, which stalls take QR."""

from flask import render_template
from flask.typing import ResponseReturnValue

from marketplace.stalls import queries
from marketplace.stalls.views.door import blueprint
from marketplace.web.access import PUBLIC, allow
from marketplace.web.addresses import asked_page


@blueprint.get("/markets")
@allow(PUBLIC)
def list_markets() -> ResponseReturnValue:
    """All markets and cashless streets."""
    number = asked_page()
    return render_template("stalls/markets.html", page=queries.list_markets(page=number))


@blueprint.get("/markets/<slug>")
@allow(PUBLIC)
def market(slug: str) -> ResponseReturnValue:
    """One market and its open stalls."""
    found = queries.get_market(slug)
    return render_template(
        "stalls/market.html",
        summary=queries.summary_of(found),
        market=found,
        stalls=queries.list_stalls(found, only_open=True),
    )
