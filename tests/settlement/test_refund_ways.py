"""A refund that a card did not take goes to the card again, or by transfer to an account that the buyer names."""

import secrets
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.checkout import flows, queries
from marketplace.checkout.services import GiveBack, giving_again
from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.core.roles import Role
from marketplace.ledger import audit_checks
from marketplace.ledger import queries as ledger
from marketplace.orders.models import PaymentMethod
from marketplace.payments import flows as payment_flows
from marketplace.payments import services as payments
from marketplace.payments.models import OutgoingTransfer, Refund, RefundState, WorkItem
from marketplace.payments.queries import waiting_card_refunds
from marketplace.payments.services import settling, telling
from marketplace.payments.settings import Payee
from marketplace.settlement.flows.differences import reconcile
from marketplace.settlement.models import Outcome
from tests.checkout.buying import order, payment_of
from tests.checkout.conftest import Stock, country, stock
from tests.payments.shop import open_shop
from tests.racing import Racers
from tests.signing_in import post_form, signed_in

__all__ = ["country", "stock"]

ROUNDS = 8
CONTROL_ROUNDS = 3
TO = Payee("999999", "2200000909", "NGUYEN THI LAN")
ACCOUNT = {"bin": TO.bin, "account": TO.account, "holder": "Nguyễn Thị Lan", "note": "Thẻ đã đóng"}


def _refused_by_card(stock: Stock, rounds: int = 1) -> list[int]:
    """Refunds of half an order each that the gateway would not carry out; the other half could pay for a second one."""
    half, other, ids = stock(price=60_000, quantity=rounds), stock("Mật ong", price=60_000, quantity=rounds), []
    for number in range(rounds):
        placed = order({half: 1, other: 1}, PaymentMethod.CARD)
        with transaction():
            payment = payment_of(placed)
            payment.gateway_id = f"pi_{number}"
            settling.settle(payment, occurred_at=clock.now())
        part = placed.sub_orders[0]
        give = GiveBack(quantities={part.lines[0].id: 1})
        flows.refund_parcel(part, give, reason="vỡ", key=f"hoan-lai-{number:08}", actor_id=None)
        with transaction():
            refund = db.session.scalars(select(Refund).order_by(Refund.id.desc())).first()
            assert refund is not None
            telling.refuse_refund(refund, code="expired_or_canceled_card", occurred_at=clock.now())
            ids.append(refund.id)
    return ids


def _again(refund_id: int, payee: Payee | None) -> bool:
    def write() -> None:
        with transaction():
            giving_again.request_again(db.session.get_one(Refund, refund_id), payee=payee, actor_id=None)

    try:
        retrying(write)
    except Conflict:
        return False
    return True


def card_or_transfer(refund_id: int, number: int) -> bool:
    """Half of them try the card again, half of them transfer."""
    return _again(refund_id, TO if number % 2 else None)


