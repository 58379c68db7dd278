"""Pages of calling off and sending back: the buyer by secret link, the producer, the operator; typed things stay."""

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.checkout import flows, queries
from marketplace.checkout.deadlines import ANSWER_TIME
from marketplace.checkout.models import ReturnRequest, ReturnState
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.orders.models import PaymentMethod, SubOrder, SubOrderState
from marketplace.payments.models import Refund
from tests.checkout.buying import TERMS, hidden, payment_of, transfer, wish
from tests.factories.shelf import make_shelf
from tests.signing_in import post_form, signed_in


@dataclass
class Bought:
    """A guest's order of two packs, its secret, and the browsers of its producer and of another one."""

    number: str
    secret: str
    part_id: int
    line_id: int
    guest: FlaskClient
    producer: FlaskClient
    neighbour: FlaskClient

    def page(self) -> str:
        return self.guest.get(f"/orders/{self.number}?key={self.secret}").text

    @property
    def form(self) -> str:
        return f"/orders/{self.number}/parcels/{self.part_id}/return"

    def ask(self, **changes: str) -> int:
        key = hidden(self.guest.get(f"{self.form}?key={self.secret}").text, "idempotency_key")
        typed = {
            "key": self.secret, "idempotency_key": key, f"packs_{self.line_id}": "1", "reason": "damaged",
            "note": "Vỡ một hũ", **changes,
        }  # fmt: skip
        return post_form(self.guest, self.form, typed).status_code


def _bought(app: Flask, method: PaymentMethod, *steps: SubOrderState) -> Bought:
    with app.app_context():
        with transaction():
            shelf, other = make_shelf("Trà"), make_shelf("Mật")
            pack_id, producer_id, neighbour_id = shelf.pack.id, shelf.producer.id, other.producer.id
        placed = flows.place_order(wish({pack_id: 2}, method), TERMS)
        part = placed.order.sub_orders[0]
        if method is PaymentMethod.VIETQR:
            transfer(payment_of(placed))
        for step in steps:
            flows.advance_parcel(part.id, [producer_id], step, actor_id=None)
        found = (placed.order.number, placed.secret, part.id, part.lines[0].id)
        db.session.remove()
    browsers = [signed_in(app, Role.PRODUCER, subject_id=subject) for subject in (producer_id, neighbour_id)]
    return Bought(*found, app.test_client(), *browsers)


@pytest.fixture
def delivered(country: Flask) -> Bought:
    return _bought(country, PaymentMethod.VIETQR, SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED)


def _request(app: Flask) -> ReturnRequest | None:
    with app.app_context():
        return db.session.scalars(select(ReturnRequest)).one_or_none()


def test_a_guest_asks_and_the_producer_gives_the_money_back(app: Flask, delivered: Bought) -> None:
    assert "Trả lại hàng" in delivered.page()
    form = delivered.guest.get(f"{delivered.form}?key={delivered.secret}").text
    assert "19/2023/QH15" in form
    assert delivered.ask() == 303
    asked = _request(app)
    assert asked is not None
    assert "Vỡ một hũ" in delivered.page()
    path = f"/producer/returns/{asked.id}"
    assert delivered.number in delivered.producer.get("/producer/returns").text
    assert "Vỡ một hũ" in delivered.producer.get(path).text
    assert post_form(delivered.producer, f"{path}/accept", {"answer": ""}).status_code == 303
    assert "Xin gửi hàng về" in delivered.page()
    line = re.search(r'name="packs_(\d+)"', delivered.producer.get(path).text)
    assert line
    too_many = post_form(delivered.producer, f"{path}/received", {f"packs_{line[1]}": "2"})
    assert too_many.status_code == 422
    assert "invalid-feedback" in too_many.text
    assert post_form(delivered.producer, f"{path}/received", {f"packs_{line[1]}": "0"}).status_code == 303
    with app.app_context():
        assert [refund.amount for refund in db.session.scalars(select(Refund))] == [60_000]
    assert "60.000" in delivered.page()
    assert delivered.number in delivered.producer.get("/producer/returns?tab=closed").text


def test_what_was_typed_stays_and_the_field_is_named(app: Flask, delivered: Bought) -> None:
    for change in ({"reason": ""}, {f"packs_{delivered.line_id}": "3"}, {f"packs_{delivered.line_id}": "x"}):
        key = hidden(delivered.guest.get(f"{delivered.form}?key={delivered.secret}").text, "idempotency_key")
        typed = {
            "key": delivered.secret, "idempotency_key": key, f"packs_{delivered.line_id}": "1", "reason": "damaged",
            "note": "Hộp bị móp", **change,
        }  # fmt: skip
        answer = post_form(delivered.guest, delivered.form, typed)
        assert answer.status_code == 422
        assert "invalid-feedback" in answer.text
        assert "Hộp bị móp" in answer.text
        assert hidden(answer.text, "idempotency_key") == key
    assert delivered.ask(**{f"packs_{delivered.line_id}": ""}) == 422
    assert _request(app) is None


def test_a_stranger_sees_and_asks_nothing(app: Flask, delivered: Bought) -> None:
    stranger = app.test_client()
    assert stranger.get(delivered.form).status_code == 404
    assert post_form(stranger, delivered.form, {"reason": "damaged"}).status_code == 404
    assert delivered.ask() == 303
    asked = _request(app)
    assert asked is not None
    assert post_form(stranger, f"/orders/{delivered.number}/returns/{asked.id}/withdraw").status_code == 404
    path = f"/producer/returns/{asked.id}"
    assert delivered.neighbour.get(path).status_code == 404
    for step in ("accept", "pay", "refuse", "received"):
        assert post_form(delivered.neighbour, f"{path}/{step}", {"answer": "Không"}).status_code == 404
    assert delivered.number not in delivered.neighbour.get("/producer/returns").text
    assert (_request(app) or asked).state is ReturnState.ASKED
    assert signed_in(app, Role.BUYER).get("/producer/returns").status_code == 403


