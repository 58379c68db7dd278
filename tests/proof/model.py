"""What a small shop should do, in a page: orders, stock, sales and payouts as plain values, no database and no bank.

The machine does each step here and in the real shop, and compares. Money that a model order has received counts only
once its news has arrived, as in the shop.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

HOLD = timedelta(minutes=30)
#: How a payout may go on; what two operators decide is a step of its own.
AFTER: Final = {"approved": ("sent", "held"), "sent": ("paid", "failed", "returned"), "paid": ("returned",)}
GONE: Final = ("approved", "sent", "paid")


@dataclass(eq=False)
class ModelOrder:
    """One order, however like another.

    ``wanted`` units of each pack; ``received`` by transfers so far; ``due`` is None for cash on delivery.
    ``parts`` are the dong of each producer, delivery included. ``owes_back``: it was cancelled after it was paid; what
    its refunds did not bring back, because they failed, is still there.
    """

    wanted: tuple[int, int]
    parts: tuple[int, int]
    how: str
    due: datetime | None
    state: str = "awaiting_payment"
    received: int = 0
    progress: int = 0
    owes_back: bool = False

    @property
    def total(self) -> int:
        """What the buyer pays."""
        return sum(self.parts)

    @property
    def holds_goods(self) -> bool:
        """Whether its goods are nobody else's: promised or sold."""
        return self.state in ("awaiting_payment", "confirmed", "paid", "completed")

    @property
    def was_paid(self) -> bool:
        """Whether its buyer's money is there."""
        return self.state == "completed" or (self.state == "paid" and self.how != "door")


@dataclass(eq=False)
class ModelSale:
    """One sale at the stall by transfer or in cash."""

    amount: int
    is_cash: bool
    state: str = "awaiting"
    received: int = 0


@dataclass
class ModelPayout:
    """What producer 0 or 1 gets in a batch; ``refunds_before``: news of refunds when it was asked for."""

    producer: int
    amount: int
    refunds_before: int
    state: str = "requested"

    def follow(self, state: str) -> None:
        """The shop says where the payout stands: the same, or a lawful step further."""
        assert state == self.state or state in AFTER.get(self.state, ()), f"a payout went from {self.state} to {state}"
        self.state = state


@dataclass
class Model:
    """The shop as it should be."""

    units: tuple[int, int]
    orders: list[ModelOrder] = field(default_factory=list)
    sales: list[ModelSale] = field(default_factory=list)
    payouts: list[ModelPayout] = field(default_factory=list)
    refunds: int = 0

    def free(self) -> tuple[int, int]:
        """Units of each pack that can still be sold."""
        taken = [sum(order.wanted[pack] for order in self.orders if order.holds_goods) for pack in range(2)]
        return self.units[0] - taken[0], self.units[1] - taken[1]

    def can_take(self, wanted: tuple[int, int]) -> bool:
        """Whether so much is free."""
        return all(need <= left for need, left in zip(wanted, self.free(), strict=True))

    def place(self, wanted: tuple[int, int], parts: tuple[int, int], how: str, now: datetime) -> ModelOrder:
        """A new order, whose goods are free; ``how`` is ``transfer``, ``card`` or ``door``."""
        at_the_door = how == "door"
        order = ModelOrder(wanted, parts, how, None if at_the_door else now + HOLD)
        order.state = "confirmed" if at_the_door else "awaiting_payment"
        self.orders.append(order)
        return order

    def money_for(self, order: ModelOrder, amount: int, *, sent: datetime, now: datetime) -> None:
        """News of money that was sent for an order: it pays, pays in part, or pays nothing."""
        if order.due is None or order.state not in ("awaiting_payment", "expired"):
            return
        missing = order.total - order.received
        in_time = sent <= order.due
        if amount < missing:
            if in_time and order.state == "awaiting_payment":
                order.received += amount
            return
        is_open = order.state == "awaiting_payment" and max(now, sent) <= order.due
        if is_open or order.state == "awaiting_payment" or self.can_take(order.wanted):
            order.state, order.received = "paid", order.total

    def expire(self, now: datetime) -> int:
        """The worker closes what was not paid in time; how many."""
        late = [order for order in self.orders if order.state == "awaiting_payment" and order.due and order.due <= now]
        for order in late:
            order.state, order.received = "expired", 0
        return len(late)

    def cancel(self, order: ModelOrder) -> bool:
        """Whether the buyer may still cancel; then the goods are free again."""
        may = order.state in ("awaiting_payment", "confirmed", "paid") and order.progress < 2
        if may:
            self.refunds += order.was_paid
            order.owes_back = order.was_paid
            order.state, order.received = "cancelled", 0
        return may

    def advance(self, order: ModelOrder) -> bool:
        """One step of all parcels: packed, shipped, delivered. False when it is not to be packed."""
        if order.state not in ("confirmed", "paid"):
            return False
        order.progress += 1
        if order.progress == 3:
            order.state = "completed"
        return True

    def give_back(self, order: ModelOrder, in_all: int) -> None:
        """A refund was promised: only of money that is there, and ``in_all`` never more than that."""
        assert order.was_paid or order.owes_back, "a refund of money that nobody paid"
        assert 0 < in_all <= order.total, "more is given back than was paid"
        self.refunds += 1

    def money_for_sale(self, sale: ModelSale, amount: int) -> None:
        """News of a transfer to the trader for a sale."""
        if sale.state == "awaiting":
            sale.received += min(amount, sale.amount - sale.received)
            if sale.received == sale.amount:
                sale.state = "paid"

    def paid_out(self, producer: int) -> int:
        """What a producer got, or is about to get; never more than the delivered goods were sold for."""
        gone = sum(payout.amount for payout in self.payouts if payout.producer == producer and payout.state in GONE)
        sold = sum(order.parts[producer] for order in self.orders if order.state == "completed")
        assert gone <= sold, "more was paid out than was sold"
        return gone
