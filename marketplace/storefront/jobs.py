"""What the worker does for this room."""

from marketplace.core.db import retrying, transaction
from marketplace.outbox import handlers
from marketplace.storefront import changes


def register() -> None:
    """Hand the room's periodic work to the worker."""
    handlers.every(600, "storefront.add_up_writers", add_up_writers)


def add_up_writers() -> None:
    """Keep the list of those who changed the shelf short."""

    def work() -> None:
        with transaction():
            changes.add_up_writers()

    retrying(work)
