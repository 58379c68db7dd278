"""Bytes that are not UTF-8, and NUL, stop at the door; so do numbers that no row can have."""

import pytest
from flask.testing import FlaskClient

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("sent", [b"identifier=%FF%FEA", b"identifier=Ng\xe0y", b"%ea=1"])
def test_a_form_in_another_encoding_is_refused(client: FlaskClient, sent: bytes) -> None:
    answer = client.post("/sign-in", data=sent, content_type=FORM, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (400, "bad_request")  # before the forgery token is looked at


@pytest.mark.parametrize("query", ["next=%FF", "next=%E1%BA"])
def test_a_query_in_another_encoding_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/sign-in?{query}").status_code == 400


def test_vietnamese_goes_through(client: FlaskClient) -> None:
    assert client.get("/sign-in?next=/t%E1%BB%89nh").status_code == 200


@pytest.mark.parametrize("address", ["/orders/OC-%00", "/markets/a%00b", "/products?q=a%00", "/orders/OC-2?key=%00"])
def test_nul_in_an_address_is_refused(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 400


def test_nul_in_a_form_is_refused(client: FlaskClient) -> None:
    assert client.post("/sign-in", data=b"identifier=%00", content_type=FORM).status_code == 400


@pytest.mark.parametrize("address", ["/products/{}", "/certificates/{}", "/api/v1/products/{}"])
def test_a_number_longer_than_any_id_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address.format(2**63)).status_code == 404
    assert client.get(address.format(2**63 - 1)).status_code == 404


@pytest.mark.parametrize("opening", ['{"a":', "["])
def test_json_without_end_is_refused(client: FlaskClient, opening: str) -> None:
    for path in ("/api/v1/orders", "/webhooks/bank"):
        assert client.post(path, data=opening * 20_000, content_type="application/json").status_code == 400, path


def test_a_long_list_is_no_deep_one(client: FlaskClient) -> None:
    answer = client.post("/api/v1/orders", json={"items": [{}] * 1_000})
    assert answer.status_code not in (400, 500)
