"""The list: filters narrow it, orders order it, one query makes a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.ocop.models import ProductGroup
from marketplace.producers.models import ProducerKind
from marketplace.storefront.listing import (
    Filters,
    Sort,
    count_by_group_and_province,
    list_products,
    newest_recognised,
    products_after,
)
from tests.factories.shelf import make_lot, make_pack, make_place, make_producer, make_shelf


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent while the block runs."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def _names(**filters: Any) -> list[str]:
    return [card.name for card in list_products(Filters(**filters)).items]


@pytest.fixture
def shop(context: Flask) -> dict[str, str]:
    """Three products that differ in everything that can be filtered; returns place codes."""
    with transaction():
        angiang, hanoi = make_place(name="Thoại Sơn"), make_place(name="Gia Lâm")
        company = make_producer("Công ty Gia Lâm", commune=hanoi, kind=ProducerKind.COMPANY)
        make_shelf("Đường thốt nốt", commune=angiang, pack={"price": Dong(60_000)}, certificate={"stars": 4})
        make_shelf(
            "Trà sen",
            producer=company,
            group=ProductGroup.DRINK,
            pack={"price": Dong(150_000)},
            certificate={"stars": 5},
        )
        make_shelf("Gốm Bát Tràng", producer=company, group=ProductGroup.HANDICRAFT, certificate={"stars": 3})
        make_shelf("Làng du lịch", producer=company, group=ProductGroup.TOURISM, quantity=0)
        assert angiang.parent is not None
        return {"commune": angiang.code, "province": angiang.parent.code}


def test_filters_narrow_the_list(shop: dict[str, str]) -> None:
    assert _names(sort=Sort.NAME) == ["Đường thốt nốt", "Gốm Bát Tràng", "Trà sen"]
    assert _names(stars=(4, 5), sort=Sort.NAME) == ["Đường thốt nốt", "Trà sen"]
    assert _names(group=ProductGroup.DRINK) == ["Trà sen"]
    assert _names(kind=ProducerKind.COOPERATIVE) == ["Đường thốt nốt"]
    assert _names(province=shop["province"]) == _names(commune=shop["commune"]) == ["Đường thốt nốt"]
    assert _names(price_from=Dong(60_001)) == ["Trà sen"]
    assert _names(price_to=Dong(60_000), sort=Sort.NAME) == ["Đường thốt nốt", "Gốm Bát Tràng"]
    assert _names(q="che sen") == ["Trà sen"]
    assert _names(q="khong co") == []


def test_tourism_is_shown_when_asked_for_and_has_no_price(shop: dict[str, str]) -> None:
    cards = list_products(Filters(group=ProductGroup.TOURISM)).items
    assert [(card.name, card.stars) for card in cards] == [("Làng du lịch", 4)]


def test_orders(shop: dict[str, str]) -> None:
    assert _names(sort=Sort.STARS) == ["Trà sen", "Đường thốt nốt", "Gốm Bát Tràng"]
    assert _names(sort=Sort.PRICE_UP)[-1] == _names(sort=Sort.PRICE_DOWN)[0] == "Trà sen"
    assert _names()[0] == "Gốm Bát Tràng"
    assert _names(q="tr", sort=Sort.BEST) == ["Gốm Bát Tràng", "Trà sen"] or _names(q="tr") == [
        "Trà sen",
        "Gốm Bát Tràng",
    ]


def test_a_card_says_what_counts(context: Flask) -> None:
    with transaction():
        shelf = make_shelf(pack={"price": Dong(60_000), "net_weight_grams": 500})
        make_pack(shelf.product, label="Hũ 1 kg", price=Dong(110_000), net_weight_grams=1000)
    (card,) = list_products(Filters()).items
    assert (card.price, card.price_per_kilogram, card.pack_label) == (60_000, 120_000, "Túi 500 g")
    assert (card.stars, card.decision_number) == (4, shelf.certificate.decision_number)
    assert (card.commune, card.province) == ("Xã Thoại Sơn", "An Giang")


def test_a_price_is_that_of_a_pack_that_can_be_bought(context: Flask) -> None:
    with transaction():
        shelf = make_shelf("Đường thốt nốt", pack={"price": Dong(60_000)}, quantity=0)
        make_lot(make_pack(shelf.product, label="Hũ 1 kg", price=Dong(110_000), net_weight_grams=1000))
        make_shelf("Trà sen", producer=shelf.producer, pack={"price": Dong(80_000)})
    cards = list_products(Filters(sort=Sort.PRICE_UP)).items
    assert [(card.name, card.price) for card in cards] == [("Trà sen", 80_000), ("Đường thốt nốt", 110_000)]
    assert [card.pack_label for card in cards] == ["Túi 500 g", "Hũ 1 kg"]
    assert _names(sort=Sort.PRICE_DOWN) == ["Đường thốt nốt", "Trà sen"]
    assert _names(price_to=Dong(60_000)) == []
    assert _names(price_from=Dong(100_000)) == ["Đường thốt nốt"]


def test_pages_hold_their_size_and_the_count_is_of_all(context: Flask) -> None:
    with transaction():
        producer = make_producer()
        for number in range(5):
            make_shelf(f"Bánh {number}", producer=producer)
    first, last = (list_products(Filters(sort=Sort.NAME), page=page, size=2) for page in (1, 3))
    assert ([card.name for card in first.items], first.total, first.pages) == (["Bánh 0", "Bánh 1"], 5, 3)
    assert [card.name for card in last.items] == ["Bánh 4"]
    assert list_products(Filters(sort=Sort.NAME), page=99, size=2).items == last.items
    assert list_products(Filters(q="gì đó"), page=7).total == 0


def test_programs_walk_the_list_by_cursor(context: Flask) -> None:
    with transaction():
        producer = make_producer()
        made = [make_shelf(f"Bánh {number}", producer=producer).product.id for number in range(3)]
    first = products_after(Filters(), None, limit=2)
    assert first.next is not None
    second = products_after(Filters(), int(first.next), limit=2)
    assert [card.id for card in (*first.items, *second.items)] == made
    assert second.next is None


def test_ids_cards_and_count_are_one_query_each_however_many_cards(context: Flask) -> None:
    with transaction():
        producer = make_producer()
        for number in range(30):
            make_shelf(f"Bánh {number}", producer=producer)
    for filters in (Filters(), Filters(q="bánh", stars=(4,), sort=Sort.STARS)):
        with counted() as sent:
            assert len(list_products(filters).items) == 24
        asked_for_a_mark = [statement for statement in sent if "shelf_writer" in statement]
        assert len(sent) - len(asked_for_a_mark) == 3


def test_the_newest_recognition_comes_first_and_tiles_count(context: Flask) -> None:
    today = clock.today()
    with transaction():
        old = make_shelf("Cũ", certificate={"issued_on": today - timedelta(days=300)})
        make_shelf("Mới", certificate={"issued_on": today - timedelta(days=3)}, producer=old.producer)
        make_shelf("Hết", quantity=0)
    assert [card.name for card in newest_recognised()] == ["Mới", "Cũ"]
    counts = count_by_group_and_province()
    assert counts.groups == {ProductGroup.FOOD: 2}
    assert list(counts.provinces.values()) == [2]
