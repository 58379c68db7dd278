"""One transfer without a code, confirmed for two sales by traders at the same moment: it pays one of them (case 18)."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.payments.models import BankReceipt, Payment, ReceiptState
from marketplace.payments.services import receipts
from marketplace.stalls import services
from marketplace.stalls.models import Means, Sale, SaleReceipt, SaleState
from marketplace.stalls.services import incoming
from tests.factories.accounts import UserFactory
from tests.factories.stalls import make_stall, sell
from tests.payments.conftest import receive
from tests.racing import PROCESSES, Racers

ROUNDS = 6
CONTROL_ROUNDS = 4
AMOUNT = Dong(45_000)
#: A stall, a transfer to its account, and two sales of that amount which wait.
Round = tuple[int, int, tuple[int, int]]

pytestmark = pytest.mark.race


# -- turns: what each process does ---------------------------------------------------------------------------------


def confirm(trader: int, this: Round, number: int) -> str:
    """Half of them say that the transfer paid the one sale, half that it paid the other."""
    stall_id, receipt_id, sales = this

    def write() -> None:
        with transaction():
            services.confirm_receipt(stall_id, receipt_id, sales[number % 2], actor_id=trader)

    try:
        retrying(write)
    except (Conflict, Invalid) as refused:
        return refused.code
    except IntegrityError:
        return "the database"
    return "confirmed"


def confirm_what_waited(trader: int, this: Round, number: int) -> str:
    """The control: the transfer waits as it did a moment ago."""

    def as_it_was(_stall_or_receipt_id: int, receipt_or_decided: int | None) -> BankReceipt:
        receipt = db.session.get_one(BankReceipt, this[1])
        set_committed_value(receipt, "applied", Dong(0))
        set_committed_value(receipt, "state", ReceiptState.UNAPPLIED)
        return receipt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(incoming, "_waiting", as_it_was)
        patch.setattr(receipts, "_lock_waiting", as_it_was)
        return confirm(trader, this, number)


# -- the races -----------------------------------------------------------------------------------------------------


@pytest.fixture
def trader(context: Flask) -> int:
    with transaction():
        return int(UserFactory().id)


def _round() -> Round:
    stall_id = make_stall()
    one, other = (sell(stall_id, AMOUNT, Means.QR) for _ in range(2))
    payment = db.session.get_one(Payment, one.payment_id)
    receipt_id = receive(payment, AMOUNT, memo="tien rau", bank_reference=f"FTI{stall_id}").receipt.id
    return stall_id, int(receipt_id), (one.id, other.id)


def _paid(this: Round) -> int:
    db.session.rollback()
    paid = select(func.count()).select_from(Sale).where(Sale.id.in_(this[2]), Sale.state == SaleState.PAID)
    return db.session.scalar(paid) or 0


def test_one_transfer_pays_one_of_two_sales(trader: int, racers: Racers) -> None:
    rounds = [_round() for _ in range(ROUNDS)]
    answers = racers.race(partial(confirm, trader), rounds)
    assert [sorted(told) for told in answers] == [["confirmed"] + ["incoming_decided"] * (PROCESSES - 1)] * ROUNDS
    assert [_paid(this) for this in rounds] == [1] * ROUNDS
    assert [balance(f"stall:{stall_id}:own_bank") for stall_id, *_rest in rounds] == [AMOUNT] * ROUNDS
    assert db.session.scalar(select(func.count()).select_from(SaleReceipt)) == ROUNDS
    assert audit_checks.run() == []


def test_without_the_lock_only_the_index_keeps_a_transfer_from_paying_both(trader: int, racers: Racers) -> None:
    rounds = [_round() for _ in range(CONTROL_ROUNDS)]
    answers = racers.race(partial(confirm_what_waited, trader), rounds)
    assert "the database" in {answer for told in answers for answer in told}
    assert "incoming_decided" not in {answer for told in answers for answer in told}
    assert [_paid(this) for this in rounds] == [1] * CONTROL_ROUNDS
