"""How the outcomes of link checks and the states of lots are called, and their tone."""

from collections.abc import Collection

from flask_babel import format_date, gettext
from flask_babel import lazy_gettext as _l

from marketplace.inventory.models import LotState
from marketplace.trace.models import LinkState, LinkStatus
from marketplace.trace.queries import CheckedLink, list_links

#: What is wrong with a link that was not even called.
STATUSES = {
    LinkStatus.BAD_SYNTAX: _l("The link is not well formed"),
    LinkStatus.HOST_NOT_ALLOWED: _l("The site is not a known traceability portal"),
    LinkStatus.GTIN_MISMATCH: _l("The code in the link is not the product's"),
    LinkStatus.UNREACHABLE: _l("The page was not found"),
}

LINK_STATES = {
    LinkState.WORKS: _l("The page opens"),
    LinkState.BROKEN: _l("The portal's page does not open"),
    LinkState.UNKNOWN: _l("Well-formed link; not known whether the portal's page opens"),
}

LINK_TONES = {LinkState.WORKS: "good", LinkState.BROKEN: "bad", LinkState.UNKNOWN: "neutral"}

LOT_STATES = {
    LotState.OPEN: _l("In circulation"),
    LotState.BLOCKED: _l("Held back for checking"),
    LotState.RECALLED: _l("Recalled"),
}

TONES = {LotState.OPEN: "good", LotState.BLOCKED: "wait", LotState.RECALLED: "bad"}


def say_state(checked: CheckedLink) -> str:
    """What is known of a link, in a few words for buyers."""
    if checked.check is None:
        return str(gettext("Not checked yet"))
    return str(STATUSES.get(checked.check.status, LINK_STATES[checked.state]))


def notices_of_links(product_ids: Collection[int]) -> dict[int, list[str]]:
    """For each product with a broken link: which one, since when it is known, and what to do."""
    found: dict[int, list[str]] = {}
    for checked in list_links(product_ids):
        if checked.state is LinkState.BROKEN:
            found.setdefault(checked.link.product_id, []).append(_notice(checked))
    return found


def _notice(checked: CheckedLink) -> str:
    day = format_date(checked.looked_at, "dd/MM/yyyy") if checked.looked_at else ""
    if checked.check is not None and checked.check.status is not LinkStatus.OK:
        said = str(STATUSES[checked.check.status])
        why = said[:1].lower() + said[1:]
    elif checked.call is not None and checked.call.http_status is not None:
        why = gettext("the portal answers with error %(status)s", status=checked.call.http_status)
    else:
        why = gettext("the portal did not answer three times in a row")
    return str(
        gettext(
            "The trace link %(url)s does not work (%(why)s; looked at on %(day)s), so it does not count as a working "
            "trace link. Please open it yourself: correct it, ask the portal, or put the trace page of one of your "
            "lots in its place. We look again once a week, and soon after you change it.",
            url=checked.link.url,
            why=why,
            day=day,
        )
    )
