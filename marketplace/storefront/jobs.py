"""What the worker does for this room."""

from marketplace.core.db import retrying, transaction
from marketplace.outbox import handlers
from marketplace.storefront import changes


def register() -> None:
    """Hand the room's periodic work to the worker."""
    handlers.every(600, "storefront.forget_old_changes", forget_old_changes)


def forget_old_changes() -> None:
    """Keep the list of changes short."""

    def work() -> None:
        with transaction():
            changes.forget_old_changes()

    retrying(work)
