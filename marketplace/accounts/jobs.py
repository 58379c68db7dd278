"""What the worker does for this room."""

from marketplace.accounts import services
from marketplace.core.db import transaction
from marketplace.outbox import handlers


def tidy() -> None:
    """Forget wrong tries that no longer count and sessions that ended."""
    with transaction():
        services.forget_old()


def register() -> None:
    """Hang the room's tasks up in the outbox."""
    handlers.every(3600, "accounts.tidy", tidy)
