"""Markets whose stalls paid their fees by transfer, boards with accounts, and a bank that takes money back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.payments import services as payments
from marketplace.payments.movements import Movement
from marketplace.producers.account_steps import BankAccount
from marketplace.settlement.models import BoardAccount, BoardPayout, PayoutBatch
from marketplace.settlement.queries import boards as queries
from marketplace.settlement.services import boards
from marketplace.settlement.services import payouts as services
from marketplace.stalls import services as stalls
from marketplace.stalls.models import Market, MarketFee, Means
from tests.factories.accounts import UserFactory
from tests.factories.stalls import MarketFactory, StallFactory
from tests.payments.conftest import movement, receive
from tests.settlement.paying_out import person

FEE = 150_000
NUMBER = "2200000303"


@pytest.fixture
def market_id(context: Flask) -> int:
    """``market_with_fees``."""
    return market_with_fees()


def market_with_fees() -> int:
    """A market whose two stalls paid their fee by transfer; a third one paid in cash."""
    with transaction():
        market, actor = MarketFactory(), UserFactory().id
        made = [StallFactory(market=market, number=str(number)) for number in (1, 2, 3)]
        month = clock.today().replace(day=1)
        fees = stalls.set_fees(
            market, made, period=month, amount=Dong(FEE), due_on=month + timedelta(days=27), actor_id=actor
        )
        ids = [fee.id for fee in fees]
        found = int(market.id)
    for fee_id in ids[:2]:
        receive(db.session.get_one(MarketFee, fee_id).payment, bank_reference=f"FEE{fee_id}")
        db.session.rollback()
    with transaction():
        stalls.take_fee_in_cash(db.session.get_one(MarketFee, ids[2]), receipt_number="PT1", actor_id=actor)
    return found


def account(market_id: int, *, number: str = NUMBER, days_ago: int = 30) -> BoardAccount:
    """An account of the board, entered and verified so many days ago."""
    typist, checker = person(), person()
    with clock.frozen(clock.now() - timedelta(days=days_ago)), transaction():
        market = db.session.get_one(Market, market_id)
        bank = BankAccount("999999", number, "Ban quản lý chợ")
        made = boards.change_board_account(market, bank, actor_id=typist, our_bin="999999")
        return boards.verify_board_account(made.id, actor_id=checker, number=number)


def asked(market_id: int, *producer_ids: int) -> int:
    """A batch that one operator asked for; its id."""
    actor = person()
    with transaction():
        return int(services.request_batch(producer_ids, market_ids=[market_id], actor_id=actor).id)


def payout_of(batch_id: int) -> BoardPayout:
    db.session.expire_all()
    (found,) = db.session.get_one(PayoutBatch, batch_id).board_payouts
    return found


def books(market_id: int) -> tuple[int, int, int]:
    """What the board is owed, what is on its way, what stands at the bank."""
    db.session.rollback()
    owed, transit = balance(f"market:{market_id}:payable"), balance(f"market:{market_id}:transit")
    return -owed, -transit, balance("bank:collecting")


def due(market_id: int) -> int:
    db.session.rollback()
    return sum(fee.amount for fee in queries.due_fees([market_id]).get(market_id, []))


def sound() -> bool:
    return audit_checks.run() == []


def fees_by_transfer(market_id: int) -> list[int]:
    """Ids of the fees that were paid by transfer, oldest first."""
    paid = select(MarketFee.id).where(MarketFee.market_id == market_id, MarketFee.means == Means.QR)
    db.session.rollback()
    return list(db.session.scalars(paid.order_by(MarketFee.id)))


def reversal(fee_id: int) -> Movement:
    """The booking by which the bank takes the money of a fee back."""
    payment = db.session.get_one(MarketFee, fee_id).payment
    names = {"bank_reference": f"BACK{fee_id}", "related_reference": f"FEE{fee_id}"}
    told = movement(payment, direction="out", memo="HUY", **names)
    db.session.rollback()
    return told


def take_back(fee_id: int) -> None:
    """Let the bank report that it took the money of a fee back."""
    told = reversal(fee_id)
    with transaction():
        payments.follow_movement(told)
