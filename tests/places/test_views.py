"""The page of communes and the picker, without script."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.places.queries import place_choice


@pytest.fixture
def client(small_country: Flask) -> FlaskClient:
    return small_country.test_client()


def options(page: str, name: str) -> list[tuple[str, bool]]:
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)
    assert select is not None
    return [(value, bool(mark)) for value, mark in re.findall(r'<option value="(\w*)" ?(selected)?', select[0])]


def test_first_the_provinces_then_their_communes(client: FlaskClient) -> None:
    first = client.get("/places/communes").text
    second = client.get("/places/communes?province=91&pick_place=1").text

    assert options(first, "province") == [(code, False) for code in ("", "91", "24", "48", "75", "01")]
    assert options(first, "commune") == [("", False)]
    assert "disabled" in first.split('name="commune"')[1].split(">")[0]
    assert ("91", True) in options(second, "province")
    assert options(second, "commune") == [("", False), ("30685", False), ("30682", False)]
    assert "disabled" not in second.split('name="commune"')[1].split(">")[0]


def test_a_former_name_leads_to_the_present_one(client: FlaskClient) -> None:
    page = client.get("/places/communes", query_string={"q": "thoai giang", "lang": "en"}).text

    assert "Xã Thoại Sơn, Tỉnh An Giang" in page
    assert "formerly: Xã Thoại Giang, Huyện Thoại Sơn, Tỉnh An Giang" in page


def test_a_split_commune_says_so(client: FlaskClient) -> None:
    page = client.get("/places/communes", query_string={"q": "Đặng Xá", "lang": "en"}).text

    assert page.count("was divided: see which part you mean") == 2


def test_a_form_that_sent_the_person_gets_the_commune_back(client: FlaskClient) -> None:
    page = client.get("/places/communes", query_string={"province": "91", "back": "/cart?step=2"}).text

    assert 'href="/cart?step=2&amp;commune=30682"' in page


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_only_pages_of_this_site_are_led_back_to(client: FlaskClient, target: str) -> None:
    page = client.get("/places/communes", query_string={"province": "91", "back": target}).text

    assert 'name="back"' not in page
    assert "commune=30682" not in page


@pytest.mark.parametrize(
    "query", [{"province": "xx"}, {"province": "30682"}, {"commune": "91"}, {"q": "\u202e"}, {"q": "x" * 5000}]
)
def test_odd_queries_get_a_page(client: FlaskClient, query: dict[str, Any]) -> None:
    assert client.get("/places/communes", query_string=query).status_code == 200


def test_the_picker_keeps_what_was_chosen_and_shows_what_is_wrong(small_country: Flask) -> None:
    with small_country.test_request_context():
        macro = small_country.jinja_env.get_template("components/place_picker.html").module.place_picker
        html = macro(place_choice("91", "30685"), commune="origin", errors=["Chọn xã."])

    assert ("30685", True) in options(html, "origin")
    assert 'aria-describedby="origin-help origin-errors"' in html
    assert "Chọn xã." in html
