"""What can go wrong on the way from a cart to an order, and with an order's money."""

from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong


class CartChanged(Conflict):
    """The cart is not what the buyer was shown: another price, quantity or fee. Nothing was charged."""

    def __init__(self) -> None:
        super().__init__("cart_changed")


class CartNotReady(Conflict):
    """A line cannot be bought any more, the age is not confirmed, or the cart is empty."""

    def __init__(self) -> None:
        super().__init__("cart_not_ready")


class GoodsGone(Conflict):
    """Somebody was quicker: ``left`` packs of ``product`` could still be had (P01)."""

    def __init__(self, *, pack_id: int, product: str, left: int) -> None:
        super().__init__("order_stock_short", pack_id=pack_id, product=product, left=left)


class KeyReused(Invalid):
    """The one-time key was used for another content (S6)."""

    def __init__(self) -> None:
        super().__init__("idempotency_key_reused")


class RefundTooLarge(Conflict):
    """More is to be given back than is left of what was paid (P13). ``left`` in dong."""

    def __init__(self, *, left: Dong) -> None:
        super().__init__("refund_too_large", left=left)
