"""Looking at trace links: syntax, host and GTIN. Nothing is fetched here."""

from sqlalchemy import select

from marketplace.catalogue.models import TraceLink
from marketplace.catalogue.trace_links import parse_trace_link
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.inventory.models import Lot
from marketplace.trace.models import LinkCheck, LinkStatus

_STATUS = {"link_host_unknown": LinkStatus.HOST_NOT_ALLOWED}


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
    return LinkStatus.OK, "offline"


def record_check(link_id: int, status: LinkStatus, note: str) -> LinkCheck:
    """Keep what was found at a link now; earlier checks stay as history."""
    check = LinkCheck(trace_link_id=link_id, checked_at=clock.now(), status=status, note=note)
    db.session.add(check)
    db.session.flush()
    return check
