"""Refusals have two faces: a page for people, problem+json for programs."""

from flask.testing import FlaskClient


def test_a_missing_page_is_a_page(client: FlaskClient) -> None:
    answer = client.get("/khong-co", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


def test_a_missing_api_address_is_a_problem(client: FlaskClient) -> None:
    answer = client.get("/api/v1/khong-co")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == "not_found"


def test_every_answer_carries_the_strict_policy(client: FlaskClient) -> None:
    for path in ("/healthz", "/khong-co", "/static/css/theme.css"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_ready_means_migrated(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {"status": "ok"}


def test_one_openapi_document_is_served(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    assert document["openapi"].startswith("3.")
