"""Payouts, statements and the comparison of the books, as rows of the table of ``scenarios``."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from werkzeug.test import Client

from marketplace.checkout import flows as checkout
from marketplace.checkout.models import Earning
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.orders.models import Order, OrderState, PaymentMethod, SubOrder, SubOrderState
from marketplace.payments.models import BankReceipt, OutgoingTransfer, TransferState
from marketplace.settlement.flows import differences, payouts, statements
from marketplace.settlement.models import (
    BatchState,
    Payout,
    PayoutBatch,
    PayoutLine,
    PayoutState,
    ReconciliationRun,
    StatementDifference,
    StatementImport,
    StatementLine,
)
from marketplace.settlement.services import payouts as services
from tests.checkout.buying import order, payment_of
from tests.faults.scenarios import Scenario, deliver, work_outbox
from tests.proof.outside import BANK_KEY, OURS
from tests.proof.world import PRICES, World, let_pass
from tests.settlement.paying_out import person, with_account

STRANGE = Dong(33_000)


@dataclass(frozen=True)
class Due:
    """A producer that is owed money, two operators, and the batch that the first asked for (0: none yet)."""

    producer_id: int
    asks: int
    approves: int
    batch_id: int = 0


def tell_bank(world: World, path: str, asked: dict[str, str] | None = None) -> None:
    """Choose at the bank's control address what becomes of outgoing transfers."""
    headers = {"Authorization": f"Bearer {BANK_KEY}"}
    answer = Client(world.outside.app).post(f"/bank/v1/{path}", json=asked or {}, headers=headers)
    assert answer.status_code in (200, 201), answer.text


# -- payouts ---------------------------------------------------------------------------------------------------------


def _due(world: World) -> Due:
    """A parcel was paid and delivered, and the days in which its buyer may send it back are over."""
    placed = order({world.packs[0]: 1}, PaymentMethod.VIETQR)
    payment = payment_of(placed)
    world.outside.transfer(str(payment.payee_account), payment.amount, str(payment.transfer_code))
    deliver(world)
    part = db.session.scalars(select(SubOrder)).one()
    part_id, producer_id = part.id, part.producer_id
    for step in (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED):
        checkout.advance_parcel(part_id, [producer_id], step, actor_id=None)
    db.session.rollback()
    work_outbox()
    let_pass(timedelta(days=8))
    with_account(producer_id)
    return Due(producer_id, person(), person())


def _asked_for(world: World) -> Due:
    due = _due(world)
    _ask(world, due)
    return Due(due.producer_id, due.asks, due.approves, db.session.scalars(select(PayoutBatch.id)).one())


def _approved(world: World) -> Due:
    due = _asked_for(world)
    approve(world, due)
    return due


def _on_its_way(world: World) -> Due:
    """The bank has the order and waits; then it pays, and its notice waits for delivery."""
    tell_bank(world, "outgoing", {"outcome": "wait"})
    due = _approved(world)
    work_outbox()
    tell_bank(world, f"transfers/payout-{db.session.scalars(select(Payout.id)).one()}/carry_out")
    return due


def _sent_back(world: World) -> Due:
    """Paid, and then the payee's bank gives it back."""
    due = _on_its_way(world)
    deliver(world)
    tell_bank(world, f"transfers/payout-{db.session.scalars(select(Payout.id)).one()}/give_back")
    return due


def _ask(_world: World, due: Due) -> None:
    try:
        with transaction():
            services.request_batch([due.producer_id], actor_id=due.asks)
    except Conflict:
        db.session.rollback()  # it was asked for before


def approve(_world: World, due: Any) -> None:
    """The second operator approves the batch of ``due``; again, or the worker does what is left of it."""
    try:
        payouts.approve(due.batch_id, actor_id=due.approves)
    except Conflict:  # it was approved before
        payouts.order_approved()  # the worker's next minute


def send(_world: World, _due: Any) -> None:
    """The worker hands what was approved to the bank."""
    let_pass(timedelta(minutes=6))  # past the lease of a worker that died
    work_outbox()


def _is_asked_for_once(_world: World, due: Due) -> None:
    batch = db.session.scalars(select(PayoutBatch)).one()
    payout = db.session.scalars(select(Payout)).one()
    earned = db.session.scalars(select(Earning.net)).one()
    assert (batch.state, payout.state, payout.amount) == (BatchState.REQUESTED, PayoutState.REQUESTED, earned)
    assert ledger.balance(f"producer:{due.producer_id}:payable") == -earned


