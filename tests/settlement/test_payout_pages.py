"""Pages of payouts: operators ask, approve and refuse; a producer sees what it gets and why something waits."""

import re

from flask import Flask
from sqlalchemy import select

from marketplace.audit.models import AuditEvent
from marketplace.core.db import db
from marketplace.core.roles import Role
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.models import PayoutBatch
from tests.checkout.conftest import Stock, country, stock
from tests.settlement.paying_out import bank_says, delivered, payout_of, person, requested, with_account
from tests.signing_in import post_form, signed_in

__all__ = ["country", "stock"]


def _ready(app: Flask, stock: Stock) -> int:
    pack_id = stock()
    with app.app_context():
        part = delivered(pack_id)
        with_account(part.producer_id)
        return part.producer_id


def _batch_id(app: Flask) -> int:
    with app.app_context():
        return db.session.scalars(select(PayoutBatch.id).order_by(PayoutBatch.id.desc())).first() or 0


def test_one_operator_asks_and_another_one_approves(app: Flask, stock: Stock) -> None:
    producer_id = _ready(app, stock)
    asker, approver = signed_in(app, Role.OPERATOR), signed_in(app, Role.OPERATOR)
    page = asker.get("/operator/money/payouts").text
    assert "80.000" in page and "•••• 0007" in page and "2200000007" not in page
    assert 'href="/operator/money/payouts"' in asker.get("/operator/money").text
    answer = post_form(asker, "/operator/money/payouts", {"producers": [str(producer_id)]})
    door = f"/operator/money/payouts/{_batch_id(app)}"
    assert (answer.status_code, answer.location) == (303, door)
    assert f'action="{door}/approve"' not in asker.get(door).text
    assert post_form(asker, f"{door}/approve").status_code == 403
    assert f'action="{door}/approve"' in approver.get(door).text
    assert post_form(approver, f"{door}/approve").status_code == 303
    assert post_form(approver, f"{door}/approve").status_code == 409
    assert "Ngân hàng đang chuyển" in approver.get(door).text


def test_nobody_ticked_is_said_beside_the_list(app: Flask, stock: Stock) -> None:
    _ready(app, stock)
    answer = post_form(signed_in(app, Role.OPERATOR), "/operator/money/payouts", {"producers": []})
    assert answer.status_code == 422 and 'id="producers-problem"' in answer.text
    assert "checked" not in answer.text


def test_nonsense_among_the_chosen_is_refused_and_the_ticks_stay(app: Flask, stock: Stock) -> None:
    producer_id = _ready(app, stock)
    sent = {"producers": [str(producer_id), "x", "99999999999999999999"]}
    answer = post_form(signed_in(app, Role.OPERATOR), "/operator/money/payouts", sent)
    assert answer.status_code == 422 and "checked" in answer.text
    unknown = post_form(signed_in(app, Role.OPERATOR), "/operator/money/payouts", {"producers": ["987654"]})
    assert unknown.status_code == 422


def test_a_refusal_needs_a_reason_and_shows_it(app: Flask, stock: Stock) -> None:
    producer_id = _ready(app, stock)
    post_form(signed_in(app, Role.OPERATOR), "/operator/money/payouts", {"producers": [str(producer_id)]})
    door = f"/operator/money/payouts/{_batch_id(app)}"
    other = signed_in(app, Role.OPERATOR)
    short = post_form(other, f"{door}/refuse", {"reason": "x"})
    assert short.status_code == 422 and ">x</textarea>" in short.text.replace("\r\n", "")
    assert post_form(other, f"{door}/refuse", {"reason": "Chờ đối soát"}).status_code == 303
    assert "Chờ đối soát" in other.get(door).text
    assert other.get("/operator/money/payouts/987654").status_code == 404


def test_a_producer_sees_what_it_will_get_and_why_something_waits(app: Flask, stock: Stock) -> None:
    pack_id = stock()
    with app.app_context():
        part = delivered(pack_id)
        producer_id = part.producer_id
        delivered(pack_id, days_ago=2)
    member = signed_in(app, Role.PRODUCER, subject_id=producer_id)
    assert "160.000" in member.get("/my/producers/payouts").text
    page = member.get(f"/my/producers/{producer_id}/payouts").text
    assert "160.000" in page and "80.000" in page
    assert "Người mua còn có thể trả hàng" in page
    assert "Chưa khai tài khoản nhận tiền" in page


def test_a_neighbours_payouts_are_not_found(app: Flask, stock: Stock) -> None:
    producer_id = _ready(app, stock)
    assert signed_in(app, Role.PRODUCER).get(f"/my/producers/{producer_id}/payouts").status_code == 404


