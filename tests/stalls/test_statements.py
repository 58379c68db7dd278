"""A full day and a full market cost as many questions to the database as an empty one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

from marketplace.accounts.services import grant_role
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.stalls import queries
from marketplace.stalls.models import Market, Means, Stall
from tests.factories.accounts import UserFactory
from tests.factories.stalls import StallFactory, make_stall, sell
from tests.payments.conftest import receive
from tests.signing_in import signed_in

Look = Callable[[], int]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    seen: list[str] = []

    def note(*facts: object) -> None:
        seen.append(str(facts[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def _looked(app: Flask, role: Role, subject_id: int, path: str) -> int:
    browser = signed_in(app, role, subject_id=subject_id)
    browser.get(path)  # what is asked for only once
    with app.app_context(), counted() as seen:
        assert browser.get(path).status_code == 200
    return len(seen)


@pytest.mark.parametrize("page", ["", "/day"])
def test_a_till_asks_as_often_for_many_sales_as_for_one(app: Flask, page: str) -> None:
    with app.app_context():
        stall_id = make_stall()
        receive(sell(stall_id, 10_000, Means.QR).payment)
    once = _looked(app, Role.VENDOR, stall_id, f"/till/{stall_id}{page}")
    with app.app_context():
        for number in range(4):
            sell(stall_id, 20_000 + number, Means.QR)
    assert _looked(app, Role.VENDOR, stall_id, f"/till/{stall_id}{page}") == once


def test_the_control_counts_a_question_per_row(context: Flask) -> None:
    stall_id = make_stall()
    sales = [sell(stall_id, 20_000 + number, Means.QR) for number in range(3)]
    queries.statuses_of(sales)  # reads the rows themselves once
    with counted() as together:
        queries.statuses_of(sales)
    with counted() as apart:
        _ = [queries.status_of(sale) for sale in sales]
    assert (len(together), len(apart)) == (1, 3)


def test_the_managers_page_asks_as_often_for_many_stalls_as_for_one(app: Flask) -> None:
    def add() -> None:
        with transaction():
            stall = StallFactory(market=db.session.get_one(Market, market_id))
            grant_role(UserFactory().id, Role.VENDOR, subject_id=stall.id, actor_id=None)

    with app.app_context():
        stall = db.session.get_one(Stall, make_stall())
        market_id, slug = stall.market_id, stall.market.slug
        add()
    once = _looked(app, Role.MARKET_MANAGER, market_id, f"/markets/{slug}/manage")
    with app.app_context():
        for _ in range(3):
            add()
    assert _looked(app, Role.MARKET_MANAGER, market_id, f"/markets/{slug}/manage") == once
