"""What the worker does for this room."""

from marketplace.core.db import retrying, transaction
from marketplace.inventory import services
from marketplace.outbox import handlers


def register() -> None:
    """Hand the room's periodic work to the worker."""
    handlers.every(60, "inventory.free_lapsed_holds", free_lapsed_holds)


def free_lapsed_holds() -> None:
    """Free promises past their deadline, so that the books say what buyers see anyway (P12, I22)."""

    def work() -> None:
        with transaction():
            services.free_lapsed_holds()

    retrying(work)
