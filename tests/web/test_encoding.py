"""Bytes that are not UTF-8 stop at the door."""

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
