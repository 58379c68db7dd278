"""Pages of producers: what was typed stays, a neighbour is not found, reasons are asked for."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.producers.models import Producer, ProducerState
from tests.factories.producers import ProducerFactory, commune
from tests.signing_in import post_form, signed_in, user_id_of

TYPED = {
    "kind": "cooperative",
    "name": "Hợp tác xã Mật ong U Minh",
    "tax_code": "0312345678-001",
    "province": "91",
    "commune": "30682",
    "address_line": "Ấp Tây Bình",
    "phone": "0912 345 678",
    "delivery_fee": "20.000",
    "about": "Từ năm 2015.",
}


@pytest.fixture
def producer_id(app: Flask) -> int:
    with app.app_context(), transaction():
        return int(ProducerFactory().id)


def state_of(app: Flask, producer_id: int) -> str:
    with app.app_context():
        return str(db.session.get_one(Producer, producer_id).state)


def test_a_person_registers_and_then_acts_for_the_producer(app: Flask) -> None:
    with app.app_context(), transaction():
        commune()
    person = signed_in(app)
    answer = post_form(person, "/producers/register", TYPED)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/my/producers")
    assert "Mật ong U Minh" in person.get("/my/producers").text
    with app.app_context():
        made = db.session.scalars(select(Producer)).one()
        assert (made.state, made.phone, made.delivery_fee) == (ProducerState.PENDING, "+84912345678", 20_000)
        assert made.tax_code == "0312345678-001"


@pytest.mark.parametrize(
    ("wrong", "value"),
    [
        ("phone", "123"),
        ("tax_code", "12-3"),
        ("delivery_fee", "mười"),
        ("name", ""),
        ("commune", "99999"),
        ("commune", ""),
    ],
)
def test_what_was_typed_stays(app: Flask, wrong: str, value: str) -> None:
    with app.app_context(), transaction():
        commune()
    answer = post_form(signed_in(app), "/producers/register", {**TYPED, wrong: value})
    assert answer.status_code == 200
    assert "invalid-feedback" in answer.text
    for name, typed in TYPED.items():
        if name not in (wrong, "province", "commune", "kind"):
            assert typed in answer.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Producer)) == 0


def test_showing_the_communes_saves_nothing(app: Flask) -> None:
    with app.app_context(), transaction():
        commune()
    answer = post_form(signed_in(app), "/producers/register", {**TYPED, "commune": "", "pick_place": "1"})
    assert "Thoại Sơn" in answer.text
    assert TYPED["name"] in answer.text


def test_a_hidden_producer_is_not_found(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        shown, hidden = (
            ProducerFactory(),
            ProducerFactory(state=ProducerState.SUSPENDED, state_before_suspension="verified"),
        )
        slugs = shown.slug, hidden.slug
    assert client.get(f"/producers/{slugs[0]}").status_code == 200
    assert client.get(f"/producers/{slugs[1]}").status_code == 404
    assert client.get(f"/api/v1/producers/{slugs[1]}").status_code == 404
    listed = client.get("/api/v1/producers").get_json()["items"]
    assert [row["slug"] for row in listed] == [slugs[0]]
    assert listed[0]["commune_code"] == "30682"


def test_a_neighbours_page_answers_like_a_missing_one(app: Flask, producer_id: int) -> None:
    with app.app_context(), transaction():
        neighbour = ProducerFactory().id
    member = signed_in(app, Role.PRODUCER, subject_id=producer_id)
    assert member.get(f"/my/producers/{producer_id}").status_code == 200
    for wanted in (neighbour, 999_999):
        assert member.get(f"/my/producers/{wanted}").status_code == 404
        assert post_form(member, f"/my/producers/{wanted}", TYPED).status_code == 404


def test_a_member_changes_what_was_not_verified(app: Flask, producer_id: int) -> None:
    member = signed_in(app, Role.PRODUCER, subject_id=producer_id)
    answer = post_form(member, f"/my/producers/{producer_id}", {**TYPED, "name": "Tên khác", "about": "Mới"})
    assert answer.status_code == 303
    with app.app_context():
        now = db.session.get_one(Producer, producer_id)
        assert now.about == "Mới"
        assert now.name != "Tên khác"


def test_the_operator_suspends_with_a_reason_only(app: Flask, producer_id: int) -> None:
    operator = signed_in(app, Role.OPERATOR)
    refused = post_form(operator, f"/operator/producers/{producer_id}/suspend", {"reason": " "})
    assert refused.status_code == 200
    assert "Vui lòng ghi lý do" in refused.text
    assert state_of(app, producer_id) == "verified"
    assert post_form(operator, f"/operator/producers/{producer_id}/suspend", {"reason": "Khiếu nại"}).status_code == 303
    assert state_of(app, producer_id) == "suspended"
    assert "Khiếu nại" in operator.get(f"/operator/producers/{producer_id}").text
    assert post_form(operator, f"/operator/producers/{producer_id}/reinstate", {"reason": "Xong"}).status_code == 303
    assert state_of(app, producer_id) == "verified"


@pytest.mark.parametrize("role", [Role.BUYER, Role.PRODUCER, Role.PROVINCE_OFFICER])
def test_others_do_not_decide(app: Flask, producer_id: int, role: Role) -> None:
    person = signed_in(app, role, subject_id=producer_id if role == Role.PRODUCER else None)
    assert user_id_of(person)
    assert post_form(person, f"/operator/producers/{producer_id}/suspend", {"reason": "x"}).status_code == 403
    assert state_of(app, producer_id) == "verified"


def test_the_queue_shows_who_waits(app: Flask) -> None:
    with app.app_context(), transaction():
        ProducerFactory(name="Tổ hợp tác Chờ", state=ProducerState.PENDING)
    assert "Tổ hợp tác Chờ" in signed_in(app, Role.OPERATOR).get("/operator/producers").text
