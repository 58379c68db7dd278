"""The pages of the shop: what a buyer sees, types and reads."""

import gzip
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.catalogue.models import ProductState
from marketplace.core.db import transaction
from marketplace.ocop.models import ProductGroup
from marketplace.producers.models import ProducerState
from marketplace.storefront.sellable import offer_for
from tests.factories.shelf import make_producer, make_shelf
from tests.storefront.test_listing import counted
from tests.storefront.test_sellable import SPOILED


def _ids(app: Flask, *args: object, **values: object) -> tuple[int, int]:
    with app.app_context(), transaction():
        shelf = make_shelf(*args, **values)
        return shelf.product.id, shelf.pack.id


def _text(client: FlaskClient, address: str) -> str:
    response = client.get(address, follow_redirects=True)
    assert response.status_code == 200, response.status
    return response.get_data(as_text=True)


@pytest.mark.parametrize("code", SPOILED)
def test_list_search_page_api_and_offer_agree_on_what_is_not_for_sale(
    app: Flask, client: FlaskClient, code: str
) -> None:
    with app.app_context(), transaction():
        shelf = SPOILED[code]()
        product_id, pack_id, name = shelf.product.id, shelf.pack.id, shelf.product.name
    for address in ("/", "/products", "/products?q=duong+thot+not"):
        assert name not in _text(client, address)
    assert client.get("/api/v1/products").get_json() == {"items": [], "next": None}
    page, api = (
        client.get(f"/products/{product_id}", follow_redirects=True),
        client.get(f"/api/v1/products/{product_id}"),
    )
    hidden = code in {"product_not_approved", "producer_not_verified"}
    assert page.status_code == api.status_code == (404 if hidden else 200)
    if not hidden:
        assert "alert-warning" in page.get_data(as_text=True)
        assert "buy-bar" not in page.get_data(as_text=True)
        assert api.get_json()["can_be_bought"] is False
        assert code in api.get_json()["reasons"]
    with app.app_context():
        assert offer_for([pack_id]) == {}


def test_all_faces_agree_on_what_is_for_sale(app: Flask, client: FlaskClient) -> None:
    product_id, pack_id = _ids(app)
    for address in ("/", "/products", "/products?q=duong+thot+not"):
        assert "Đường thốt nốt" in _text(client, address)
    assert [item["id"] for item in client.get("/api/v1/products").get_json()["items"]] == [product_id]
    shown = client.get(f"/api/v1/products/{product_id}").get_json()
    assert (shown["can_be_bought"], shown["reasons"], shown["packs"][0]["available"]) == (True, [], 10)
    assert f'value="{pack_id}" checked' in _text(client, f"/products/{product_id}")
    with app.app_context():
        assert list(offer_for([pack_id])) == [pack_id]


@pytest.mark.parametrize("state", [s for s in ProductState if s not in (ProductState.APPROVED, ProductState.PAUSED)])
def test_what_was_never_approved_is_invisible(app: Flask, client: FlaskClient, state: ProductState) -> None:
    product_id, _pack = _ids(app, state=state)
    for address in (
        f"/products/{product_id}",
        f"/products/{product_id}-duong-thot-not",
        f"/api/v1/products/{product_id}",
    ):
        assert client.get(address).status_code == 404


def test_a_suspended_producers_page_says_so(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        producer = make_producer(state=ProducerState.SUSPENDED, state_before_suspension=ProducerState.VERIFIED)
        product_id = make_shelf(producer=producer).product.id
    assert "tạm ngừng" in _text(client, f"/products/{product_id}")


def test_the_product_page_says_where_the_stars_come_from(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        shelf = make_shelf(certificate={"decision_number": "1234/QĐ-UBND"})
        assert shelf.lot is not None
        product_id, trace_code = shelf.product.id, shelf.lot.trace_code
    page = _text(client, f"/products/{product_id}")
    for expected in (
        "1234/QĐ-UBND",
        "còn hạn đến",
        "60.000",
        "120.000",
        "tel:+84912345678",
        f"/t/{trace_code}",
        "og:title",
    ):
        assert expected in page
    assert client.get(f"/products/{product_id}-khac").headers["Location"].endswith("-duong-thot-not")


def test_alcohol_asks_for_the_age(app: Flask, client: FlaskClient) -> None:
    wine, _pack = _ids(app, "Rượu nếp", group=ProductGroup.DRINK, is_alcohol=True)
    sugar, _pack = _ids(app, "Đường phèn")
    assert 'name="of_age"' in _text(client, f"/products/{wine}")
    assert 'name="of_age"' not in _text(client, f"/products/{sugar}")


@pytest.mark.parametrize(
    "query",
    [
        "stars=7",
        "group=gold",
        "price_from=abc",
        "page=0",
        "page=x",
        "sort=up",
        "page=99999999",
    ],
)
def test_an_unreadable_filter_narrows_nothing(app: Flask, client: FlaskClient, query: str) -> None:
    _ids(app)
    assert "Đường thốt nốt" in _text(client, f"/products?{query}")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("ca phe " * 300, "120"), ("\u202eca phe", "ký tự"), ("4242 4242 4242 4242", "số thẻ")],
)
def test_words_that_cannot_be_searched_for_are_refused_beside_their_field(
    app: Flask, client: FlaskClient, typed: str, sentence: str
) -> None:
    _ids(app)
    for _again in range(2):  # a refusal is not remembered as a page
        answer = client.get("/products", query_string={"q": typed, "stars": "4"})
        assert answer.status_code == 422
        problem = re.search(r'id="q-problems".*?</div>', answer.text, re.DOTALL)
        assert problem and sentence in problem[0]
        assert f'value="{typed}"' in answer.text
        assert "Đường thốt nốt" not in answer.text
    assert client.get("/api/v1/products", query_string={"q": typed}).status_code == 422


def test_the_longest_words_that_may_be_searched_for_are_searched_for(client: FlaskClient) -> None:
    assert client.get("/products", query_string={"q": "a" * 120}).status_code == 200
    assert client.get("/products", query_string={"q": "a" * 121}).status_code == 422


def test_programs_are_told_what_they_asked_wrongly(client: FlaskClient) -> None:
    response = client.get("/api/v1/products?stars=7")
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")


def test_chosen_filters_stand_as_chips(app: Flask, client: FlaskClient) -> None:
    _ids(app)
    page = _text(client, "/products?stars=4&group=food&price_to=70.000")
    assert "Đường thốt nốt" in page
    assert len(re.findall(r"<li><a href=\"/products\?", page)) == 3


def test_a_full_list_is_light_and_takes_few_queries(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        producer = make_producer()
        for number in range(24):
            make_shelf(f"Bánh tráng phơi sương loại đặc biệt số {number}", producer=producer)
    with app.app_context(), counted() as sent:
        page = client.get("/products")
    assert len(gzip.compress(page.data)) < 60_000
    assert page.get_data(as_text=True).count('class="product-card"') == 24
    assert len([statement for statement in sent if "shelf_writer" not in statement]) <= 4
