"""The list of traces for programs: lots of approved products, page by page."""

from flask import Flask
from flask.testing import FlaskClient

from marketplace.catalogue.models import ProductState
from marketplace.core.db import transaction
from tests.factories.shelf import make_shelf


def _shelf(app: Flask, state: ProductState = ProductState.APPROVED) -> tuple[int, str]:
    """Id of a product with one lot, and the lot's public code."""
    with app.app_context(), transaction():
        shelf = make_shelf(state=state)
        assert shelf.lot is not None
        return shelf.product.id, shelf.lot.trace_code


def test_lots_are_listed_newest_first_and_page_by_page(app: Flask, client: FlaskClient) -> None:
    codes = [_shelf(app)[1] for _ in range(3)]
    first = client.get("/api/v1/traces?limit=2").get_json()
    assert [item["code"] for item in first["items"]] == [codes[2], codes[1]]
    rest = client.get(f"/api/v1/traces?limit=2&after={first['next']}").get_json()
    assert [item["code"] for item in rest["items"]] == [codes[0]]
    assert rest["next"] is None


def test_a_product_asks_for_its_own_lots(app: Flask, client: FlaskClient) -> None:
    product_id, code = _shelf(app)
    _shelf(app)
    (item,) = client.get(f"/api/v1/traces?product_id={product_id}").get_json()["items"]
    assert (item["code"], item["product_id"], item["state"]) == (code, product_id, "open")
    assert client.get(f"/api/v1/traces/{item['code']}").get_json()["lot"] == item["lot"]


def test_lots_of_products_that_nobody_approved_are_not_listed(app: Flask, client: FlaskClient) -> None:
    _shelf(app, ProductState.DRAFT)
    assert client.get("/api/v1/traces").get_json() == {"items": [], "next": None}


def test_a_wrong_page_is_refused_with_the_name_of_the_field(client: FlaskClient) -> None:
    for wrong in ("limit=0", "limit=101", "limit=x", "product_id=-1", "after=1e9"):
        answer = client.get(f"/api/v1/traces?{wrong}")
        assert answer.status_code == 422
        assert wrong.split("=")[0] in answer.get_data(as_text=True)
