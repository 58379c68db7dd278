"""The marks of what the shop shows: they move with every change of it, and with nothing else."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from marketplace.cart.models import Cart
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.inventory import services as inventory
from marketplace.storefront import changes, jobs
from tests.factories.shelf import Shelf, make_shelf

#: A harmless change of each table that list and product pages are made of.
CHANGES = {
    "product": "UPDATE product SET story = 'x'",
    "pack": "UPDATE pack SET price = price + 1000",
    "product_photo": "UPDATE product_photo SET alternative_text = 'x'",
    "trace_link": "UPDATE trace_link SET url = url",
    "link_check": "DELETE FROM link_check",
    "link_call": "DELETE FROM link_call",
    "certificate": "UPDATE certificate SET stars = stars",
    "ocop_product": "UPDATE ocop_product SET name = name",
    "producer": "UPDATE producer SET about = 'x'",
    "admin_unit": "UPDATE admin_unit SET name = name",
    "lot": "UPDATE lot SET code = 'x'",
}


@pytest.fixture
def shelf(app: Flask) -> Iterator[Shelf]:
    """One product with ten packs on the shelf, committed, inside an application context."""
    with app.app_context():
        with transaction():
            made = make_shelf("Mật ong rừng tràm", quantity=10)
        yield made


@pytest.mark.parametrize("table", sorted(CHANGES))
def test_every_table_that_pages_show_moves_the_mark(app: Flask, shelf: Shelf, table: str) -> None:
    before = changes.shelf_mark()
    with transaction():
        for verb in ("insert", "update", "delete"):
            assert _has_trigger(f"shelf_change_{table}_{verb}")
        db.session.execute(text(CHANGES[table]))
    if table not in ("product_photo", "trace_link", "link_check", "link_call"):  # the shelf has none of these rows
        assert changes.shelf_mark() != before


def test_a_promised_pack_leaves_the_shelf_alone_but_not_the_page_of_its_product(shelf: Shelf) -> None:
    shelf_before, page_before = changes.shelf_mark(), changes.product_mark(shelf.product.id)
    _promise(shelf, 9)
    assert changes.shelf_mark() == shelf_before
    assert changes.product_mark(shelf.product.id) != page_before


def test_the_last_pack_moves_the_mark_and_so_does_its_return(shelf: Shelf) -> None:
    before = changes.shelf_mark()
    _promise(shelf, 10)
    sold_out = changes.shelf_mark()
    with transaction():
        inventory.release("test", "1")
    assert len({before, sold_out, changes.shelf_mark()}) == 3


def test_what_buyers_do_leaves_the_mark_alone(shelf: Shelf) -> None:
    before = changes.product_mark(shelf.product.id)
    with transaction():
        db.session.add(Cart(token="x" * 43, created_at=clock.now(), changed_at=clock.now()))
    assert changes.product_mark(shelf.product.id) == before


def test_a_change_taken_back_leaves_the_mark_alone(shelf: Shelf) -> None:
    before = changes.shelf_mark()
    with pytest.raises(ZeroDivisionError), transaction():
        db.session.execute(text(CHANGES["product"]))
        raise ZeroDivisionError
    assert changes.shelf_mark() == before


def test_however_much_changes_the_mark_is_read_from_few_rows(shelf: Shelf) -> None:
    before = _sum()
    for _transaction in range(3):
        with transaction():
            for _time in range(200):
                db.session.execute(text(CHANGES["pack"]))
    assert db.session.scalar(text("SELECT count(*) FROM shelf_writer")) <= 4
    grown = _sum() - before
    assert grown == 3 if _is_postgresql() else grown >= 3


def test_a_change_that_began_earlier_and_commits_later_moves_the_mark(shelf: Shelf) -> None:
    if not _is_postgresql():
        pytest.skip("SQLite has one writer at a time")
    db.session.rollback()
    with db.engine.connect() as slow, db.engine.connect() as quick:
        slow.execute(text(CHANGES["producer"]))
        quick.execute(text("SET LOCAL lock_timeout = '1s'"))
        quick.execute(text(CHANGES["pack"]))  # nobody waits for the slow one
        seen = [changes.shelf_mark()]
        quick.commit()
        seen.append(changes.shelf_mark())
        slow.commit()
        seen.append(changes.shelf_mark())
    assert len(set(seen)) == 3


def test_a_change_after_a_savepoint_that_was_taken_back_is_counted(shelf: Shelf) -> None:
    before = changes.shelf_mark()
    with transaction():
        with pytest.raises(ZeroDivisionError), db.session.begin_nested():
            db.session.execute(text(CHANGES["product"]))
            raise ZeroDivisionError
        db.session.execute(text(CHANGES["pack"]))
    assert changes.shelf_mark() != before


def test_whoever_is_writing_gets_a_mark_like_no_other(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    if not _is_postgresql():
        pytest.skip("on SQLite marks are read by a connection of their own, which sees what is committed")

    def read_between() -> bool:
        with transaction():
            db.session.execute(text(CHANGES["pack"]))
            between = changes.shelf_mark()
            db.session.execute(text(CHANGES["pack"]))
        return between == changes.shelf_mark()

    assert not read_between()
    monkeypatch.setattr(changes, "_is_writing", lambda: False)
    assert read_between()  # the control: without it, what was read half-way would pass for the end


def test_connections_that_are_gone_are_added_up(shelf: Shelf) -> None:
    with transaction():
        for number in range(changes.KEPT + 5):
            db.session.execute(text("INSERT INTO shelf_writer (id, changes) VALUES (:id, 2)"), {"id": 10**9 + number})
    before = _sum()
    jobs.add_up_writers()
    jobs.add_up_writers()
    assert _sum() == before
    left = db.session.scalar(text("SELECT count(*) FROM shelf_writer"))
    assert left <= 4 if _is_postgresql() else left > changes.KEPT


def _promise(shelf: Shelf, quantity: int) -> None:
    with transaction():
        inventory.reserve(shelf.pack.id, quantity, ref_type="test", ref_id="1", expires_at=None)


def _sum() -> int:
    return int(db.session.scalar(text("SELECT sum(changes) FROM shelf_writer")) or 0)


def _is_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def _has_trigger(name: str) -> bool:
    listed = "SELECT tgname FROM pg_trigger WHERE tgname = :name"
    found = listed if _is_postgresql() else "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name = :name"
    return db.session.scalar(text(found), {"name": name}) is not None


def test_a_count_is_made_once_until_something_changes(shelf: Shelf) -> None:
    asked: list[int] = []

    def count() -> int:
        asked.append(1)
        return len(asked)

    with clock.frozen(clock.now()):
        assert [changes.once_per_change("test", count) for _time in range(3)] == [1, 1, 1]
        with transaction():
            db.session.execute(text(CHANGES["pack"]))
        assert changes.once_per_change("test", count) == 2
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        assert changes.once_per_change("test", count) == 3