def each_way_by_itself(refund_id: int, number: int) -> bool:
    """The control: each way has a key of its own, and nobody looks at what is still owed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(giving_again, "_key_of", lambda _refund: secrets.token_hex(16))
        patch.setattr(giving_again, "_check_still_owed", lambda _lines: None)
        return card_or_transfer(refund_id, number)


def _found() -> set[str]:
    db.session.rollback()
    return {finding.check.name for finding in audit_checks.run()}


def test_an_operator_transfers_what_the_card_did_not_take(
    country: Flask, stock: Stock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with country.app_context(), open_shop(country, tmp_path_factory.mktemp("sandbox")) as shop:
        placed = order({stock(price=60_000): 2}, PaymentMethod.CARD, card="pm_card_refundFail")
        assert set(shop.deliver()) == {200}
        give = GiveBack(quantities={placed.sub_orders[0].lines[0].id: 1})
        flows.refund_parcel(placed.sub_orders[0], give, reason="vỡ", key="hoan-lai-00000001", actor_id=None)
        payment_flows.send_refund(db.session.scalars(select(Refund.id)).one())
        shop.sandbox.pass_time(7 * 86400)
        shop.deliver()
        item_id = db.session.scalars(select(WorkItem.id)).one()
        client = signed_in(country, Role.OPERATOR)
        assert f"/items/{item_id}/again-to" in client.get("/operator/money").text
        assert post_form(client, f"/operator/money/items/{item_id}/again-to", ACCOUNT).status_code == 303
        assert post_form(client, f"/operator/money/items/{item_id}/again", {"note": "nữa"}).status_code == 409
        db.session.rollback()
        transfer = db.session.scalars(select(OutgoingTransfer)).one()
        assert (transfer.payee_account, transfer.amount) == (TO.account, 60_000)
        payment_flows.send_transfer(transfer.public_id)
        shop.deliver()
        _old, new = db.session.scalars(select(Refund).order_by(Refund.id))
        assert new.state is RefundState.SUCCEEDED and new.gateway_id == transfer.bank_reference
        assert len(shop.sandbox.stripe("GET", "/refunds").json()["data"]) == 1
        assert (ledger.balance("gateway:card"), ledger.balance("bank:collecting")) == (placed.total, -60_000)
        assert reconcile().outcome is Outcome.CLEAN
        assert _found() == set()
        assert "refund_to_account" in {step.what for steps in queries.story_of(placed).values() for step in steps}


@pytest.mark.parametrize("first", [None, TO], ids=["card", "transfer"])
def test_whoever_comes_second_with_the_other_way_is_refused(context: Flask, stock: Stock, first: Payee | None) -> None:
    (refund_id,) = _refused_by_card(stock)
    assert [_again(refund_id, first), _again(refund_id, None if first else TO)] == [True, False]
    states = db.session.scalars(select(Refund.state).order_by(Refund.id)).all()
    assert states == [RefundState.FAILED, RefundState.PENDING]
    assert len(db.session.scalars(select(OutgoingTransfer)).all()) == (1 if first else 0)
    assert _found() == set()


@pytest.mark.parametrize("code", ["charge_disputed", "charge_already_refunded"])
def test_what_the_cards_bank_may_have_given_back_is_not_transferred(country: Flask, stock: Stock, code: str) -> None:
    with country.app_context():
        (refund_id,) = _refused_by_card(stock)
        with transaction():
            db.session.get_one(Refund, refund_id).last_error = code
        item_id = db.session.scalars(select(WorkItem.id)).one()
        client = signed_in(country, Role.OPERATOR)
        page = client.get("/operator/money").text
        assert f"/items/{item_id}/again-to" not in page and f"/items/{item_id}/again" in page
        answer = post_form(client, f"/operator/money/items/{item_id}/again-to", ACCOUNT)
        assert answer.status_code == 409 and "Hãy hỏi cổng thẻ trước" in answer.text
        assert db.session.scalars(select(OutgoingTransfer)).all() == []


def test_a_refund_that_the_bank_carries_is_never_sent_to_the_gateway(context: Flask, stock: Stock) -> None:
    (refund_id,) = _refused_by_card(stock)
    _again(refund_id, TO)
    again = db.session.scalars(select(Refund).order_by(Refund.id.desc())).first()
    assert again is not None and not payments.is_for_gateway(again) and not payments.is_by_hand(again)
    assert list(waiting_card_refunds(clock.now() + timedelta(days=1))) == []
    assert payment_flows.send_refund(again.id) is RefundState.PENDING


def test_a_refund_by_gateway_and_bank_is_found(context: Flask, stock: Stock) -> None:
    """The control of the last one: somebody sent it to the gateway all the same."""
    (refund_id,) = _refused_by_card(stock)
    _again(refund_id, TO)
    with transaction():
        again = db.session.scalars(select(Refund).where(Refund.transfer_id.is_not(None))).one()
        again.gateway_id = "re_1"
    assert "I28b" in _found()


@pytest.mark.race
def test_card_and_transfer_at_once_give_it_back_one_way(context: Flask, stock: Stock, racers: Racers) -> None:
    refunds = _refused_by_card(stock, ROUNDS)
    answers = racers.race(card_or_transfer, refunds)
    assert [sum(each) for each in answers] == [1] * ROUNDS
    assert _found() == set()


@pytest.mark.race
def test_without_the_one_key_it_goes_back_both_ways(context: Flask, stock: Stock, racers: Racers) -> None:
    refunds = _refused_by_card(stock, CONTROL_ROUNDS)
    answers = racers.race(each_way_by_itself, refunds)
    assert min(sum(each) for each in answers) > 1
    assert "I28b" in _found()
