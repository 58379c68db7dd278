"""What a small shop should do, in a page: orders, stock and sales as plain values, without a database or a bank.

The machine does each step here and in the real shop, and compares. Money that a model order has received counts only
once its news has arrived, as in the shop.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOLD = timedelta(minutes=30)


@dataclass
class ModelOrder:
    """``wanted`` units of each pack; ``received`` by transfers so far; ``due`` is None for cash on delivery."""

    wanted: tuple[int, int]
    total: int
    due: datetime | None
    state: str = "awaiting_payment"
    received: int = 0
    progress: int = 0

    @property
    def holds_goods(self) -> bool:
        """Whether its goods are nobody else's: promised or sold."""
        return self.state in ("awaiting_payment", "confirmed", "paid", "completed")


@dataclass
class ModelSale:
    """A sale at the stall by transfer or in cash."""

    amount: int
    is_cash: bool
    state: str = "awaiting"
    received: int = 0


@dataclass
class Model:
    """The shop as it should be."""

    units: tuple[int, int]
    orders: list[ModelOrder] = field(default_factory=list)
    sales: list[ModelSale] = field(default_factory=list)

    def free(self) -> tuple[int, int]:
        """Units of each pack that can still be sold."""
        taken = [sum(order.wanted[pack] for order in self.orders if order.holds_goods) for pack in range(2)]
        return self.units[0] - taken[0], self.units[1] - taken[1]

    def can_take(self, wanted: tuple[int, int]) -> bool:
        """Whether so much is free."""
        return all(need <= left for need, left in zip(wanted, self.free(), strict=True))

    def place(self, wanted: tuple[int, int], total: int, now: datetime, *, at_the_door: bool) -> ModelOrder:
        """A new order, whose goods are free."""
        order = ModelOrder(wanted, total, None if at_the_door else now + HOLD)
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

    def expire(self, now: datetime) -> None:
        """The worker closes what was not paid in time."""
        for order in self.orders:
            if order.state == "awaiting_payment" and order.due is not None and order.due <= now:
                order.state, order.received = "expired", 0

    def cancel(self, order: ModelOrder) -> bool:
        """Whether the buyer may still cancel; then the goods are free again."""
        may = order.state in ("awaiting_payment", "confirmed", "paid") and order.progress < 2
        if may:
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

    def money_for_sale(self, sale: ModelSale, amount: int) -> None:
        """News of a transfer to the trader for a sale."""
        if sale.state == "awaiting":
            sale.received += min(amount, sale.amount - sale.received)
            if sale.received == sale.amount:
                sale.state = "paid"
