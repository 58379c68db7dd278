"""A refund that did not arrive is given once more by one press: never two refunds of the same money."""

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.audit.models import AuditEvent
from marketplace.checkout import flows, queries
from marketplace.checkout.models import RefundLine
from marketplace.checkout.services import GiveBack, giving_again
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.roles import Role
from marketplace.ledger import audit_checks
from marketplace.ledger import queries as ledger
from marketplace.orders.models import SubOrder
from marketplace.orders.queries import get_order
from marketplace.payments import flows as payment_flows
from marketplace.payments import services as payments
from marketplace.payments.models import (
    OutgoingTransfer,
    PaymentState,
    Refund,
    RefundState,
    TransferState,
    WorkItem,
    WorkState,
)
from tests.checkout.buying import order, payment_of
from tests.checkout.conftest import Stock, country, stock
from tests.payments.conftest import receive
from tests.payments.over_http.steps import pay_by_card, promise_back
from tests.payments.shop import Shop
from tests.signing_in import post_form, signed_in, user_id_of

__all__ = ["country", "stock"]

PAYEE = {"bin": "999999", "account": "2200000909", "holder": "Nguyễn Thị Lan"}
NOTE = {"note": "Khách báo tài khoản khác"}


def _failed(stock: Stock) -> tuple[SubOrder, int]:
    """A parcel beside another one; its pack was to go back by transfer, and the bank said: the account is closed."""
    placed = order({stock(price=60_000): 1, stock("Trà sen", price=90_000): 1})
    receive(payment_of(placed), payer_bin="999999", payer_account="2200000808")
    part = next(part for part in get_order(placed.id).sub_orders if part.goods_total == 60_000)
    _give_back(part, "hoan-lai-1234567")
    with transaction():
        sent = db.session.scalars(select(OutgoingTransfer)).one()
        payments.fail_transfer(sent, code="account_closed")
    return part, db.session.scalars(select(WorkItem.id)).one()


def _give_back(part: SubOrder, key: str) -> None:
    give = GiveBack(quantities={part.lines[0].id: 1})
    flows.refund_parcel(part, give, reason="vỡ", key=key, actor_id=None)
    db.session.rollback()


def _refunds() -> list[Refund]:
    db.session.rollback()
    return list(db.session.scalars(select(Refund).order_by(Refund.id)))


def test_the_page_says_why_it_failed_in_words_and_offers_another_try(country: Flask, stock: Stock) -> None:
    with country.app_context():
        _part, item_id = _failed(stock)
        page = signed_in(country, Role.OPERATOR).get("/operator/money").text
        assert "tài khoản đã đóng" in page and "account_closed" not in page
        assert f"/operator/money/items/{item_id}/again-to" in page
        assert f"#item-{item_id}" in signed_in(country, Role.OPERATOR).get("/desk").text


def test_a_refund_is_given_once_more_to_another_account(country: Flask, stock: Stock) -> None:
    with country.app_context():
        _part, item_id = _failed(stock)
        client = signed_in(country, Role.OPERATOR)
        answer = post_form(client, f"/operator/money/items/{item_id}/again-to", {**PAYEE, **NOTE})
        assert answer.status_code == 303, answer.text
        old, new = _refunds()
        assert (old.state, new.state, new.amount, new.reason) == (RefundState.FAILED, RefundState.PENDING, 60_000, "vỡ")
        transfers = db.session.scalars(select(OutgoingTransfer).order_by(OutgoingTransfer.id)).all()
        assert [row.payee_account for row in transfers] == ["2200000808", "2200000909"]
        lines = db.session.scalars(select(RefundLine).order_by(RefundLine.id)).all()
        assert [(line.refund_id, line.quantity, line.amount) for line in lines] == [
            (old.id, 1, 60_000),
            (new.id, 1, 60_000),
        ]
        item = db.session.get_one(WorkItem, item_id)
        assert (item.state, item.decision, item.note) == (WorkState.DECIDED, "tried_again", NOTE["note"])
        assert item.decided_by_id == user_id_of(client)
        assert "refund.asked_again" in db.session.scalars(select(AuditEvent.action)).all()
        assert new.payment.refunded == 60_000
        assert audit_checks.run() == []


def test_a_refund_is_given_once_more_at_most_once(country: Flask, stock: Stock) -> None:
    with country.app_context():
        _part, item_id = _failed(stock)
        client = signed_in(country, Role.OPERATOR)
        address = f"/operator/money/items/{item_id}/again"
        assert [post_form(client, address, NOTE).status_code for _ in range(2)] == [303, 409]
        assert [refund.state for refund in _refunds()] == [RefundState.FAILED, RefundState.PENDING]


