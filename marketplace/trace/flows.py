"""Checking many links: all are looked at first, then written together. Calling one: outside any transaction."""

from collections import Counter
from datetime import timedelta

from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.outbox import services as outbox
from marketplace.trace import calling, queries, services
from marketplace.trace.calling import Outside
from marketplace.trace.models import CallAnswer, LinkStatus

#: A link is looked at again after a day.
INTERVAL = timedelta(days=1)
#: The message that lets the worker call one link.
CALL_LINK = "trace.call_link"
#: Calls that one turn of the worker asks for, of one portal at most so many, and the time between two of them.
MOST_CALLS = 12
MOST_OF_A_PORTAL = 4
BETWEEN_CALLS = timedelta(seconds=20)


def check_due_links(*, own_pages: str, limit: int = 200) -> dict[LinkStatus, int]:
    """Check the links whose turn it is; how many had which outcome. Nothing is fetched."""
    return retrying(lambda: _check(own_pages, limit))


def ask_for_calls() -> int:
    """Let the worker call links whose week is over, a few at a time; how many were asked for.

    A message is named by the call before it and the calendar week: however often it is asked for, it is one message,
    and one that came to nothing keeps no link from being called later.
    """
    return retrying(_ask)


def call_link(link_id: int, *, after: int, outside: Outside) -> CallAnswer | None:
    """Call one link and keep the answer. None without a call when the call ``after`` (0: none) was not its last one,

    because the same message came twice, or when the link is no longer to be called.
    """
    link = queries.find_link_to_call(link_id, after=after)
    if link is None:
        return None
    url = link.url
    db.session.rollback()  # nothing is held open while the portal thinks
    called = calling.call(url, outside)
    return retrying(lambda: _record(link_id, after, called))


def _check(own_pages: str, limit: int) -> dict[LinkStatus, int]:
    outcomes: dict[LinkStatus, int] = {}
    with transaction():
        for link in queries.links_due(clock.now() - INTERVAL, limit=limit):
            status, note = services.look_at(link, own_pages=own_pages)
            services.record_check(link.id, status, note)
            outcomes[status] = outcomes.get(status, 0) + 1
    return outcomes


def _ask() -> int:
    asked: Counter[str] = Counter()
    now = clock.now()
    with transaction():
        for due in queries.links_to_call(now):
            if asked[due.host] == MOST_OF_A_PORTAL:
                continue
            outbox.enqueue(
                CALL_LINK,
                {"link_id": due.link_id, "after": due.after},
                key=f"{CALL_LINK}:{due.link_id}:{due.after}:{now:%G-%V}",
                due_at=now + BETWEEN_CALLS * asked.total(),
            )
            asked[due.host] += 1
            if asked.total() == MOST_CALLS:
                break
    return asked.total()


def _record(link_id: int, after: int, called: calling.Called) -> CallAnswer | None:
    with transaction():
        if queries.find_link_to_call(link_id, after=after) is None:
            return None
        services.record_call(link_id, called)
    return called.answer