def _failed(app: Flask, stock: Stock) -> tuple[int, int]:
    """A producer whose payout the bank refused because the account is closed; ids of producer and batch."""
    producer_id = _ready(app, stock)
    with app.app_context():
        batch = requested(producer_id)
        flows.approve(batch.id, actor_id=person())
        bank_says(payout_of(batch), "failed", failure="account_closed")
        return producer_id, batch.id


def test_a_batch_says_in_words_why_the_bank_did_not_pay_and_what_to_do(app: Flask, stock: Stock) -> None:
    _producer_id, batch_id = _failed(app, stock)
    page = signed_in(app, Role.OPERATOR).get(f"/operator/money/payouts/{batch_id}").text
    assert "account_closed" not in page and "tài khoản đã đóng" in page and "tài khoản còn dùng được" in page


def test_an_account_that_the_bank_called_closed_is_not_offered_again(app: Flask, stock: Stock) -> None:
    producer_id, batch_id = _failed(app, stock)
    client = signed_in(app, Role.OPERATOR)
    page = client.get("/operator/money/payouts").text
    assert f'id="producer-{producer_id}"' not in page and "/operator/money/payouts/in-spite" in page
    refused = post_form(client, "/operator/money/payouts", {"producers": [str(producer_id)]})
    assert refused.status_code == 422 and "Ngân hàng báo có tài khoản đã đóng" in refused.text
    assert _batch_id(app) == batch_id


def test_a_new_account_is_offered_again(app: Flask, stock: Stock) -> None:
    producer_id, _batch = _failed(app, stock)
    with app.app_context():
        with_account(producer_id, number="2200000008")
    page = signed_in(app, Role.OPERATOR).get("/operator/money/payouts").text
    assert f'id="producer-{producer_id}"' in page and "in-spite" not in page


def test_an_operator_may_ask_in_spite_of_it_and_says_why(app: Flask, stock: Stock) -> None:
    producer_id, _batch = _failed(app, stock)
    client, address = signed_in(app, Role.OPERATOR), "/operator/money/payouts/in-spite"
    refused = post_form(client, address, {"producers": [str(producer_id)], "reason": "x"})
    assert refused.status_code == 422 and 'value="x"' in refused.text
    asked = {"producers": [str(producer_id)], "reason": "Đã gọi, ngân hàng mở lại"}
    assert post_form(client, address, asked).status_code == 303
    with app.app_context():
        written = db.session.scalars(
            select(AuditEvent).where(AuditEvent.action.like("payout_account.confirmed%"))
        ).one()
        assert "ngân hàng mở lại" in written.detail
    page = signed_in(app, Role.OPERATOR).get(f"/operator/money/payouts/{_batch_id(app)}").text
    assert "Đã gọi, ngân hàng mở lại" in page and f'action="/operator/money/payouts/{_batch_id(app)}/approve"' in page


def test_a_batch_asked_for_as_always_tells_of_no_closed_account(app: Flask, stock: Stock) -> None:
    _producer_id, batch_id = _failed(app, stock)
    assert "alert-warning" not in signed_in(app, Role.OPERATOR).get(f"/operator/money/payouts/{batch_id}").text


def test_a_payout_that_came_back_says_what_to_do(app: Flask, stock: Stock) -> None:
    producer_id = _ready(app, stock)
    with app.app_context():
        batch = requested(producer_id)
        flows.approve(batch.id, actor_id=person())
        bank_says(payout_of(batch), "paid")
        bank_says(payout_of(batch), "returned")
        batch_id = batch.id
    page = signed_in(app, Role.OPERATOR).get(f"/operator/money/payouts/{batch_id}").text
    assert "Ngân hàng người nhận đã trả lại tiền" in page and "tài khoản còn dùng được" in page


def test_each_order_of_a_payout_leads_to_its_money(app: Flask, stock: Stock) -> None:
    _producer_id, batch_id = _failed(app, stock)
    operator = signed_in(app, Role.OPERATOR)
    (number,) = set(
        re.findall(r'href="/operator/money/orders/([^"]+)"', operator.get(f"/operator/money/payouts/{batch_id}").text)
    )
    assert operator.get(f"/operator/money/orders/{number}").status_code == 200


def test_the_list_of_batches_says_what_was_not_paid_out(app: Flask, stock: Stock) -> None:
    producer_id = _ready(app, stock)
    operator = signed_in(app, Role.OPERATOR)
    with app.app_context():
        batch = requested(producer_id)
        flows.approve(batch.id, actor_id=person())
        bank_says(payout_of(batch), "paid")
    assert "Chưa chi trả được:" not in operator.get("/operator/money/payouts").text
    with app.app_context():
        batch = db.session.scalars(select(PayoutBatch)).one()
        bank_says(payout_of(batch), "returned")
    assert "Chưa chi trả được: 1" in operator.get("/operator/money/payouts").text
