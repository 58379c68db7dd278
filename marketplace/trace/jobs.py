"""What the worker does for this room."""

from flask import Flask

from marketplace.outbox import handlers
from marketplace.trace.flows import check_due_links


def register(app: Flask) -> None:
    """Let the worker look every hour for links whose daily check is due."""
    own_pages = f"{app.config['PUBLIC_URL']}/t/"

    def check() -> None:
        check_due_links(own_pages=own_pages)

    handlers.every(3600, "trace.check_links", check)
