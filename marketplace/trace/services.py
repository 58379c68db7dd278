"""Looking at trace links (syntax, host, GTIN), and what is believed after a call. Nothing is fetched here."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from marketplace.catalogue.models import TraceLink
from marketplace.catalogue.trace_links import parse_trace_link
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.inventory.models import Lot
from marketplace.trace.calling import Called
from marketplace.trace.models import CallAnswer, LinkCall, LinkCheck, LinkState, LinkStatus
from marketplace.trace.queries import OFFLINE, last_calls

_STATUS = {"link_host_unknown": LinkStatus.HOST_NOT_ALLOWED}
#: So many silent or failing calls in a row, the first at least so long ago, make a link broken.
MOST_FAILURES = 3
SHORTEST_FAILURE = timedelta(days=3)


def look_at(link: TraceLink, *, own_pages: str) -> tuple[LinkStatus, str]:
    """What can be said of a link offline, with a code that says more; steps 1 and 2 of domain research 3.7.

    ``offline`` as the code means: well made, but nobody asked the portal. A link to our own
    trace page is good when the lot behind it is one of the product's.
    """
    try:
        parsed = parse_trace_link(link.url, own_pages=own_pages)
    except Invalid as error:
        return _STATUS.get(error.code, LinkStatus.BAD_SYNTAX), error.code
    if parsed.gtin != link.gtin:
        return LinkStatus.GTIN_MISMATCH, "gtin_mismatch"
    if link.url.startswith(own_pages):
        code = link.url.removeprefix(own_pages).rstrip("/")
        known = db.session.scalar(select(Lot.id).where(Lot.trace_code == code, Lot.product_id == link.product_id))
        return (LinkStatus.OK, "") if known is not None else (LinkStatus.UNREACHABLE, "lot_not_found")
    return LinkStatus.OK, OFFLINE


def record_check(link_id: int, status: LinkStatus, note: str) -> LinkCheck:
    """Keep what was found at a link now; earlier checks stay as history."""
    check = LinkCheck(trace_link_id=link_id, checked_at=clock.now(), status=status, note=note)
    db.session.add(check)
    db.session.flush()
    return check


def record_call(link_id: int, called: Called) -> LinkCall:
    """Keep what came of calling a link now, and what is believed of it since; earlier calls stay as history."""
    now = clock.now()
    earlier = last_calls(link_id)
    answered_at = now if called.answer is CallAnswer.WORKS else (earlier[0].answered_at if earlier else None)
    call = LinkCall(
        trace_link_id=link_id,
        called_at=now,
        answer=called.answer,
        http_status=called.http_status,
        note=called.note,
        state=_state_after(called.answer, earlier),
        answered_at=answered_at,
    )
    db.session.add(call)
    db.session.flush()
    return call


def _state_after(answer: CallAnswer, earlier: Sequence[LinkCall]) -> LinkState:
    """A page, or its certain absence, speaks at once; silence only when it lasts; our own silence never."""
    plain = {
        CallAnswer.WORKS: LinkState.WORKS,
        CallAnswer.GONE: LinkState.BROKEN,
        CallAnswer.UNSURE: LinkState.UNKNOWN,
    }
    if answer in plain:
        return plain[answer]
    before = earlier[0].state if earlier else LinkState.UNKNOWN
    if answer is CallAnswer.NO_NETWORK:
        return before
    heard = [call for call in earlier if call.answer is not CallAnswer.NO_NETWORK][: MOST_FAILURES - 1]
    lasts = len(heard) == MOST_FAILURES - 1 and all(call.answer is CallAnswer.FAILED for call in heard)
    return LinkState.BROKEN if lasts and heard[-1].called_at <= clock.now() - SHORTEST_FAILURE else before
