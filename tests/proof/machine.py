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
from marketplace.stalls.models import Sale
from tests.proof import asking
from tests.proof.happening import NewsRules
from tests.proof.ordering import OrderRules
from tests.proof.paying_out import PayoutRules
from tests.proof.selling import StallRules

#: What a run of many programs has to have done, as ``ShopMachine.done`` counts it: every rule, and what comes of it
#: often. Rarer things are counted and printed, but which programs are drawn changes with the code.
EXPECTED: Final = (
    "order", "order again", "order refused: sold out", "capture", "decline", "bank asks the buyer", "confirm", "card",
    "card refused: nothing to pay", "cancel", "cancel refused", "parcel step", "delivered", "refund",
    "refund refused", "paid by card", "transfer: exact", "transfer: short", "transfer: over", "transfer: twice",
    "transfer: late", "transfer: bad memo", "stripe news", "bank news", "news: swapped", "news: late", "news: again",
    "clock", "clock: a week", "expiry", "outbox", "reconcile", "stall sale", "stall sale again", "stall transfer",
    "shift closed", "payout requested", "payout refused: payout_nothing_due", "payout: own batch refused",
    "payout: refused", "payout: approved", "payout: sent", "payout: paid", "bank will succeed",
    "bank will wait", "bank will fail", "bank: give_back", "refund recovered from a payout",
)  # fmt: skip


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
        self.note("step")

    def teardown(self) -> None:
        """Everything arrives in the end, and the books say what gateway and bank say."""
        self.world.settle_down()
        self.follow_payouts()
        self.payouts_are_as_the_bank_says()
        self._promises_are_kept(asking.Question(asking.at_rest()))
        outside = self.world.outside
        captured = sum(int(intent["amount_received"]) for intent in outside.objects("payment_intent"))
        returned = sum(int(refund["amount"]) for refund in outside.objects("refund") if refund["status"] == "succeeded")
        assert ledger.balance("gateway:card") == captured - returned, "the gateway holds something else"
        assert ledger.balance("bank:collecting") == outside.balance(), "the bank holds something else"
        db.session.rollback()
        self.note("program")

    @staticmethod
    def _promises_are_kept(question: asking.Question) -> None:
        broken = question.broken()
        assert not broken, f"broken promises: {' '.join(broken)}"