def test_money_that_another_refund_gave_back_since_is_not_given_again(country: Flask, stock: Stock) -> None:
    with country.app_context():
        part, item_id = _failed(stock)
        _give_back(part, "hoan-khac-1234567")
        answer = post_form(signed_in(country, Role.OPERATOR), f"/operator/money/items/{item_id}/again", NOTE)
        assert answer.status_code == 409 and "khoản hoàn khác" in answer.text
        assert [refund.amount for refund in _refunds()] == [60_000, 60_000]
        assert db.session.get_one(WorkItem, item_id).state is WorkState.WAITING


def test_without_the_guard_the_same_packs_would_go_back_twice(
    country: Flask, stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the other parcel paid would pay for a pack that was given back already."""
    monkeypatch.setattr(giving_again, "_check_still_owed", lambda _lines: None)
    with country.app_context():
        part, item_id = _failed(stock)
        _give_back(part, "hoan-khac-1234567")
        assert (
            post_form(signed_in(country, Role.OPERATOR), f"/operator/money/items/{item_id}/again", NOTE).status_code
            == 303
        )
        assert [refund.state for refund in _refunds()] == [RefundState.FAILED, RefundState.PENDING, RefundState.PENDING]
        assert queries.refund_choices(db.session.get_one(SubOrder, part.id))[0].left == -60_000
        assert "I28b" in {finding.check.name for finding in audit_checks.run()}


def test_a_refund_that_is_under_way_is_not_given_again(country: Flask, stock: Stock) -> None:
    with country.app_context():
        _failed(stock)
        with transaction():
            refund = db.session.scalars(select(Refund)).one()
            refund.state = RefundState.PENDING
            with pytest.raises(Conflict, match="refund_not_failed"):
                giving_again.request_again(refund, payee=None, actor_id=1)


def test_somebody_elses_item_and_a_missing_reason_are_refused(country: Flask, stock: Stock) -> None:
    with country.app_context():
        _part, item_id = _failed(stock)
        first, second = signed_in(country, Role.OPERATOR), signed_in(country, Role.OPERATOR)
        assert post_form(first, f"/operator/money/items/{item_id}/take").status_code == 303
        address = f"/operator/money/items/{item_id}/again"
        assert post_form(second, address, NOTE).status_code == 409
        assert post_form(first, address, {"note": ""}).status_code == 422
        assert post_form(first, "/operator/money/items/999999/again", NOTE).status_code == 404
        assert len(_refunds()) == 1


def test_a_card_refund_that_came_back_is_sent_to_the_gateway_as_a_second_one(shop: Shop, app: Flask) -> None:
    payment = pay_by_card("pm_card_refundFail")
    refund = promise_back(payment, reason="order_cancelled")
    payment_flows.send_refund(refund.id)
    shop.sandbox.pass_time(7 * 86400)
    shop.deliver()
    item_id = db.session.scalars(select(WorkItem.id)).one()
    client = signed_in(app, Role.OPERATOR)
    page = client.get("/operator/money").text
    assert "order_cancelled" not in page and "Đơn đã hủy" in page
    assert post_form(client, f"/operator/money/items/{item_id}/again", NOTE).status_code == 303
    _old, new = _refunds()
    payment_flows.send_refund(new.id)
    db.session.refresh(new)
    assert new.state is RefundState.SUCCEEDED and new.payment.refunded == 50_000
    states = sorted(found["status"] for found in shop.sandbox.stripe("GET", "/refunds").json()["data"])
    assert states == ["failed", "succeeded"]
    assert ledger.balance("gateway:card") == 70_000


def test_a_refund_that_the_gateway_refuses_waits_for_a_person(shop: Shop, app: Flask) -> None:
    payment = pay_by_card()
    refund = promise_back(payment)
    shop.sandbox.stripe("POST", "/refunds", {"payment_intent": str(payment.gateway_id)})
    payment_flows.send_refund(refund.id)
    db.session.rollback()
    item = db.session.scalars(select(WorkItem)).one()
    assert (item.reason, item.refund_id) == ("card_refund_refused", refund.id)
    page = signed_in(app, Role.OPERATOR).get("/operator/money").text
    assert "Cổng thẻ từ chối" in page and str(refund.last_error) not in page


def test_money_of_a_payment_that_was_undone_is_not_offered_again(country: Flask, stock: Stock) -> None:
    with country.app_context():
        part, item_id = _failed(stock)
        with transaction():
            payment = payment_of(get_order(part.order_id))
            payment.state, payment.settled_at, payment.held_account = PaymentState.FAILED, None, None
        client = signed_in(country, Role.OPERATOR)
        assert f"/items/{item_id}/again" not in client.get("/operator/money").text
        assert post_form(client, f"/operator/money/items/{item_id}/again", NOTE).status_code == 409
        assert db.session.scalars(select(OutgoingTransfer)).one().state is TransferState.FAILED
