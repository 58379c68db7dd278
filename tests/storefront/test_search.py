"""Searching as people type (P15): marks may be missing, typed marks come first, both ends of the country are heard."""

import pytest
from flask import Flask
from sqlalchemy import select, text

from marketplace.catalogue.models import Product
from marketplace.core.db import db, transaction
from marketplace.core.text import fold
from marketplace.storefront import search
from tests.factories.shelf import make_place, make_producer, make_shelf


def _found(typed: str) -> list[str]:
    wanted = search.read(typed)
    assert wanted is not None
    hits = search.hits(wanted)
    return list(
        db.session.scalars(
            select(Product.name)
            .join(hits, hits.c.id == Product.id)
            .order_by(hits.c.has_marks.desc(), hits.c.score, Product.id)
        )
    )


def _shelves(*names: str) -> None:
    with transaction():
        producer = make_producer("HTX Ba Tri", commune=make_place(name="Phú Hòa"))
        for name in names:
            make_shelf(name, producer=producer)


@pytest.mark.parametrize("typed", ["ca phe dak lak", "CÀ PHÊ ĐẮK LẮK", "cà phê đắk", "Ca\u0300 phe^", "phê-cà"])
def test_marks_and_capitals_do_not_matter(context: Flask, typed: str) -> None:
    _shelves("Cà phê Đắk Lắk", "Đường thốt nốt")
    assert _found(typed.replace("^", "")) == ["Cà phê Đắk Lắk"]


def test_the_typed_marks_come_first(context: Flask) -> None:
    _shelves("Dương xỉ", "Đường phèn", "Đường thốt nốt")
    assert _found("đường") == ["Đường phèn", "Đường thốt nốt", "Dương xỉ"]
    assert _found("dương")[0] == "Dương xỉ"
    assert set(_found("duong thot not")) == {"Đường thốt nốt"}


def test_every_word_must_be_there_and_the_last_may_be_unfinished(context: Flask) -> None:
    _shelves("Mật ong rừng", "Mật mía")
    assert _found("mật ong") == ["Mật ong rừng"]
    assert _found("mat ong ru") == ["Mật ong rừng"]
    assert _found("ma ong") == []


@pytest.mark.parametrize(
    ("typed", "name"),
    [("bắp", "Ngô nếp sấy"), ("thịt heo", "Thịt lợn gác bếp"), ("khom", "Mứt dứa"), ("dau phong", "Lạc rang")],
)
def test_another_word_for_the_same_thing_finds_it(context: Flask, typed: str, name: str) -> None:
    _shelves(name, "Trà sen")
    assert _found(typed) == [name]


def test_producer_commune_and_province_find_the_product_after_names(context: Flask) -> None:
    _shelves("Gạo thơm")
    with transaction():
        make_shelf("Bánh Phú Hòa", producer=make_producer("HTX Khác", commune=make_place(name="Nơi khác")))
    assert _found("ba tri") == ["Gạo thơm"]
    assert _found("an giang gao") == ["Gạo thơm"]
    assert _found("phu hoa") == ["Bánh Phú Hòa", "Gạo thơm"]


def test_the_index_follows_every_change(context: Flask) -> None:
    with transaction():
        shelf = make_shelf("Gạo nàng thơm")
    with transaction():
        shelf.product.name = "Nếp cái hoa vàng"
        shelf.product.name_search, shelf.product.name_fold = "nếp cái hoa vàng", fold("Nếp cái hoa vàng")
        shelf.producer.name_fold = "to hop tac moi"
    assert _found("nang thom") == []
    assert _found("nep cai to hop") == ["Nếp cái hoa vàng"]
    with transaction():
        commune = shelf.producer.commune_id
        db.session.execute(text("UPDATE admin_unit SET name_fold = 'xa doi ten' WHERE id = :id"), {"id": commune})
    assert _found("doi ten") == ["Nếp cái hoa vàng"]


@pytest.mark.parametrize("typed", ["", "  ", "!!!", "\u202e"])
def test_nothing_to_look_for(typed: str) -> None:
    assert search.read(typed) is None


@pytest.mark.parametrize("typed", ['"', 'a" OR "b', "x' | 'y", "(((", "NEAR(a b)", "a:* & !b", "đ" * 300, "a " * 60])
def test_signs_of_the_query_language_are_only_text(context: Flask, typed: str) -> None:
    _shelves("Trà sen")
    wanted = search.read(typed)
    if wanted is not None:
        db.session.execute(select(search.hits(wanted))).all()
