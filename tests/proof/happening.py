"""Rules about what comes from outside and what the worker does: news in any order, again and late; the clock."""

import json
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import select

from marketplace.checkout import flows as checkout
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.ledger import queries as ledger
from marketplace.outbox import flows as outbox
from marketplace.payments import flows as payments
from marketplace.payments.models import BankReceipt
from tests.proof.outside import Message
from tests.proof.walk import Walk, some
from tests.proof.world import NOON, let_pass

#: News that was this long under way is late.
LATE = timedelta(minutes=10)


class NewsRules(Walk):
    """Messages of gateway and bank, the reconciler, the worker and the clock."""

    @precondition(lambda self: self.has_news())
    @rule(which=some, newest_first=st.booleans())
    def deliver(self, which: int, newest_first: bool) -> None:
        """One message arrives; the order in which they were sent does not matter."""
        waiting = self.world.outside.waiting()
        chosen = waiting[-1 - which % len(waiting) if newest_first else which % len(waiting)]
        self._carry(chosen)
        self.carried.append(chosen)
        self.note(f"{chosen.channel} news")
        if chosen != waiting[0]:
            self.note("news: swapped")
        if clock.now() - chosen.written_at >= LATE:
            self.note("news: late")

    @precondition(lambda self: self.carried)
    @rule(which=some)
    def deliver_again(self, which: int) -> None:
        """A message that was heard comes once more: nothing happens."""
        before = ledger.trial_balance()
        db.session.rollback()
        assert self.world.outside.carry(self.world.shop, self.carried[which % len(self.carried)]) == 200
        assert ledger.trial_balance() == before, "the same news was booked again"
        self.note("news: again")

    @rule(minutes=st.sampled_from([1, 1, 10, 31]))
    def time_passes(self, minutes: int) -> None:
        """The clock goes on, and the worker has its turn."""
        self._pass(timedelta(minutes=minutes))
        self.note("clock")

    @precondition(lambda self: clock.now() < NOON + timedelta(days=24))
    @rule()
    def week_passes(self) -> None:
        """Eight days later: what was delivered is due to its producer."""
        self._pass(timedelta(days=8))
        self.note("clock: a week")

    @precondition(lambda self: self.has_news())
    @rule()
    def reconcile(self) -> None:
        """Gateway and bank are asked: whatever the shop has not heard, it knows now."""
        payments.reconcile(older_than=timedelta(0))
        db.session.rollback()
        self.adopt()
        self.note("reconcile")

    def _pass(self, time: timedelta) -> None:
        let_pass(time)
        self.nothing_due.clear()
        checkout.expire_orders()
        if self.model.expire(clock.now()):
            self.note("expiry")
        while outbox.deliver_next():
            self.note("outbox")
        self.adopt()  # who gives up a card payment asks the gateway, and may hear that it was paid

    def _carry(self, message: Message) -> None:
        """Bring a message; what a statement has told before is no news to the model either."""
        reference = json.loads(message.body).get("bank_reference")
        is_known = bool(db.session.scalars(select(BankReceipt.id).where(BankReceipt.bank_reference == reference)).all())
        db.session.rollback()
        assert self.world.outside.carry(self.world.shop, message) == 200
        about, index, amount, sent = self.paid_for.get(message.body.decode(), ("", 0, 0, clock.now()))
        if is_known:
            self.note("news: told by a statement before")
        elif about == "order":
            order = self.model.orders[index]
            before = order.state
            self.model.money_for(order, amount, sent=sent, now=clock.now())
            if order.state != before:
                self.note("paid by transfer" if before == "awaiting_payment" else "late money pays")
        elif about == "sale":
            self.model.money_for_sale(self.model.sales[index], amount)
        elif not about:
            self.adopt()
