"""Pages remembered between two changes of the database: never an old one, never somebody else's."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.catalogue.models import Product
from marketplace.core import clock
from marketplace.core.db import change_mark, db, transaction
from marketplace.web.remembering import Page, PageMemory
from tests.factories.shelf import make_shelf

NOON = datetime(2026, 9, 1, 5, 0, 10, tzinfo=UTC)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture(autouse=True)
def _one_minute() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def shop(app: Flask) -> Flask:
    """One product for sale."""
    with app.app_context(), transaction():
        make_shelf("Mật ong rừng tràm", certificate={"issued_on": NOON.date() - timedelta(days=100)})
    return app


def test_a_second_stranger_gets_the_same_page_without_any_work(shop: Flask, renders: list[str]) -> None:
    assert _page(shop.test_client()) == _page(shop.test_client())
    assert len(renders) == 1


def test_a_commit_is_seen_at_once(shop: Flask) -> None:
    before = _page(shop.test_client())
    _rename(shop, "Mật ong hoa nhãn")
    assert "Mật ong rừng tràm" in before
    assert "Mật ong hoa nhãn" in _page(shop.test_client())


def test_without_the_mark_an_old_page_would_be_served(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = object()
    monkeypatch.setattr(shop.view_functions["storefront.products"], "__remembered__", lambda: mark)
    _page(shop.test_client())
    _rename(shop, "Mật ong hoa nhãn")
    assert "Mật ong hoa nhãn" not in _page(shop.test_client())


def test_the_next_minute_makes_the_page_anew(shop: Flask, renders: list[str]) -> None:
    _page(shop.test_client())
    with clock.frozen(NOON + timedelta(minutes=1)):
        _page(shop.test_client())
    assert len(renders) == 2


def test_each_stranger_gets_a_forgery_token_of_the_own_session(shop: Flask, renders: list[str]) -> None:
    first, second = shop.test_client(), shop.test_client()
    product = _product_address(shop)
    mine, theirs = _token(first, product), _token(second, product)
    assert len(renders) == 1
    assert mine != theirs
    form = {"pack_id": "1", "quantity": "1"}
    assert second.post("/cart/items", data={**form, "csrf_token": mine}).status_code == 400
    assert second.post("/cart/items", data={**form, "csrf_token": theirs}).status_code == 303


def test_who_holds_a_cart_is_served_by_the_view(shop: Flask, renders: list[str]) -> None:
    _page(shop.test_client())
    browser = shop.test_client()
    with browser.session_transaction() as session:
        session["cart"] = "some token"
    _page(browser)
    assert len(renders) == 2


def test_each_language_has_its_own_page(shop: Flask) -> None:
    english = shop.test_client()
    english.set_cookie("lang", "en")
    assert 'lang="vi"' in _page(shop.test_client())
    assert '<html lang="en">' in _page(english)


def test_choosing_a_language_still_sets_the_cookie(shop: Flask) -> None:
    for _visit in range(2):
        assert "lang=en" in shop.test_client().get("/products?lang=en").headers["Set-Cookie"]


def test_nothing_is_remembered_where_no_room_is_given(shop: Flask, renders: list[str]) -> None:
    memory: PageMemory = shop.extensions["page_memory"]
    room, memory.room = memory.room, 0
    try:
        _page(shop.test_client())
        _page(shop.test_client())
    finally:
        memory.room = room
    assert len(renders) == 2


def test_the_least_used_page_goes_when_the_room_is_full() -> None:
    memory = PageMemory(room=10)
    for key in ("a", "b"):
        memory.keep("now", key, Page((b"12345",), "text/html"))
    assert memory.find("now", "a") is not None
    memory.keep("now", "c", Page((b"12345",), "text/html"))
    assert [key for key in "abc" if memory.find("now", key)] == ["a", "c"]


def test_a_page_made_before_a_change_is_not_served_after_it() -> None:
    memory = PageMemory(room=10)
    memory.keep("before", "a", Page((b"1",), "text/html"))
    assert memory.find("after", "a") is None
    assert memory.find("before", "a") is None, "forgotten, not kept for later"


def test_a_page_of_a_new_state_takes_the_room_of_the_old_one() -> None:
    memory = PageMemory(room=10)
    for edition in ("before", "after"):
        memory.keep(edition, "a", Page((b"12345678",), "text/html"))
    assert memory.find("after", "a") is not None


def test_the_mark_of_the_database_changes_with_each_commit(shop: Flask) -> None:
    with shop.app_context():
        before = change_mark()
    _rename(shop, "Mật ong hoa cà phê")
    with shop.app_context():
        assert change_mark() != before


def test_the_mark_of_sqlite_stays_while_nobody_commits(shop: Flask) -> None:
    with shop.app_context():
        if db.engine.dialect.name == "sqlite":
            assert change_mark() == change_mark()


@pytest.fixture
def renders(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the views that ran."""
    ran: list[str] = []
    for endpoint in ("storefront.products", "storefront.product"):
        monkeypatch.setitem(shop.view_functions, endpoint, _noting(shop.view_functions[endpoint], ran))
    return ran


def _noting(view: Any, ran: list[str]) -> Any:
    def noted(**values: Any) -> Any:
        ran.append(view.__name__)
        return view(**values)

    noted.__dict__.update(view.__dict__)
    return noted


def _page(browser: FlaskClient) -> str:
    answer = browser.get("/products")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _token(browser: FlaskClient, address: str) -> str:
    found = TOKEN.search(browser.get(address).get_data(as_text=True))
    assert found
    return found[1]


def _product_address(shop: Flask) -> str:
    with shop.app_context():
        product = db.session.query(Product).one()
        return f"/products/{product.id}-{product.slug}"


def _rename(shop: Flask, name: str) -> None:
    with shop.app_context(), transaction():
        db.session.query(Product).one().name = name
