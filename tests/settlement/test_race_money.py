"""Money that waits, statements and comparisons: what everybody does at once happens once."""

from datetime import date, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks
from marketplace.ledger.queries import balance
from marketplace.payments import services as payments
from marketplace.payments import settings
from marketplace.payments.models import BankReceipt, Payment, ReceiptState, WorkItem, WorkState
from marketplace.payments.movements import Movement
from marketplace.payments.services import Decision, queue, receipts
from marketplace.settlement.flows import differences, statements
from marketplace.settlement.models import StatementDifference, StatementLine
from marketplace.settlement.services import money, statement_lines
from tests.checkout.buying import order, payment_of
from tests.checkout.conftest import Stock, country, stock
from tests.racing import PROCESSES, Racers
from tests.settlement.paying_out import person

__all__ = ["country", "stock"]

ROUNDS = 8
CONTROL_ROUNDS = 3
HALF = Dong(30_000)
_serial = count(1)
#: A transfer that waits, and the two payments that a half of it each could pay.
Round = tuple[int, str, str]

pytestmark = pytest.mark.race


@pytest.fixture
def people(country: Flask, context: Flask) -> list[int]:
    return [person() for _ in range(PROCESSES)]


# -- one transfer that waits ---------------------------------------------------------------------------------------


def _told(amount: int, *, days_ago: int = 0) -> Movement:
    """A transfer without a code."""
    ours, reference = settings.current().collecting, f"FTR{next(_serial)}"
    return Movement(
        id=f"bn_{reference}",
        bank_reference=reference,
        bin=ours.bin,
        account=ours.account,
        direction="in",
        amount=Dong(amount),
        currency="VND",
        memo="tien hang",
        transacted_at=clock.now() - timedelta(days=days_ago),
        payer_name="NGUYEN THI LAN",
        payer_account="0123456789",
    )


def _came(amount: int) -> int:
    """Such a transfer came; the id of its receipt."""
    with transaction():
        return payments.record_receipt(_told(amount)).receipt.id


def _rounds(stock: Stock, rounds: int) -> list[Round]:
    pack_id, made = stock(quantity=2 * rounds), []
    for _ in range(rounds):
        one, other = (payment_of(order({pack_id: 1})).public_id for _ in range(2))
        made.append((_came(2 * HALF), one, other))
    return made


def divide_or_return(people: list[int], this: Round, number: int) -> str:
    """Half of them divide a transfer over two orders, half say that they have sent it back."""
    receipt_id, one, other = this
    decided = Decision(people[number], "Đã hỏi người chuyển")

    def write() -> None:
        with transaction():
            if number % 2:
                money.mark_returned(receipt_id, reference=f"FTV{receipt_id}", decided=decided)
            else:
                money.divide(receipt_id, [(one, HALF), (other, HALF)], decided=decided)

    try:
        retrying(write)
    except (Conflict, Invalid) as refused:
        return refused.code
    return "returned" if number % 2 else "divided"


def divide_what_was_seen(people: list[int], this: Round, number: int) -> str:
    """The control: everybody divides the transfer as it was a moment ago."""

    def as_it_was(receipt_id: int, _decided: Decision | None) -> BankReceipt:
        receipt = db.session.get_one(BankReceipt, receipt_id)
        set_committed_value(receipt, "applied", Dong(0))
        set_committed_value(receipt, "state", ReceiptState.UNAPPLIED)
        return receipt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receipts, "_lock_waiting", as_it_was)
        patch.setattr(receipts.queue, "settle_item", lambda *_values: None)
        return divide_or_return(people, this, number // 2 * 2)


def _received(this: Round) -> int:
    statement = select(func.sum(Payment.received)).where(Payment.public_id.in_(this[1:]))
    return int(db.session.scalar(statement) or 0)


def test_a_transfer_that_waits_is_decided_about_once(stock: Stock, people: list[int], racers: Racers) -> None:
    rounds = _rounds(stock, ROUNDS)
    answers = racers.race(partial(divide_or_return, people), rounds)
    for this, told in zip(rounds, answers, strict=True):
        (outcome,) = [answer for answer in told if answer != "receipt_decided"]
        assert _received(this) == (2 * HALF if outcome == "divided" else 0)
    items = db.session.execute(select(WorkItem.state, func.count()).group_by(WorkItem.state)).all()
    assert [tuple(row) for row in items] == [(WorkState.DECIDED, ROUNDS)]
    assert balance("unapplied") == 0
    assert audit_checks.run() == []


def test_without_the_lock_a_transfer_pays_several_times(stock: Stock, people: list[int], racers: Racers) -> None:
    rounds = _rounds(stock, CONTROL_ROUNDS)
    answers = racers.race(partial(divide_what_was_seen, people), rounds)
    assert max(told.count("divided") for told in answers) > 1
    assert max(_received(this) for this in rounds) > 2 * HALF
    assert "M03" in {finding.check.name for finding in audit_checks.run()}


def _item() -> int:
    """Money waits for a decision; the id of its work item."""
    receipt_id = _came(2 * HALF)
    return db.session.scalars(select(WorkItem.id).where(WorkItem.receipt_id == receipt_id)).one()


def take(people: list[int], item_id: int, number: int) -> bool:
    """Everybody takes one work item; whether this one has it."""

    def write() -> None:
        with transaction():
            money.take(item_id, actor_id=people[number])

    try:
        retrying(write)
    except Conflict:
        return False
    return True


def test_a_work_item_is_taken_by_one(people: list[int], racers: Racers) -> None:
    items = [_item() for _ in range(ROUNDS)]
    answers = racers.race(partial(take, people), items)
    assert [sum(told) for told in answers] == [1] * ROUNDS
    states = [db.session.get_one(WorkItem, item_id).state for item_id in items]
    assert states == [WorkState.TAKEN] * ROUNDS


def take_what_waited(people: list[int], item_id: int, number: int) -> bool:
    """The control: the item waits as it did a moment ago."""

    def as_it_was(item_id: int) -> WorkItem:
        item = db.session.get_one(WorkItem, item_id)
        set_committed_value(item, "state", WorkState.WAITING)
        set_committed_value(item, "taken_by_id", None)
        return item

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queue, "lock_item", as_it_was)
        return take(people, item_id, number)