def test_a_refusal_without_a_reason_is_shown_at_the_field(app: Flask, delivered: Bought) -> None:
    delivered.ask()
    asked = _request(app)
    assert asked is not None
    path = f"/producer/returns/{asked.id}/refuse"
    refused = post_form(delivered.producer, path, {"answer": " "})
    assert refused.status_code == 422
    assert "Xin nêu lý do" in refused.text
    assert post_form(delivered.producer, path, {"answer": "Hàng đã mở nắp"}).status_code == 303
    assert "Hàng đã mở nắp" in delivered.page()


def test_the_buyer_withdraws(app: Flask, delivered: Bought) -> None:
    delivered.ask()
    asked = _request(app)
    assert asked is not None
    path = f"/orders/{delivered.number}/returns/{asked.id}/withdraw"
    assert post_form(delivered.guest, path, {"key": delivered.secret}).status_code == 303
    assert post_form(delivered.guest, path, {"key": delivered.secret}).status_code == 409


def test_the_operator_waits_for_the_producers_silence(app: Flask, delivered: Bought) -> None:
    delivered.ask()
    asked = _request(app)
    assert asked is not None
    operator = signed_in(app, Role.OPERATOR)
    path = f"/producer/returns/{asked.id}"
    assert "Hoàn tiền, không cần gửi lại hàng" not in operator.get(path).text
    assert post_form(operator, f"{path}/pay", {"answer": ""}).status_code == 403
    with clock.frozen(asked.asked_at + ANSWER_TIME):
        later = signed_in(app, Role.OPERATOR)
        assert "Quá hạn trả lời" in later.get("/producer/returns").text
        assert post_form(later, f"{path}/pay", {"answer": ""}).status_code == 303
    with app.app_context():
        assert queries.get_return(asked.id).state is ReturnState.REFUNDED


def test_a_paid_parcel_comes_back_from_the_door(country: Flask) -> None:
    bought = _bought(country, PaymentMethod.VIETQR, SubOrderState.PACKED, SubOrderState.SHIPPED)
    path = f"/producer/orders/{bought.part_id}"
    assert "phí giao hàng chỉ được hoàn khi" in bought.producer.get(path).text
    answer = post_form(bought.producer, f"{path}/came-back", {"why": "at_fault", f"packs_{bought.line_id}": "0"})
    assert "Tiền hàng đang được hoàn" in bought.producer.get(answer.location).text
    assert "tiền hàng được hoàn cho bạn" in bought.page()


def test_a_parcel_comes_back_from_the_door(country: Flask) -> None:
    bought = _bought(country, PaymentMethod.CASH_ON_DELIVERY, SubOrderState.PACKED, SubOrderState.SHIPPED)
    path = f"/producer/orders/{bought.part_id}"
    assert "Không giao được kiện này" in bought.producer.get(path).text
    wrong = post_form(bought.producer, f"{path}/came-back", {"why": "refused_at_door", f"packs_{bought.line_id}": "9"})
    assert wrong.status_code == 422
    assert 'value="9"' in wrong.text
    typed = {"why": "refused_at_door", f"packs_{bought.line_id}": "1"}
    assert post_form(bought.neighbour, f"{path}/came-back", typed).status_code == 404
    assert post_form(bought.producer, f"{path}/came-back", typed).status_code == 303
    assert "Người mua không nhận hàng" in bought.page()
    assert "bạn không phải trả tiền" in bought.page()
    with country.app_context():
        assert db.session.get_one(SubOrder, bought.part_id).state is SubOrderState.CANCELLED
    assert post_form(bought.producer, f"{path}/came-back", typed).status_code == 409


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ({"line_id": "LINE", "quantity": "1"}, 60_000),
        ({"line_id": "spread", "amount": "14.000"}, 14_000),
        ({"line_id": "all"}, 140_000),
        ({"line_id": "0", "amount": "5k"}, 5_000),
    ],
)
def test_money_goes_back_by_line_packs_and_amount(
    app: Flask, delivered: Bought, typed: dict[str, str], amount: int
) -> None:
    path = f"/producer/orders/{delivered.part_id}/refund"
    key = hidden(delivered.producer.get(path).text, "idempotency_key")
    form = {name: value.replace("LINE", str(delivered.line_id)) for name, value in typed.items()}
    answer = post_form(delivered.producer, path, {"idempotency_key": key, "reason": "Thiếu hàng", **form})
    assert answer.status_code == 303, answer.text
    with app.app_context():
        assert [refund.amount for refund in db.session.scalars(select(Refund))] == [amount]


@pytest.mark.parametrize(
    "typed",
    [
        {"line_id": "LINE"},
        {"line_id": "LINE", "amount": "1000", "quantity": "1"},
        {"line_id": "LINE", "quantity": "3"},
        {"line_id": "0", "quantity": "1"},
        {"line_id": "spread", "amount": "140.001"},
        {"line_id": "everything"},
    ],
)
def test_what_cannot_be_given_back_is_refused_and_kept(app: Flask, delivered: Bought, typed: dict[str, str]) -> None:
    path = f"/producer/orders/{delivered.part_id}/refund"
    key = hidden(delivered.producer.get(path).text, "idempotency_key")
    form = {name: value.replace("LINE", str(delivered.line_id)) for name, value in typed.items()}
    answer = post_form(delivered.producer, path, {"idempotency_key": key, "reason": "Thiếu hàng", **form})
    assert answer.status_code == 422
    assert "Thiếu hàng" in answer.text
    with app.app_context():
        assert db.session.scalars(select(Refund)).all() == []
