"""The JSON face of places."""

import pytest
from flask import Flask
from flask.testing import FlaskClient


@pytest.fixture
def client(small_country: Flask) -> FlaskClient:
    return small_country.test_client()


def test_a_list_has_items_and_next(client: FlaskClient) -> None:
    answer = client.get("/api/v1/places?level=commune&limit=2&parent=01")

    assert answer.status_code == 200
    assert answer.json == {
        "items": [
            {
                "code": "00541",
                "vintage": "2025-07",
                "level": "commune",
                "kind": "xã",
                "name": "Phù Đổng",
                "full_name": "Xã Phù Đổng",
                "address": "Xã Phù Đổng, Thành phố Hà Nội",
                "parent_code": "01",
                "valid_from": "2025-07-01",
                "valid_to": None,
                "formerly": None,
                "needs_choice": False,
            },
            answer.json["items"][1],
        ],
        "next": "00562",
    }
    rest = client.get("/api/v1/places?level=commune&limit=2&parent=01&after=00562").json
    assert ([item["code"] for item in rest["items"]], rest["next"]) == (["00565"], None)


def test_a_search_names_the_former_unit(client: FlaskClient) -> None:
    answer = client.get("/api/v1/places", query_string={"q": "dang xa"}).json

    assert [(item["code"], item["formerly"], item["needs_choice"]) for item in answer["items"]] == [
        ("00541", "Xã Đặng Xá, Huyện Gia Lâm, Thành phố Hà Nội", True),
        ("00562", "Xã Đặng Xá, Huyện Gia Lâm, Thành phố Hà Nội", True),
    ]
    assert answer["next"] is None


def test_a_search_of_former_units_answers_with_them(client: FlaskClient) -> None:
    answer = client.get("/api/v1/places", query_string={"q": "dang xa", "vintage": "pre-2025"}).json

    assert [(item["code"], item["vintage"]) for item in answer["items"]] == [("00556", "pre-2025")]


def test_one_place_tells_its_story(client: FlaskClient) -> None:
    now = client.get("/api/v1/places/07840").json
    then = client.get("/api/v1/places/00556?vintage=pre-2025").json

    assert (now["full_name"], now["needs_choice"], [unit["code"] for unit in now["current"]]) == (
        "Phường Hiệp Hòa",
        False,
        ["07840"],
    )
    assert [(row["place"]["full_name"], row["is_split"], row["share"]) for row in now["predecessors"]] == [
        ("Thị trấn Thắng", False, "1.00000")
    ]
    assert now["changes"] == [
        {
            "changed_on": "2026-09-20",
            "field": "kind",
            "old_value": "xã",
            "new_value": "phường",
            "source": "388/NQ-UBTVQH16",
        }
    ]
    assert (then["address"], then["needs_choice"], [unit["code"] for unit in then["current"]]) == (
        "Xã Đặng Xá, Huyện Gia Lâm, Thành phố Hà Nội",
        True,
        ["00541", "00562"],
    )


@pytest.mark.parametrize(
    "address", ["/api/v1/places/30721", "/api/v1/places/xyz", "/api/v1/places/30682?vintage=pre-2025"]
)
def test_a_code_means_nothing_in_the_other_vintage(client: FlaskClient, address: str) -> None:
    answer = client.get(address)

    if "pre-2025" in address:
        assert answer.json["name"] == "Núi Sập"
    else:
        assert (answer.status_code, answer.json["code"]) == (404, "place_not_found")


@pytest.mark.parametrize(
    "query", ["vintage=2024", "level=hamlet", "limit=0", "limit=101", "q=%E2%80%AEx", "parent=123456"]
)
def test_a_query_that_cannot_be_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/places?{query}")

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
