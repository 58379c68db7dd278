"""Calling links over weeks: what is believed of them, how seldom they are called, and that it happens once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from config import Production
from marketplace.catalogue.content import content_of, write
from marketplace.catalogue.models import TraceLink
from marketplace.catalogue.trace_links import parse_trace_link
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.outbox.flows import deliver_next, work_once
from marketplace.outbox.models import OutboxMessage
from marketplace.trace import flows, jobs, queries, services
from marketplace.trace.models import CallAnswer, LinkCall, LinkState
from tests.factories.shelf import make_shelf
from tests.trace.portal import PORTAL, Portal, open_portal

OWN = "http://127.0.0.1:8000/t/"
DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def portal() -> Iterator[Portal]:
    """A portal that answers."""
    with open_portal() as made:
        yield made


@pytest.fixture
def link(context: Flask) -> TraceLink:
    """A link to the portal, looked at and found well made on Monday."""
    with clock.frozen(MONDAY), transaction():
        made = _link(f"https://{PORTAL}/sp/1")
    with clock.frozen(MONDAY):
        flows.check_due_links(own_pages=OWN)
    return made


def test_a_page_speaks_at_once_and_for_thirty_days(link: TraceLink, portal: Portal) -> None:
    assert _state(link) is LinkState.UNKNOWN
    assert _call(link, portal, MONDAY) is CallAnswer.WORKS
    for days, state in ((0, LinkState.WORKS), (30, LinkState.WORKS), (30.01, LinkState.UNKNOWN)):
        with clock.frozen(MONDAY + days * DAY):
            assert _state(link) is state


@pytest.mark.parametrize("status", [404, 410])
def test_an_absent_page_is_broken_at_once_and_well_again_with_a_page(
    link: TraceLink, portal: Portal, status: int
) -> None:
    portal.pages["/sp/1"] = (status, "")
    assert _call(link, portal, MONDAY) is CallAnswer.GONE
    assert _state(link) is LinkState.BROKEN
    portal.pages.clear()
    _call(link, portal, MONDAY + 7 * DAY)
    with clock.frozen(MONDAY + 7 * DAY):
        assert _state(link) is LinkState.WORKS


def test_only_the_third_failure_breaks_a_link(link: TraceLink, portal: Portal) -> None:
    _call(link, portal, MONDAY)
    portal.pages["/sp/1"] = (503, "")
    seen = []
    for week in (1, 2, 3):
        assert _call(link, portal, MONDAY + 7 * week * DAY) is CallAnswer.FAILED
        with clock.frozen(MONDAY + 7 * week * DAY):
            seen.append(_state(link))
    assert seen == [LinkState.WORKS, LinkState.WORKS, LinkState.BROKEN]


def test_three_failures_of_one_day_do_not(link: TraceLink, portal: Portal) -> None:
    failed = flows.calling.Called(CallAnswer.FAILED, 503)
    for minute in range(3):
        with clock.frozen(MONDAY + timedelta(minutes=minute)), transaction():
            services.record_call(link.id, failed)
    assert _state(link) is LinkState.UNKNOWN
    with clock.frozen(MONDAY + 4 * DAY), transaction():  # the control: the same failure some days later does
        services.record_call(link.id, failed)
        services.record_call(link.id, failed)
    with clock.frozen(MONDAY + 8 * DAY), transaction():
        services.record_call(link.id, failed)
    assert _state(link) is LinkState.BROKEN


def test_our_own_missing_network_breaks_nothing(link: TraceLink, portal: Portal) -> None:
    with clock.frozen(MONDAY):
        assert flows.call_link(link.id, after=0, outside=portal.outside({})) is CallAnswer.NO_NETWORK
    assert _state(link) is LinkState.UNKNOWN
    _call(link, portal, MONDAY + DAY)
    for day in range(8, 20):  # every day again without network
        with clock.frozen(MONDAY + day * DAY):
            (last, *_) = queries.last_calls(link.id)
            assert flows.call_link(link.id, after=last.id, outside=portal.outside({})) is CallAnswer.NO_NETWORK
            assert _state(link) is LinkState.WORKS


def test_a_link_is_called_once_a_week(link: TraceLink, portal: Portal) -> None:
    with clock.frozen(MONDAY):
        assert flows.ask_for_calls() == 1
        assert flows.ask_for_calls() == 1
        assert _waiting() == 1  # asked for twice, written once
    _call(link, portal, MONDAY)
    for days, asked in ((0.5, 0), (6.9, 0), (7, 1)):
        with clock.frozen(MONDAY + days * DAY):
            assert flows.ask_for_calls() == asked


def test_the_same_message_twice_is_one_call(link: TraceLink, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _call(link, portal, MONDAY) is CallAnswer.WORKS
    with clock.frozen(MONDAY):
        assert flows.call_link(link.id, after=0, outside=portal.outside()) is None
        assert len(portal.heard) == 1
        monkeypatch.setattr(queries, "find_link_to_call", lambda link_id, *, after: db.session.get(TraceLink, link_id))
        flows.call_link(link.id, after=0, outside=portal.outside())
    assert len(portal.heard) == 2  # the control


def test_few_links_are_called_in_a_turn_and_fewer_of_one_portal(context: Flask) -> None:
    hosts = [f"p{number}.gov.vn" for number in range(4)]
    with clock.frozen(MONDAY):
        with transaction():
            for number in range(24):
                _link(f"https://{hosts[number % 2 if number < 20 else number % 4]}/{number}")
        flows.check_due_links(own_pages=OWN)
        assert flows.ask_for_calls() == 10  # four of each of the two big ones, two of the others
        due = sorted(db.session.scalars(select(OutboxMessage.due_at)))
    assert due == [MONDAY + timedelta(seconds=20 * number) for number in range(10)]


def test_our_own_pages_and_bad_links_are_never_called(context: Flask) -> None:
    with clock.frozen(MONDAY):
        with transaction():
            lot = make_shelf().lot
            assert lot is not None
            for url in (OWN + lot.trace_code, "https://example.com/x", "http://check.hanoi.gov.vn/x"):
                db.session.add(TraceLink(product_id=lot.product_id, url=url, host="x", added_at=clock.now()))
        flows.check_due_links(own_pages=OWN)
        assert flows.ask_for_calls() == 0
        states = [checked.state for checked in queries.links_of(lot.product_id)]
    assert states == [LinkState.WORKS, LinkState.BROKEN, LinkState.BROKEN]


def test_the_worker_calls_only_where_it_is_told_to(app: Flask, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "Outside", lambda user_agent: replace(portal.outside(), user_agent=user_agent))
    with app.app_context():
        with transaction():
            _link(f"https://{PORTAL}/sp/1")
        work_once()
        assert (portal.heard, _waiting()) == ([], 0)
        monkeypatch.setitem(app.config, "TRACE_LINK_CALLS", True)
        try:
            jobs.register(app)
            work_once()
            while deliver_next():
                pass
        finally:
            monkeypatch.undo()
            jobs.handlers._tasks.pop("trace.ask_for_calls")
            jobs.register(app)
        assert portal.heard == [f"HEAD {PORTAL}/sp/1"]
        assert portal.agents == {"OCOP-marketplace-link-check/1.0 (+http://127.0.0.1:8000)"}
        assert db.session.scalars(select(LinkCall.state)).one() is LinkState.WORKS


def test_production_calls_unless_told_otherwise() -> None:
    secrets = {
        name: f"{name}-0123456789-abcdefghijklmnop"
        for name in ("SECRET_KEY", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET", "BANK_API_KEY", "BANK_NOTICE_SECRET")
    }
    named = {"STRIPE_API_BASE": "x", "BANK_API_BASE": "x", "BANK_BIN": "x", "BANK_ACCOUNT": "x", "BANK_HOLDER": "x"}
    env = {**secrets, **named, "PUBLIC_URL": "https://cho.example", "TRUSTED_HOSTS": "cho.example"}
    assert Production(env).TRACE_LINK_CALLS
    assert not Production({**env, "TRACE_LINK_CALLS": "0"}).TRACE_LINK_CALLS


def test_a_link_that_was_called_can_be_taken_away_and_put_back(link: TraceLink, portal: Portal) -> None:
    _call(link, portal, MONDAY)
    product, url = link.product, link.url
    before = content_of(product)
    with clock.frozen(MONDAY + DAY), transaction():
        write(product, replace(before, trace_links=()), is_approved=True)
    assert (queries.links_of(product.id), content_of(product).trace_links) == ([], ())
    with clock.frozen(MONDAY + 2 * DAY):
        with transaction():
            write(product, replace(before, trace_links=(parse_trace_link(url, own_pages=OWN),)), is_approved=True)
        assert [checked.state for checked in queries.links_of(product.id)] == [LinkState.WORKS]


def _link(url: str) -> TraceLink:
    made = TraceLink(product_id=make_shelf().product.id, url=url, host=url.split("/")[2], added_at=clock.now())
    db.session.add(made)
    db.session.flush()
    return made


def _call(link: TraceLink, portal: Portal, at: datetime) -> CallAnswer | None:
    with clock.frozen(at):
        last = queries.last_calls(link.id, limit=1)
        return flows.call_link(link.id, after=last[0].id if last else 0, outside=portal.outside())


def _state(link: TraceLink) -> LinkState:
    (checked,) = queries.list_links([link.product_id])
    return checked.state


def _waiting() -> int:
    return len(db.session.scalars(select(OutboxMessage.id).where(OutboxMessage.topic == flows.CALL_LINK)).all())
