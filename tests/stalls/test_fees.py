"""Market fees: once a month per stall, paid by transfer through the platform or in cash on a numbered receipt."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.ledger import audit_checks
from marketplace.ledger import queries as ledger
from marketplace.payments.models import PaymentState
from marketplace.stalls import queries, services
from marketplace.stalls.models import FeeState, MarketFee, Means
from tests.factories.accounts import UserFactory
from tests.factories.stalls import MarketFactory, StallFactory, sell
from tests.payments.conftest import receive
from tests.signing_in import post_form, signed_in

MONTH = date(2026, 11, 1)


@pytest.fixture
def market_id(app: Flask) -> int:
    """A market with three stalls, the third one closed."""
    with app.app_context(), transaction():
        market = MarketFactory()
        for number in (1, 2, 3):
            StallFactory(market=market, number=str(number), is_active=number < 3)
        return int(market.id)


def _set(market_id: int, amount: int = 150_000) -> list[int]:
    with transaction():
        actor_id = UserFactory().id
        market = queries.list_managed_markets(frozenset({market_id}))[0]
        stalls = queries.list_stalls(market, only_open=True)
        made = services.set_fees(
            market, stalls, period=MONTH, amount=Dong(amount), due_on=date(2026, 11, 30), actor_id=actor_id
        )
        return [fee.id for fee in made]


def _fee(fee_id: int) -> MarketFee:
    db.session.expire_all()
    return db.session.get_one(MarketFee, fee_id)


def _books() -> dict[str, int]:
    return {row.code: row.balance for row in ledger.trial_balance() if row.balance}


def test_each_open_stall_owes_once_for_a_month(context: Flask, market_id: int) -> None:
    first, second = _set(market_id)
    assert _set(market_id, 999_000) == []
    assert {(_fee(fee).amount, _fee(fee).state) for fee in (first, second)} == {(150_000, FeeState.DUE)}
    assert _books() == {}


def test_a_transfer_with_the_code_pays_the_fee_into_the_boards_account(context: Flask, market_id: int) -> None:
    fee_id, other = _set(market_id)
    payment = _fee(fee_id).payment
    assert str(payment.transfer_code).startswith("PC")
    receive(payment, 100_000, bank_reference="FT1")
    assert _fee(fee_id).state is FeeState.DUE
    receive(payment, 60_000, bank_reference="FT2")
    assert (_fee(fee_id).state, _fee(fee_id).means) == (FeeState.PAID, Means.QR)
    assert _fee(other).state is FeeState.DUE
    assert _books() == {
        "bank:collecting": 160_000,
        f"market:{market_id}:payable": -150_000,
        "unapplied": -10_000,
    }
    assert audit_checks.run() == []


def test_cash_is_recorded_with_its_receipt_and_its_code_is_given_up(context: Flask, market_id: int) -> None:
    fee_id, other = _set(market_id)
    with transaction():
        actor_id = UserFactory().id
        services.take_fee_in_cash(db.session.get_one(MarketFee, fee_id), receipt_number="BL-07", actor_id=actor_id)
    assert (_fee(fee_id).state, _fee(fee_id).means) == (FeeState.PAID, Means.CASH)
    assert _fee(fee_id).payment.state is PaymentState.CANCELLED
    assert _books() == {f"market:{market_id}:cash": 150_000, f"market:{market_id}:fees": -150_000}
    with pytest.raises(Conflict, match="fee_not_due"), transaction():
        services.take_fee_in_cash(db.session.get_one(MarketFee, fee_id), receipt_number="BL-08", actor_id=actor_id)
    with pytest.raises(Invalid, match="receipt_number_taken"), transaction():
        services.take_fee_in_cash(db.session.get_one(MarketFee, other), receipt_number="BL-07", actor_id=actor_id)
    receive(_fee(fee_id).payment)  # the trader transfers all the same: it is held, never a second payment
    assert _books()["unapplied"] == -150_000
    assert audit_checks.run() == []


def test_a_changed_amount_gets_a_new_code_and_the_old_one_pays_nothing(context: Flask, market_id: int) -> None:
    fee_id, _other = _set(market_id)
    old = _fee(fee_id).payment
    with transaction():
        actor_id = UserFactory().id
        fee = db.session.get_one(MarketFee, fee_id)
        services.change_fee(fee, amount=Dong(90_000), due_on=date(2026, 12, 5), actor_id=actor_id)
    assert _fee(fee_id).payment.amount == 90_000
    receive(old)
    assert _fee(fee_id).state is FeeState.DUE
    receive(_fee(fee_id).payment, bank_reference="FT2")
    assert _fee(fee_id).state is FeeState.PAID


def test_a_fee_that_is_partly_transferred_waits_for_the_rest(context: Flask, market_id: int) -> None:
    fee_id, _other = _set(market_id)
    receive(_fee(fee_id).payment, 50_000)
    with transaction():
        actor_id = UserFactory().id
    for act in (
        lambda fee: services.change_fee(fee, amount=Dong(1_000), due_on=MONTH, actor_id=actor_id),
        lambda fee: services.take_fee_in_cash(fee, receipt_number="1", actor_id=actor_id),
        lambda fee: services.waive_fee(fee, reason="nghỉ bán", actor_id=actor_id),
    ):
        with pytest.raises(Conflict, match="fee_partly_paid"), transaction():
            act(db.session.get_one(MarketFee, fee_id))
    assert _fee(fee_id).state is FeeState.DUE


# -- the pages -----------------------------------------------------------------------------------------------------


@pytest.fixture
def slug(app: Flask, market_id: int) -> str:
    with app.app_context():
        return queries.list_managed_markets(frozenset({market_id}))[0].slug


@pytest.fixture
def manager(app: Flask, market_id: int) -> FlaskClient:
    return signed_in(app, Role.MARKET_MANAGER, subject_id=market_id)


def test_the_management_sets_takes_and_waives_and_sees_no_turnover(
    app: Flask, manager: FlaskClient, slug: str, market_id: int
) -> None:
    address = f"/markets/{slug}/fees?month=2026-11"
    assert post_form(manager, address, {"amount": "abc", "due_on": "2026-11-30"}).status_code == 422
    early = post_form(manager, address, {"amount": "150.000", "due_on": "2026-10-31"})
    assert early.status_code == 422 and 'value="150.000"' in early.text
    assert post_form(manager, address, {"amount": "150.000", "due_on": "2026-11-30"}).status_code == 303
    with app.app_context():
        first, second = db.session.scalars(select(MarketFee.id).order_by(MarketFee.id))
        stall_id = db.session.get_one(MarketFee, first).stall_id
        sell(stall_id, 7_777_000)
    taken = post_form(manager, f"/markets/{slug}/fees/{first}/cash", {"receipt_number": "BL-07"})
    assert taken.status_code == 303
    assert post_form(manager, f"/markets/{slug}/fees/{first}/waive", {"reason": "x"}).status_code == 409
    assert post_form(manager, f"/markets/{slug}/fees/{second}/waive", {"reason": ""}).status_code == 422
    assert post_form(manager, f"/markets/{slug}/fees/{second}/waive", {"reason": "Nghỉ bán"}).status_code == 303
    page = manager.get(address).text
    assert "biên lai BL-07" in page and "Nghỉ bán" in page and "7.777.000" not in page


def test_the_trader_sees_the_fee_with_its_qr(app: Flask, market_id: int) -> None:
    with app.app_context():
        fee_id = _set(market_id)[0]
        stall_id, code = _fee(fee_id).stall_id, _fee(fee_id).payment.transfer_code
    vendor = signed_in(app, Role.VENDOR, subject_id=stall_id)
    page = vendor.get(f"/till/{stall_id}/fees").text
    assert f"<strong>{code}</strong>" in page and "150.000\u00a0₫" in page and "Mô phỏng" in page


def test_another_markets_management_finds_no_fee(app: Flask, slug: str, market_id: int) -> None:
    with app.app_context():
        fee_id = _set(market_id)[0]
    other = signed_in(app, Role.MARKET_MANAGER)
    assert other.get(f"/markets/{slug}/fees").status_code == 404
    assert post_form(other, f"/markets/{slug}/fees/{fee_id}/cash", {"receipt_number": "1"}).status_code == 404
    with app.app_context():
        assert _fee(fee_id).state is FeeState.DUE


def test_fees_past_their_day_are_counted(app: Flask, context: Flask, market_id: int) -> None:
    _set(market_id)
    with clock.frozen(clock.local_day(date(2026, 11, 30))[0]):
        assert queries.count_overdue_fees(frozenset({market_id})) == 0
    with clock.frozen(clock.local_day(date(2026, 12, 1))[0]):
        assert queries.count_overdue_fees(frozenset({market_id})) == 2
