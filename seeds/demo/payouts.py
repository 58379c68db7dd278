"""Accounts that money goes to, payouts that wait for the second operator, and an account in its 48 hours."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from marketplace.core.db import db, transaction
from marketplace.producers import services as producers
from marketplace.producers.models import Producer
from marketplace.producers.reviewer import Reviewer
from marketplace.producers.services import BankAccount
from marketplace.settlement.queries.payouts import due_earnings
from marketplace.settlement.services import payouts
from seeds.demo.timeline import Timeline


@dataclass(frozen=True)
class Payouts:
    """``cooperative`` can be paid and is asked for; ``neighbour`` changed its account yesterday. Ids of producers."""

    line: Timeline
    our_bin: str
    members: dict[str, int]
    cooperative: int
    neighbour: int

    def fill(self) -> None:
        """Put everything on the line."""
        end = self.line.end
        first, other = (
            BankAccount(self.our_bin, "2200000101", "HTX MINH HOA"),
            BankAccount(self.our_bin, "2200000202", "TO HOP TAC MINH HOA"),
        )
        self.line.at(end - timedelta(days=60), partial(self._enter, self.cooperative, first, "producer"))
        self.line.at(end - timedelta(hours=26), partial(self._enter, self.neighbour, other, "neighbour"))
        self.line.at(end - timedelta(hours=3), self._ask)

    def _enter(self, producer_id: int, bank: BankAccount, member: str) -> None:
        with transaction():
            producer = db.session.get_one(Producer, producer_id)
            account = producers.change_payout_account(
                producer, bank, actor_id=self.members[member], our_bin=self.our_bin
            )
            checker = Reviewer(id=self.members["approver"], is_operator=True)
            producers.verify_payout_account(account.id, by=checker, number=bank.number)

    def _ask(self) -> None:
        with transaction():
            due = due_earnings(self.line.end - timedelta(hours=3), producer_ids=[self.cooperative])
            if sum(earning.net for earning in due.get(self.cooperative, [])) > 0:
                payouts.request_batch([self.cooperative], actor_id=self.members["operator"])
