"""What can go wrong with a cart."""

from marketplace.core.errors import Conflict, NotFound


class CartNotFound(NotFound):
    """No cart with that token."""

    def __init__(self) -> None:
        super().__init__("cart_not_found")


class NotSold(Conflict):
    """The pack cannot be bought now (or does not exist: both answer alike, P04)."""

    def __init__(self, pack_id: int) -> None:
        super().__init__("pack_not_sold", pack_id=pack_id)


class StockShort(Conflict):
    """More was asked for than is there; ``left`` packs could be had (S1)."""

    def __init__(self, pack_id: int, *, product: str, left: int) -> None:
        super().__init__("cart_stock_short", pack_id=pack_id, product=product, left=left)
