"""Checking many links: all are looked at first, then written together."""

from datetime import timedelta

from marketplace.core import clock
from marketplace.core.db import retrying, transaction
from marketplace.trace import queries, services
from marketplace.trace.models import LinkStatus

#: A link is looked at again after a day.
INTERVAL = timedelta(days=1)


def check_due_links(*, own_pages: str, limit: int = 200) -> dict[LinkStatus, int]:
    """Check the links whose turn it is; how many had which outcome. Nothing is fetched."""
    return retrying(lambda: _check(own_pages, limit))


def _check(own_pages: str, limit: int) -> dict[LinkStatus, int]:
    outcomes: dict[LinkStatus, int] = {}
    with transaction():
        for link in queries.links_due(clock.now() - INTERVAL, limit=limit):
            status, note = services.look_at(link, own_pages=own_pages)
            services.record_check(link.id, status, note)
            outcomes[status] = outcomes.get(status, 0) + 1
    return outcomes
