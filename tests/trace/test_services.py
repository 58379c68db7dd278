"""Looking at trace links offline, and what is kept of it."""

import pytest
from flask import Flask

from marketplace.catalogue.models import TraceLink
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.trace import flows, queries, services
from marketplace.trace.models import LinkState, LinkStatus
from tests.factories.shelf import make_shelf

OWN = "http://127.0.0.1:8000/t/"


def _link(product_id: int, url: str, gtin: str | None = None) -> TraceLink:
    link = TraceLink(product_id=product_id, url=url, host="example", gtin=gtin, added_at=clock.now())
    db.session.add(link)
    db.session.flush()
    return link


@pytest.mark.parametrize(
    ("url", "gtin", "status"),
    [
        ("https://check.hanoi.gov.vn/p/123", None, LinkStatus.OK),
        ("https://id.gs1.org/01/09506000134352", "09506000134352", LinkStatus.OK),
        ("https://id.gs1.org/01/09506000134353", "09506000134353", LinkStatus.BAD_SYNTAX),
        ("https://id.gs1.org/01/09506000134352", "04006381333931", LinkStatus.GTIN_MISMATCH),
        ("http://check.hanoi.gov.vn/p/123", None, LinkStatus.BAD_SYNTAX),
        ("https://u@check.hanoi.gov.vn/p", None, LinkStatus.BAD_SYNTAX),
        ("https://example.com/p", None, LinkStatus.HOST_NOT_ALLOWED),
        (OWN + "nosuchlot", None, LinkStatus.UNREACHABLE),
    ],
)
def test_what_is_found_at_a_link(context: Flask, url: str, gtin: str | None, status: LinkStatus) -> None:
    with transaction():
        link = _link(make_shelf().product.id, url, gtin)
        assert services.look_at(link, own_pages=OWN)[0] is status


def test_our_own_page_is_good_for_a_lot_of_the_same_product_only(context: Flask) -> None:
    with transaction():
        mine, other = make_shelf(), make_shelf()
        assert mine.lot is not None
        good, wrong = (_link(shelf.product.id, OWN + mine.lot.trace_code) for shelf in (mine, other))
        assert services.look_at(good, own_pages=OWN) == (LinkStatus.OK, "")
        assert services.look_at(wrong, own_pages=OWN)[0] is LinkStatus.UNREACHABLE


def test_due_links_are_checked_once_a_day_and_the_newest_check_speaks(context: Flask) -> None:
    with transaction():
        product_id = make_shelf().product.id
        link = _link(product_id, "https://check.hanoi.gov.vn/p/123")
    assert flows.check_due_links(own_pages=OWN) == {LinkStatus.OK: 1}
    assert flows.check_due_links(own_pages=OWN) == {}
    (checked,) = queries.links_of(product_id)
    assert (checked.state, checked.call) == (LinkState.UNKNOWN, None)  # well made says nothing of the portal
    with transaction():
        services.record_check(link.id, LinkStatus.UNREACHABLE, "")
    (checked,) = queries.links_of(product_id)
    assert checked.check is not None
    assert (checked.check.status, checked.state) == (LinkStatus.UNREACHABLE, LinkState.BROKEN)
    with clock.frozen(clock.now() + flows.INTERVAL * 1.01):
        assert flows.check_due_links(own_pages=OWN) == {LinkStatus.OK: 1}


def test_the_command_says_what_it_found(app: Flask) -> None:
    with app.app_context(), transaction():
        _link(make_shelf().product.id, "https://check.hanoi.gov.vn/p/123")
    result = app.test_cli_runner().invoke(args=["trace", "check"])
    assert result.output.splitlines() == ["ok: 1", "1 links checked"]
