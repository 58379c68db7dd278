"""Returns for programs: the pages' rules, by a guest's key, a producer's or an operator's own word."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.checkout import flows
from marketplace.checkout.deadlines import ANSWER_TIME
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.orders.models import PaymentMethod, SubOrderState
from marketplace.payments.models import Refund
from tests.checkout.buying import TERMS, payment_of, transfer, wish
from tests.factories.shelf import make_shelf
from tests.signing_in import csrf_token, signed_in


@dataclass
class Bought:
    """Two packs for 60.000 each and 20.000 for the way, paid and delivered; and everybody around it."""

    guest: FlaskClient
    producer: FlaskClient
    neighbour: FlaskClient
    number: str
    secret: str
    parcel_id: int
    line_id: int

    @property
    def address(self) -> str:
        return f"/api/v1/orders/{self.number}/returns"

    def ask(self, key: str = "k" * 20, **changes: Any) -> Any:
        body = {"parcel_id": self.parcel_id, "lines": [{"line_id": self.line_id, "quantity": 1}], "reason": "damaged"}
        headers = {"Idempotency-Key": key}
        return self.guest.post(f"{self.address}?key={self.secret}", json={**body, **changes}, headers=headers)


def _post(client: FlaskClient, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/returns/{path}", json=body, headers={"X-CSRFToken": csrf_token(client)})


@pytest.fixture
def bought(country: Flask) -> Bought:
    with country.app_context():
        with transaction():
            shelf, other = make_shelf("Trà"), make_shelf("Mật")
            pack_id, producer_id, neighbour_id = shelf.pack.id, shelf.producer.id, other.producer.id
        placed = flows.place_order(wish({pack_id: 2}, PaymentMethod.VIETQR), TERMS)
        part = placed.order.sub_orders[0]
        transfer(payment_of(placed))
        for step in (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED):
            flows.advance_parcel(part.id, [producer_id], step, actor_id=None)
        found = (placed.order.number, placed.secret, part.id, part.lines[0].id)
        db.session.remove()
    producer, neighbour = (
        signed_in(country, Role.PRODUCER, subject_id=producer_id),
        signed_in(country, Role.PRODUCER, subject_id=neighbour_id),
    )
    return Bought(country.test_client(), producer, neighbour, *found)


@pytest.fixture
def refunds(country: Flask) -> Callable[[], list[int]]:
    """What was given back."""

    def amounts() -> list[int]:
        with country.app_context():
            return [refund.amount for refund in db.session.scalars(select(Refund).order_by(Refund.id))]

    return amounts


def test_a_program_asks_and_the_producers_program_pays_back(bought: Bought, refunds: Callable[[], list[int]]) -> None:
    order = bought.guest.get(f"/api/v1/orders/{bought.number}?key={bought.secret}").get_json()
    assert order["sub_orders"][0]["id"] == bought.parcel_id
    assert order["sub_orders"][0]["lines"][0]["id"] == bought.line_id
    answer = bought.ask(note="Vỡ một hũ")
    asked = answer.get_json()
    assert (answer.status_code, asked["state"], asked["kind"], asked["note"]) == (201, "asked", "return", "Vỡ một hũ")
    assert bought.ask(note="Vỡ một hũ").get_json()["id"] == asked["id"]
    listed = bought.producer.get("/api/v1/returns").get_json()
    assert [item["id"] for item in listed["items"]] == [asked["id"]] and listed["next"] is None
    accepted = _post(bought.producer, f"{asked['id']}/decision", decision="accept").get_json()
    assert (accepted["state"], refunds()) == ("accepted", [])
    line = asked["lines"][0]
    too_many = _post(bought.producer, f"{asked['id']}/receipt", lines=[{"id": line["id"], "sellable": 2}])
    assert (too_many.status_code, too_many.get_json()["code"]) == (409, "return_packs")
    done = _post(bought.producer, f"{asked['id']}/receipt", lines=[{"id": line["id"], "sellable": 1}]).get_json()
    assert (done["state"], done["refund"], done["lines"][0]["sellable"]) == ("refunded", 60_000, 1)
    assert [step["state"] for step in done["steps"]] == ["asked", "accepted", "received", "refunded"]
    assert refunds() == [60_000]
    assert bought.producer.get("/api/v1/returns?state=closed").get_json()["items"] == [done]
    mine = bought.guest.get(f"{bought.address}?key={bought.secret}").get_json()["items"]
    assert mine == [done]


def test_a_refusal_needs_words_and_a_request_can_be_taken_back(bought: Bought) -> None:
    first = bought.ask().get_json()["id"]
    silent = _post(bought.producer, f"{first}/decision", decision="refuse")
    assert (silent.status_code, list(silent.get_json()["errors"])) == (422, ["answer"])
    refused = _post(bought.producer, f"{first}/decision", decision="refuse", answer="Hàng còn nguyên").get_json()
    assert (refused["state"], refused["answer"]) == ("refused", "Hàng còn nguyên")
    second = bought.ask("m" * 20).get_json()["id"]
    withdrawn = bought.guest.post(f"{bought.address}/{second}/withdrawal?key={bought.secret}")
    assert (withdrawn.status_code, withdrawn.get_json()["state"]) == (200, "withdrawn")
    again = bought.guest.post(f"{bought.address}/{second}/withdrawal?key={bought.secret}")
    assert (again.status_code, again.get_json()["code"]) == (409, "return_moved")


def test_paying_at_once_lets_the_buyer_keep_the_goods(bought: Bought, refunds: Callable[[], list[int]]) -> None:
    request_id = bought.ask().get_json()["id"]
    assert _post(bought.producer, f"{request_id}/decision", decision="accept_and_pay").get_json()["state"] == "refunded"
    assert refunds() == [60_000]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "bored"}, "choice_unknown"),
        ({"lines": []}, "return_nothing"),
        ({"lines": "x"}, None),
        ({"note": "thẻ 4242 4242 4242 4242"}, None),
    ],
)
def test_what_cannot_be_read_is_refused(bought: Bought, changes: dict[str, Any], code: str | None) -> None:
    answer = bought.ask(**changes)
    assert answer.status_code == 422, code
    assert bought.producer.get("/api/v1/returns").get_json()["items"] == []


def test_the_same_rules_as_on_the_pages(bought: Bought) -> None:
    named_twice = [{"line_id": bought.line_id, "quantity": 1}] * 2
    assert bought.ask(lines=named_twice).get_json()["code"] == "line_named_twice"
    assert bought.ask(lines=[{"line_id": bought.line_id, "quantity": 3}]).get_json()["code"] == "return_packs"
    assert bought.ask("short").get_json()["code"] == "idempotency_key_missing"
    with clock.frozen(clock.now() + timedelta(days=8)):
        assert bought.ask().get_json()["code"] == "return_too_late"
        assert bought.ask(reason="wrong_information").status_code == 201


def test_a_stranger_finds_nothing(country: Flask, bought: Bought) -> None:
    request_id = bought.ask().get_json()["id"]
    stranger = country.test_client()
    assert stranger.get(bought.address).status_code == 404
    assert stranger.post(f"{bought.address}/{request_id}/withdrawal").status_code == 404
    assert bought.neighbour.get(f"/api/v1/returns/{request_id}").status_code == 404
    assert bought.neighbour.get("/api/v1/returns").get_json()["items"] == []
    for path, body in (("decision", {"decision": "accept"}), ("receipt", {})):
        assert _post(bought.neighbour, f"{request_id}/{path}", **body).status_code == 404
    buyer = signed_in(country, Role.BUYER)
    assert buyer.get("/api/v1/returns").status_code == 403


def test_the_operator_decides_only_after_the_producers_silence(country: Flask, bought: Bought) -> None:
    request_id = bought.ask().get_json()["id"]
    early = _post(signed_in(country, Role.OPERATOR), f"{request_id}/decision", decision="accept_and_pay")
    assert (early.status_code, early.get_json()["code"]) == (403, "return_not_silent")
    with clock.frozen(clock.now() + ANSWER_TIME):
        late = _post(signed_in(country, Role.OPERATOR), f"{request_id}/decision", decision="accept_and_pay")
        assert late.get_json()["state"] == "refunded"


def test_the_returns_stand_in_the_document(client: FlaskClient) -> None:
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    assert {path for path in paths if "returns" in path} == {
        "/api/v1/orders/{number}/returns",
        "/api/v1/orders/{number}/returns/{request_id}/withdrawal",
        "/api/v1/returns",
        "/api/v1/returns/{request_id}",
        "/api/v1/returns/{request_id}/decision",
        "/api/v1/returns/{request_id}/receipt",
    }
