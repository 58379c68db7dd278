"""What all rules of the machine share: the shop, the model beside it, and a count of what was really done."""

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import select

from marketplace.checkout import queries as checkout_queries
from marketplace.checkout.flows import Wish
from marketplace.core.db import db
from marketplace.orders.models import Order
from marketplace.stalls.models import Sale
from tests.proof import asking
from tests.proof.model import Model, ModelOrder
from tests.proof.outside import Message
from tests.proof.world import DELIVERY, PRICES, World

some = st.integers(0, 63)
_serial = itertools.count(1)


class Walk(RuleBasedStateMachine):
    """``set_the_stage`` gives a fresh small shop; it is set by whoever runs the machine.

    ``done`` counts, over all programs, what happened: a rule that found nothing to do is not in it.
    """

    set_the_stage: ClassVar[Callable[[], World]]
    done: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).set_the_stage()
        self.model = Model((self.world.units, self.world.units))
        self.order_ids = list(self.world.delivered)
        for _ in self.order_ids:
            past = ModelOrder((1, 1), parts_of((1, 1)), "past", due=None, state="completed", progress=3)
            self.model.orders.append(past)
        self.sale_ids: list[int] = []
        self.payout_ids: list[int] = []
        self.asked: list[tuple[Wish, int]] = []
        self.carried: list[Message] = []
        #: Producers who were refused a payout since the clock last went on.
        self.nothing_due: set[int] = set()
        #: What a notice is about, by its text: order, sale or nobody; its index; dong; when it was sent.
        self.paid_for: dict[str, tuple[str, int, int, datetime]] = {}
        self.waits: bool | None = None
        self.question = asking.Question(asking.at_any_moment())

    @staticmethod
    def new_key(about: str) -> str:
        """A key that no step has used."""
        return f"{about}-{next(_serial)}"

    def note(self, what: str) -> None:
        """Count something that happened."""
        type(self).done[what] += 1

    def order(self, which: int, *hows: str, likely: Callable[[ModelOrder], bool]) -> tuple[int, ModelOrder]:
        """One of the orders that are paid in these ways (any, if none is named), by id and as the model has it.

        Three times of four one of the ``likely``, where there is one: something is to come of most steps.
        """
        found = [
            (order_id, order)
            for order_id, order in zip(self.order_ids, self.model.orders, strict=True)
            if not hows or order.how in hows
        ]
        chosen = [pair for pair in found if likely(pair[1])] if which % 4 else []
        return (chosen or found)[which // 4 % len(chosen or found)]

    def has_order(self, *hows: str) -> bool:
        """Whether there is an order that is paid in one of these ways."""
        return any(order.how in hows for order in self.model.orders)

    def has_news(self) -> bool:
        """Whether a message of gateway or bank waits; asked for once in a step."""
        if self.waits is None:
            self.waits = bool(self.world.outside.waiting())
        return self.waits

    def adopt(self) -> None:
        """News whose content the model does not follow (events, statements): an order may only have become paid, a
        sale only paid, and then the money must be there (I13, I36)."""
        states = dict(db.session.execute(select(Order.id, Order.state)).all())
        for order_id, order in zip(self.order_ids, self.model.orders, strict=True):
            if states[order_id].value != order.state:
                assert states[order_id].value == "paid" and order.state in ("awaiting_payment", "expired")
                self.note(f"paid by {order.how}" if order.state == "awaiting_payment" else "late money pays")
                order.state, order.received = "paid", order.total
            elif order.state == "awaiting_payment":
                payment = checkout_queries.newest_payment(db.session.get_one(Order, order_id))
                order.received = payment.received if payment else 0
        self._adopt_sales()
        db.session.rollback()

    def _adopt_sales(self) -> None:
        for sale_id, sale in zip(self.sale_ids, self.model.sales, strict=True):
            if sale.state == "awaiting":
                found = db.session.get_one(Sale, sale_id)
                assert found.state.value in ("awaiting", "paid")
                sale.state = found.state.value
                sale.received = found.payment.received if found.payment else sale.received


def parts_of(wanted: tuple[int, int]) -> tuple[int, int]:
    """What so many units cost at each producer, delivery included."""
    goods = (units * price + (DELIVERY if units else 0) for units, price in zip(wanted, PRICES, strict=True))
    first, second = goods
    return first, second
