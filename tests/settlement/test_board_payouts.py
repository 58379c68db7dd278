"""Market fees that stalls paid by transfer reach the market's board: same batch, two people, 48 hours, same books."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from structlog import get_logger
from structlog.testing import capture_logs

from marketplace.accounts import services as accounts
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.roles import Role
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.outbox import flows as outbox
from marketplace.outbox.models import OutboxMessage
from marketplace.payments import purposes
from marketplace.payments.models import PaymentState
from marketplace.producers.account_steps import BankAccount
from marketplace.settlement import jobs
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.models import BoardAccount, BoardPayout, BoardPayoutLine, PayoutBatch, PayoutState
from marketplace.settlement.queries import boards as queries
from marketplace.settlement.queries.obstacles import Obstacle
from marketplace.settlement.services import boards
from marketplace.settlement.services import payouts as services
from marketplace.stalls.models import FeeState, Market, MarketFee, Means
from tests.checkout.conftest import Stock, country, stock
from tests.factories.stalls import MarketFactory
from tests.settlement.paying_boards import (
    FEE,
    NUMBER,
    account,
    asked,
    books,
    due,
    fees_by_transfer,
    market_id,
    payout_of,
    sound,
    take_back,
)
from tests.settlement.paying_out import bank_says, delivered, person, with_account
from tests.signing_in import post_form, signed_in

__all__ = ["country", "market_id", "stock"]


def test_the_board_is_paid_what_stalls_paid_by_transfer(market_id: int) -> None:
    account(market_id)
    assert books(market_id) == (2 * FEE, 0, 2 * FEE)
    batch_id = asked(market_id)
    payout = payout_of(batch_id)
    assert (payout.amount, len(payout.lines), due(market_id)) == (2 * FEE, 2, 0)
    flows.approve(batch_id, actor_id=person())
    assert payout_of(batch_id).state is PayoutState.SENT and books(market_id) == (0, 2 * FEE, 2 * FEE)
    bank_says(payout_of(batch_id), "succeeded")
    assert payout_of(batch_id).state is PayoutState.PAID and books(market_id) == (0, 0, 0)
    with pytest.raises(Conflict, match="payout_nothing_due"):
        asked(market_id)
    assert sound()


def test_one_batch_pays_producers_and_boards(stock: Stock, market_id: int) -> None:
    part = delivered(stock())
    with_account(part.producer_id)
    account(market_id)
    batch_id = asked(market_id, part.producer_id)
    flows.approve(batch_id, actor_id=person())
    batch = db.session.get_one(PayoutBatch, batch_id)
    for payout in list(batch.all_payouts):
        bank_says(payout, "succeeded")
    db.session.expire_all()
    states = [payout.state for payout in db.session.get_one(PayoutBatch, batch_id).all_payouts]
    assert states == [PayoutState.PAID] * 2 and sound()
    assert balance(f"producer:{part.producer_id}:payable") == 0 and books(market_id)[:2] == (0, 0)


@pytest.mark.parametrize("outcome", ["failed", "returned"])
def test_what_the_bank_does_not_pay_is_owed_again(market_id: int, outcome: str) -> None:
    account(market_id)
    batch_id = asked(market_id)
    flows.approve(batch_id, actor_id=person())
    bank_says(payout_of(batch_id), outcome)
    assert payout_of(batch_id).state == outcome and books(market_id) == (2 * FEE, 0, 2 * FEE)
    assert due(market_id) == 2 * FEE and sound()
    again = asked(market_id)
    flows.approve(again, actor_id=person())
    assert payout_of(again).state is PayoutState.SENT and sound()


def test_who_asked_cannot_approve_and_a_refused_batch_frees_its_fees(market_id: int) -> None:
    account(market_id)
    batch_id = asked(market_id)
    asker = db.session.get_one(PayoutBatch, batch_id).requested_by_id
    db.session.rollback()
    with pytest.raises(Forbidden, match="payout_own_batch"):
        flows.approve(batch_id, actor_id=asker)
    other = person()
    with transaction():
        services.refuse_batch(batch_id, actor_id=other, reason="Chưa đối chiếu")
    assert payout_of(batch_id).state is PayoutState.REFUSED and due(market_id) == 2 * FEE and sound()


@pytest.mark.parametrize("days_ago", [0, 1])
def test_an_account_changed_less_than_48_hours_ago_is_not_paid(market_id: int, days_ago: int) -> None:
    account(market_id, days_ago=days_ago)
    (candidate,) = queries.list_board_candidates(clock.now())
    assert (candidate.total, candidate.obstacle) == (2 * FEE, Obstacle.ACCOUNT_RESTING)
    with pytest.raises(Invalid, match="payout_board_not_ready"):
        asked(market_id)


def test_an_account_changed_after_the_request_holds_the_payout_back(market_id: int) -> None:
    account(market_id)
    batch_id = asked(market_id)
    account(market_id, number="2200000404", days_ago=1)
    flows.approve(batch_id, actor_id=person())
    payout = payout_of(batch_id)
    assert (payout.state, payout.held_reason) == (PayoutState.HELD, services.ACCOUNT_CHANGED)
    assert books(market_id) == (2 * FEE, 0, 2 * FEE) and due(market_id) == 2 * FEE and sound()


def test_a_fee_that_the_bank_took_back_holds_the_payout_back(market_id: int) -> None:
    account(market_id)
    batch_id = asked(market_id)
    first, second = fees_by_transfer(market_id)
    take_back(first)
    fee = db.session.get_one(MarketFee, first)
    assert (fee.state, fee.means, fee.payment.state) == (FeeState.DUE, None, PaymentState.PENDING)
    assert books(market_id) == (FEE, 0, FEE) and sound()
    flows.approve(batch_id, actor_id=person())
    payout = payout_of(batch_id)
    assert (payout.state, payout.held_reason) == (PayoutState.HELD, services.FEE_TAKEN_BACK)
    assert books(market_id) == (FEE, 0, FEE) and due(market_id) == FEE and sound()
    again = asked(market_id)
    assert [line.fee_id for line in payout_of(again).lines] == [second]


def test_a_fee_in_cash_is_not_unpaid_by_its_given_up_payment(market_id: int) -> None:
    cash = db.session.scalars(select(MarketFee).where(MarketFee.means == Means.CASH)).one()
    assert not purposes.handler_of(cash.payment).may_unpay(cash.payment)


def test_without_the_service_the_database_pays_no_resting_account_and_no_fee_twice(market_id: int) -> None:
    account(market_id)
    payout = payout_of(asked(market_id))
    line = payout.lines[0]
    values = {"payout_id": payout.id, "fee_id": line.fee_id, "amount": line.amount}
    with pytest.raises(IntegrityError), transaction():
        db.session.add(BoardPayoutLine(**values))
    with pytest.raises(IntegrityError), transaction():
        db.session.get_one(BoardPayout, payout.id).approved_at = payout.account_rests_until - timedelta(seconds=1)
    with pytest.raises(DBAPIError, match="entered once"), transaction():
        db.session.execute(text("UPDATE board_account SET account_number = '6666666666'"))


def test_neither_who_typed_an_account_nor_a_manager_verifies_it(market_id: int) -> None:
    typist, manager = person(), person()
    with transaction():
        accounts.grant_role(manager, Role.MARKET_MANAGER, subject_id=market_id, actor_id=None)
        market = db.session.get_one(Market, market_id)
        bank = BankAccount("999999", NUMBER, "Ban quản lý chợ")
        made = boards.change_board_account(market, bank, actor_id=typist, our_bin="999999").id
    for actor in (typist, manager):
        with pytest.raises(Forbidden, match="payout_account_own"), transaction():
            boards.verify_board_account(made, actor_id=actor, number=NUMBER)
    checker = person()
    with pytest.raises(Invalid, match="payout_account_differs"), transaction():
        boards.verify_board_account(made, actor_id=checker, number="2200000304")
    with pytest.raises(Invalid, match="payout_bin_not_simulated"), transaction():
        real = BankAccount("970436", NUMBER, "Ban quản lý chợ")
        boards.change_board_account(db.session.get_one(Market, market_id), real, actor_id=typist, our_bin="999999")


def test_every_change_and_decision_is_told_to_all_managers(market_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "log", get_logger())  # one that no earlier test used: a used one keeps where it writes
    managers = sorted([person(), person()])
    with transaction():
        for manager in managers:
            accounts.grant_role(manager, Role.MARKET_MANAGER, subject_id=market_id, actor_id=None)
    first, checker = account(market_id).id, person()
    with transaction():
        bank = BankAccount("999999", "2200000404", "Ban quản lý chợ")
        market = db.session.get_one(Market, market_id)
        second = boards.change_board_account(market, bank, actor_id=managers[0], our_bin="999999").id
    with transaction():
        boards.refuse_board_account(second, actor_id=checker, reason="Không gọi được")
    with capture_logs() as told:
        while outbox.deliver_next():
            pass
    topics = ["board_account.changed", "board_account.verified", "board_account.changed", "board_account.refused"]
    heard = [entry for entry in told if entry["event"] == "board_message"]
    assert [entry["topic"] for entry in heard] == topics
    assert all(sorted(entry["people"]) == managers and entry["market"] == market_id for entry in heard)
    keys = set(db.session.scalars(select(OutboxMessage.key).where(OutboxMessage.topic.in_(topics))))
    ids = (first, first, second, second)
    assert keys == {f"{topic}:{account_id}" for topic, account_id in zip(topics, ids, strict=True)}


# -- pages -----------------------------------------------------------------------------------------------------------


def test_a_manager_names_the_account_and_operators_pay_it(app: Flask, market_id: int) -> None:
    slug = db.session.get_one(Market, market_id).slug
    db.session.rollback()
    manager = signed_in(app, Role.MARKET_MANAGER, subject_id=market_id)
    door = f"/markets/{slug}/payout-account"
    assert f'href="{door}"' in manager.get(f"/markets/{slug}/manage").text
    assert "300.000" in manager.get(door).text
    bad = {"bank_bin": "970436", "account_number": NUMBER, "holder": "Ban quản lý"}
    refused = post_form(manager, door, bad)
    assert refused.status_code == 422 and 'value="970436"' in refused.text and NUMBER in refused.text
    assert post_form(manager, door, {**bad, "bank_bin": "999999"}).status_code == 303
    assert "•••• 0303" in manager.get(door).text
    asker, approver = signed_in(app, Role.OPERATOR), signed_in(app, Role.OPERATOR)
    waiting = asker.get("/operator/money/boards").text
    assert "•••• 0303" in waiting and NUMBER not in waiting
    made = db.session.scalars(select(BoardAccount.id)).one()
    db.session.rollback()
    verify = f"/operator/money/boards/{made}/verify"
    assert post_form(asker, verify, {"account_number": "1"}).status_code == 422
    assert post_form(asker, verify, {"account_number": NUMBER}).status_code == 303
    assert "48" in asker.get("/operator/money/payouts").text
    with clock.frozen(clock.now() + timedelta(hours=49)):
        asker, approver = signed_in(app, Role.OPERATOR), signed_in(app, Role.OPERATOR)
        page = asker.get("/operator/money/payouts").text
        assert f'name="markets" value="{market_id}"' in page
        answer = post_form(asker, "/operator/money/payouts", {"markets": [str(market_id)]})
        assert answer.status_code == 303
        assert "300.000" in asker.get(answer.location).text
        assert post_form(approver, f"{answer.location}/approve").status_code == 303
        assert "Ngân hàng đang chuyển" in approver.get(answer.location).text


def test_a_board_whose_account_changed_meanwhile_is_refused_in_words_about_boards(app: Flask, market_id: int) -> None:
    account(market_id)
    asker, late = signed_in(app, Role.OPERATOR), {"markets": [str(market_id)]}
    account(market_id, number="2200000404", days_ago=1)
    refused = post_form(asker, "/operator/money/payouts", late)
    assert refused.status_code == 422
    assert "ban quản lý một chợ đã chọn" in refused.text and "một người bán đã chọn" not in refused.text
    nobody = post_form(asker, "/operator/money/payouts", {})
    assert nobody.status_code == 422 and "Vui lòng chọn ít nhất một người bán hoặc một chợ" in nobody.text


def test_another_markets_manager_finds_no_account(app: Flask, market_id: int) -> None:
    slug = db.session.get_one(Market, market_id).slug
    with transaction():
        other = int(MarketFactory().id)
    stranger = signed_in(app, Role.MARKET_MANAGER, subject_id=other)
    assert stranger.get(f"/markets/{slug}/payout-account").status_code == 404
    assert signed_in(app, Role.OPERATOR).get(f"/markets/{slug}/payout-account").status_code == 403
    refusal = "/operator/money/boards/99/refuse"
    assert post_form(signed_in(app, Role.OPERATOR), refusal, {"reason": "Không đúng"}).status_code == 404


# -- promises --------------------------------------------------------------------------------------------------------

LOOSE = (
    "board_payout", "board_payout_line", "board_account", "payout_batch", "market_fee", "outgoing_transfer",
    "ledger_line",
)  # fmt: skip


@pytest.fixture
def paid(market_id: int) -> Iterator[None]:
    """A payout to the board that was paid, in a database whose tables can be spoiled."""
    account(market_id)
    batch_id = asked(market_id)
    flows.approve(batch_id, actor_id=person())
    bank_says(payout_of(batch_id), "succeeded")
    db.session.rollback()
    for table in LOOSE:
        db.session.execute(text(f"CREATE TEMPORARY TABLE loose_{table} AS SELECT * FROM {table}"))
        db.session.execute(text(f"ALTER TABLE loose_{table} RENAME TO {table}"))
    yield
    db.session.rollback()
    schema = "pg_temp" if db.engine.dialect.name == "postgresql" else "temp"
    for table in LOOSE:
        db.session.execute(text(f"DROP TABLE IF EXISTS {schema}.{table}"))
    db.session.rollback()


def fired() -> set[str]:
    return {finding.check.name for finding in audit_checks.run()}


def test_a_sound_payout_keeps_every_promise(paid: None) -> None:
    assert fired() == set()


SPOILED = [
    ("I32c", "UPDATE board_payout SET amount = amount + 1"),
    ("I32c", "UPDATE board_payout_line SET amount = amount + 1"),
    ("I32c", "UPDATE board_payout_line SET freed_at = '2026-01-05 05:00:00'"),
    ("I32c", "UPDATE market_fee SET market_id = market_id + 1"),
    ("I34c", "UPDATE payout_batch SET decided_by_id = requested_by_id"),
    ("I34c", "UPDATE board_account SET decided_by_id = changed_by_id"),
    ("I34c", "UPDATE board_account SET rests_until = '2099-01-05 05:00:00'"),
    ("I34c", "UPDATE outgoing_transfer SET payee_account = '6666666666'"),
    ("I35f", "UPDATE board_payout SET state = 'held'"),
    ("I35f", "UPDATE market_fee SET means = 'cash' WHERE means = 'qr'"),
    ("I35g", "UPDATE outgoing_transfer SET state = 'returned'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil"), SPOILED)
def test_a_spoiled_payout_is_found(paid: None, name: str, spoil: str) -> None:
    changed = db.session.execute(text(spoil))
    assert changed.rowcount > 0, "nothing was spoiled"
    assert name in fired()