def _is_paid_out_once(world: World, due: Due) -> None:
    payout = db.session.scalars(select(Payout)).one()
    sent = db.session.scalars(select(OutgoingTransfer)).one()
    assert (payout.state, sent.state) == (PayoutState.PAID, TransferState.SUCCEEDED)
    assert world.outside.balance() == db.session.scalars(select(Order.total)).one() - payout.amount
    assert ledger.balance("bank:collecting") == world.outside.balance()
    assert ledger.balance(f"producer:{due.producer_id}:payable") == 0
    assert ledger.balance(f"producer:{due.producer_id}:transit") == 0


def _is_due_again(world: World, due: Due) -> None:
    payout = db.session.scalars(select(Payout)).one()
    sent = db.session.scalars(select(OutgoingTransfer)).one()
    assert (payout.state, sent.state) == (PayoutState.RETURNED, TransferState.RETURNED)
    assert db.session.scalars(select(PayoutLine.freed_at)).one() is not None
    assert ledger.balance(f"producer:{due.producer_id}:payable") == -payout.amount
    assert ledger.balance("bank:collecting") == world.outside.balance()


# -- statements ------------------------------------------------------------------------------------------------------


def _on_a_statement(world: World) -> bytes:
    """Two transfers of which no notice came, one without a code that anybody knows, as the bank's file has them."""
    payment = payment_of(order({world.packs[0]: 1}, PaymentMethod.VIETQR))
    world.outside.transfer(OURS.account, payment.amount, str(payment.transfer_code))
    world.outside.transfer(OURS.account, STRANGE, "tra tien hang")
    for message in world.outside.waiting():
        world.outside.lose(message)
    return _file_of(world)


def _file_of(world: World) -> bytes:
    day = clock.now()
    answer = Client(world.outside.app).get(
        "/bank/v1/statement",
        query_string={
            "account": OURS.account,
            "from": clock.local(day - timedelta(days=1)).isoformat(),
            "to": clock.local(day + timedelta(days=1)).isoformat(),
        },
        headers={"Authorization": f"Bearer {BANK_KEY}"},
    )
    rows = [
        f"{clock.local(day):%d/%m/%Y %H:%M:%S};{line['bank_reference']};;{line['amount']};{line['memo']}"
        for line in answer.get_json()["items"]
    ]
    head = "Ngày giao dịch;Số tham chiếu;Ghi nợ;Ghi có;Nội dung"
    return "\n".join([f"Số tài khoản: {OURS.account}", head, *rows, ""]).encode()


def _take_over(_world: World, content: bytes) -> None:
    statements.import_file(content, file_name="sao-ke.csv", actor_id=None)


def _is_taken_over_once(_world: World, _content: bytes) -> None:
    lines = db.session.scalars(select(StatementLine)).all()
    assert sorted(line.amount for line in lines) == [STRANGE, PRICES[0] + 20_000]
    assert all(line.applied_at is not None for line in lines)
    assert sum(db.session.scalars(select(StatementImport.new_lines))) == 2
    assert db.session.scalar(select(func.count()).select_from(BankReceipt)) == 2
    assert db.session.scalars(select(Order.state)).one() is OrderState.PAID
    assert ledger.balance("unapplied") == -STRANGE


def _compare(_world: World, _facts: Any) -> None:
    differences.reconcile([clock.today()])


def _is_compared(world: World, _facts: Any) -> None:
    last = db.session.scalars(select(ReconciliationRun).order_by(ReconciliationRun.id.desc())).first()
    assert last is not None and last.ended_at is not None and last.silent == ""
    assert ledger.balance("bank:collecting") == world.outside.balance()
    kept = db.session.execute(select(StatementLine.account, StatementLine.key)).all()
    assert len(kept) == len(set(kept)) == 2
    found = db.session.execute(select(StatementDifference.subject, StatementDifference.kind)).all()
    assert len(found) == len(set(found))


MONEY_SCENARIOS = (
    Scenario("a payout is asked for", _due, _ask, _is_asked_for_once),
    Scenario("a payout is approved", _asked_for, approve, _is_paid_out_once),
    Scenario("a payout is sent", _approved, send, _is_paid_out_once),
    Scenario("the bank's notice of a payout", _on_its_way, deliver, _is_paid_out_once),
    Scenario("a payout comes back", _sent_back, deliver, _is_due_again),
    Scenario("a statement file is taken over", _on_a_statement, _take_over, _is_taken_over_once),
    Scenario("the books are compared with the bank", _on_a_statement, _compare, _is_compared),
)