def test_without_the_lock_several_people_have_one_work_item(people: list[int], racers: Racers) -> None:
    answers = racers.race(partial(take_what_waited, people), [_item() for _ in range(CONTROL_ROUNDS)])
    assert max(sum(told) for told in answers) > 1


# -- statements ----------------------------------------------------------------------------------------------------


def _file(number: int) -> str:
    """A row with a reference, and one without."""
    day = f"{clock.today() - timedelta(days=2):%d/%m/%Y}"
    head = "Ngày giao dịch;Số tham chiếu;Ghi nợ;Ghi có;Nội dung"
    rows = [f"{day} 01:00:00;FTA{number};;1.000;tien {number}", f"{day} 02:00:00;;;1.000;them {number}"]
    return "\n".join([f"Số tài khoản: {settings.current().collecting.account}", head, *rows, ""])


def take_over(text: str, _number: int) -> tuple[int, int] | None:
    """Everybody uploads one file: how many lines were new, and how many new money; None when the database said no."""
    try:
        done = statements.import_file(text.encode(), file_name="sao-ke.csv", actor_id=None)
    except IntegrityError:
        return None
    return done.new, done.booked


def take_over_without_asking(text: str, number: int) -> tuple[int, int] | None:
    """The control: lines are written without asking whether they are there."""

    def insert(model: type[StatementLine], values: dict[str, Any], *, keys: list[str]) -> bool:
        db.session.add(model(**values))
        db.session.flush()
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statement_lines, "insert_ignoring_duplicates", insert)
        patch.setattr(statement_lines, "_with_reference", lambda *_values: [])
        patch.setattr(statement_lines._Known, "take_line", lambda _self, _row: False)
        return take_over(text, number)


def test_one_file_uploaded_by_everybody_is_kept_and_booked_once(people: list[int], racers: Racers) -> None:
    answers = racers.race(take_over, [_file(number) for number in range(ROUNDS)])
    assert [sum(new for new, _booked in told) for told in answers] == [2] * ROUNDS
    assert sum(booked for told in answers for _new, booked in told) == 2 * ROUNDS
    assert balance("bank:collecting") == 2_000 * ROUNDS
    assert audit_checks.run() == []


def test_without_asking_only_the_index_keeps_a_line_once(people: list[int], racers: Racers) -> None:
    answers = racers.race(take_over_without_asking, [_file(number) for number in range(CONTROL_ROUNDS)])
    assert None in {answer for told in answers for answer in told}
    assert db.session.scalar(select(func.count()).select_from(StatementLine)) == 2 * CONTROL_ROUNDS


# -- comparisons ---------------------------------------------------------------------------------------------------


def compare(day: date, _number: int) -> int | None:
    """The worker and everybody else compare a day; how many differences were new, None: the database said no."""
    counts = differences.services.Counts()
    try:
        differences._record(settings.current().collecting.account, day, counts, [])
    except IntegrityError:
        return None
    return counts.found


def compare_without_turns(day: date, number: int) -> int | None:
    """The control: nobody waits for a comparison of the same day; none has been written when it begins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences.services, "hold_day", lambda *_values: None)
        patch.setattr(differences.services, "_living", lambda *_values: [])
        return compare(day, number)


def _days(rounds: int) -> list[date]:
    """Days with a transfer that the bank lists and the books do not know."""
    with transaction():
        statement_lines.keep_movements(_told(10_000, days_ago=2 + number) for number in range(rounds))
    return [clock.today() - timedelta(days=2 + number) for number in range(rounds)]


def test_one_day_compared_by_everybody_has_each_difference_once(people: list[int], racers: Racers) -> None:
    answers = racers.race(compare, _days(ROUNDS))
    assert [sorted(told) for told in answers] == [[0] * (PROCESSES - 1) + [1]] * ROUNDS
    assert db.session.scalar(select(func.count()).select_from(StatementDifference)) == ROUNDS


def test_without_turns_only_the_index_keeps_a_difference_once(people: list[int], racers: Racers) -> None:
    answers = racers.race(compare_without_turns, _days(CONTROL_ROUNDS))
    assert None in {answer for told in answers for answer in told}
    assert db.session.scalar(select(func.count()).select_from(StatementDifference)) == CONTROL_ROUNDS
