"""Random programs over the shop, and what must be true after each of their steps.

After each step the real shop is compared with the model beside it, and every promise of the audit is asked. At the end
everything that is on its way arrives, and the books are compared with what gateway and bank say.
"""

from typing import Final

from hypothesis.stateful import invariant
from sqlalchemy import select

from marketplace.core.db import db
from marketplace.inventory.models import Lot
from marketplace.ledger import queries as ledger
from marketplace.orders.models import Order
from marketplace.payments.models import Payment, Rail, Refund, RefundState
from marketplace.stalls.models import Sale
from tests.proof import asking
from tests.proof.happening import NewsRules
from tests.proof.ordering import OrderRules
from tests.proof.paying_out import PayoutRules
from tests.proof.selling import StallRules

#: What a run of 200 programs has to have done, as ``ShopMachine.done`` counts it: every rule, and what comes of it
#: often; each at least ``FEWEST`` times, though which programs are drawn changes with the code.
EXPECTED: Final = (
    "order", "order again", "order refused: sold out", "capture", "decline", "bank asks the buyer",
    "card, answer lost", "confirm: passed", "card", "card refused: nothing to pay", "cancel", "cancel refused",
    "parcel step", "parcel refused", "delivered", "refund", "refund refused", "refund by card: failed",
    "refund by vietqr: failed", "refund by vietqr: returned", "transfer: exact", "transfer: short",
    "transfer: over", "transfer: twice", "transfer: late", "transfer: bad memo", "stripe news", "bank news",
    "news: swapped", "news: late", "news: again", "clock", "clock: a week", "expiry", "outbox", "reconcile",
    "stall sale", "stall sale again", "stall transfer", "shift closed", "payout requested",
    "payout refused: payout_nothing_due", "payout: own batch refused", "payout: decided before", "payout: refused",
    "payout: approved", "payout: sent", "payout: paid", "payout: failed", "bank will succeed", "bank will wait",
    "bank will fail", "bank: carry_out", "bank: refuse", "bank: give_back", "refund recovered from a payout",
)  # fmt: skip
FEWEST: Final = 3
#: What comes up more rarely, but in no such run never.
RARE: Final = ("confirm: refused", "paid by card", "paid by transfer", "payout: returned", "late money pays")


class ShopMachine(OrderRules, StallRules, NewsRules, PayoutRules):
    """All rules together."""

    @invariant()
    def agree(self) -> None:
        """Shop and model say the same, and every promise is kept."""
        states = dict(db.session.execute(select(Order.id, Order.state)).all())
        is_so, should_be = [states[row].value for row in self.order_ids], [order.state for order in self.model.orders]
        assert is_so == should_be, f"orders are {is_so}, should be {should_be}"
        sales = dict(db.session.execute(select(Sale.id, Sale.state)).all())
        is_so, should_be = [sales[row].value for row in self.sale_ids], [sale.state for sale in self.model.sales]
        assert is_so == should_be, f"sales are {is_so}, should be {should_be}"
        lots = dict(db.session.execute(select(Lot.pack_id, Lot.on_hand - Lot.reserved)).all())
        free = tuple(lots[pack] for pack in self.world.packs)
        assert free == self.model.free(), f"{free} packs are free, should be {self.model.free()}"
        self.follow_payouts()
        self._promises_are_kept(self.question)
        db.session.rollback()
        self.waits = None
        self.note("step")

    def teardown(self) -> None:
        """Everything arrives in the end, and the books say what gateway and bank say."""
        self.world.settle_down()
        self.follow_payouts()
        self.payouts_are_as_the_bank_says()
        self._promises_are_kept(asking.Question(asking.at_rest()))
        self._count_ends()
        outside = self.world.outside
        captured = sum(int(intent["amount_received"]) for intent in outside.objects("payment_intent"))
        returned = sum(int(refund["amount"]) for refund in outside.objects("refund") if refund["status"] == "succeeded")
        assert ledger.balance("gateway:card") == captured - returned, "the gateway holds something else"
        assert ledger.balance("bank:collecting") == outside.balance(), "the bank holds something else"
        db.session.rollback()
        self.note("program")

    def _count_ends(self) -> None:
        """What only shows at the end: refunds that failed or came back, and card money that nobody wanted any more."""
        for state, rail in db.session.execute(select(Refund.state, Payment.rail).join(Refund.payment)):
            if state in (RefundState.FAILED, RefundState.RETURNED):
                self.note(f"refund by {rail.value}: {state.value}")
        unwanted = (Payment.rail == Rail.CARD) & (Payment.held_account == "unapplied")
        for _payment_id in db.session.scalars(select(Payment.id).where(unwanted)):
            self.note("late card: unwanted")

    @staticmethod
    def _promises_are_kept(question: asking.Question) -> None:
        broken = question.broken()
        assert not broken, f"broken promises: {' '.join(broken)}"
