"""What the worker does for stalls: stop sales of goods that were recalled."""

from marketplace.inventory.services import LOT_RECALLED
from marketplace.outbox import handlers
from marketplace.stalls.flows import stop_recalled_sales


def register() -> None:
    """Listen to recalls beside the rooms below."""
    handlers.register(LOT_RECALLED, lambda payload: stop_recalled_sales(payload["lot_id"]), room="stalls")
