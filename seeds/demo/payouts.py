"""Accounts that money goes to: a batch that was paid, one that waits to be approved, an account in its 48 hours, and
that of a market's board, whose fees can be paid out.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.payments import flows as payments
from marketplace.payments.models import OutgoingTransfer, TransferPurpose
from marketplace.producers import services as producers
from marketplace.producers.account_steps import BankAccount
from marketplace.producers.models import Producer
from marketplace.producers.reviewer import Reviewer
from marketplace.settlement.flows.payouts import approve
from marketplace.settlement.models import BatchState, PayoutBatch
from marketplace.settlement.queries.payouts import due_earnings
from marketplace.settlement.services import boards, payouts
from marketplace.stalls.models import Market
from seeds.demo.timeline import Timeline


@dataclass(frozen=True)
class Payouts:
    """Ids of producers: ``cooperative`` is asked for; ``neighbour`` was paid and changed its account since. ``market``
    is the id of the one whose board has an account.
    """

    line: Timeline
    our_bin: str
    members: dict[str, int]
    cooperative: int
    neighbour: int
    market: int

    def fill(self) -> None:
        """Put everything on the line."""
        end = self.line.end
        first, former, other = (
            BankAccount(self.our_bin, "2200000101", "HTX MINH HOA"),
            BankAccount(self.our_bin, "2200000201", "TO HOP TAC MINH HOA"),
            BankAccount(self.our_bin, "2200000202", "TO HOP TAC MINH HOA"),
        )
        self.line.at(end - timedelta(days=60), partial(self._enter, self.cooperative, first, "producer"))
        self.line.at(end - timedelta(days=60), partial(self._enter, self.neighbour, former, "neighbour"))
        self.line.at(end - timedelta(days=45), self._enter_board)
        self.line.at(end - timedelta(hours=30), partial(self._ask, self.neighbour))
        self.line.at(end - timedelta(hours=29), self._pay)
        self.line.at(end - timedelta(hours=26), partial(self._enter, self.neighbour, other, "neighbour"))
        self.line.at(end - timedelta(hours=3), partial(self._ask, self.cooperative))

    def _enter(self, producer_id: int, bank: BankAccount, member: str) -> None:
        with transaction():
            producer = db.session.get_one(Producer, producer_id)
            account = producers.change_payout_account(
                producer, bank, actor_id=self.members[member], our_bin=self.our_bin
            )
            checker = Reviewer(id=self.members["approver"], is_operator=True)
            producers.verify_payout_account(account.id, by=checker, number=bank.number)

    def _enter_board(self) -> None:
        bank = BankAccount(self.our_bin, "2200000301", "BAN QUAN LY CHO MINH HOA")
        with transaction():
            market = db.session.get_one(Market, self.market)
            account = boards.change_board_account(market, bank, actor_id=self.members["manager"], our_bin=self.our_bin)
            boards.verify_board_account(account.id, actor_id=self.members["approver"], number=bank.number)

    def _ask(self, producer_id: int) -> None:
        with transaction():
            due = due_earnings(clock.now(), producer_ids=[producer_id])
            if sum(earning.net for earning in due.get(producer_id, [])) > 0:
                payouts.request_batch([producer_id], actor_id=self.members["operator"])

    def _pay(self) -> None:
        """The second operator approves what waits, and the bank carries it out at its own time: now."""
        waiting = db.session.scalars(select(PayoutBatch.id).where(PayoutBatch.state == BatchState.REQUESTED)).all()
        db.session.rollback()
        for batch_id in waiting:
            approve(batch_id, actor_id=self.members["approver"])
        ordered = select(OutgoingTransfer.public_id).where(OutgoingTransfer.purpose == TransferPurpose.PAYOUT)
        sent = db.session.scalars(ordered).all()
        db.session.rollback()
        for public_id in sent:
            payments.send_transfer(public_id)
