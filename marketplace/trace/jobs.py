"""What the worker does for this room."""

from typing import Any

from flask import Flask

from marketplace.outbox import handlers
from marketplace.trace.calling import Outside
from marketplace.trace.flows import CALL_LINK, ask_for_calls, call_link, check_due_links


def register(app: Flask) -> None:
    """Let the worker look every hour for links whose daily check is due, and call those whose week is over."""
    shop = app.config["PUBLIC_URL"]

    def check() -> None:
        check_due_links(own_pages=f"{shop}/t/")

    handlers.every(3600, "trace.check_links", check)
    outside = Outside(user_agent=f"OCOP-marketplace-link-check/1.0 (+{shop})")
    is_wanted = bool(app.config["TRACE_LINK_CALLS"])

    def call(payload: dict[str, Any]) -> None:
        if is_wanted:  # when it was switched off meanwhile, the message ends without a call
            call_link(payload["link_id"], after=payload["after"], outside=outside)

    def ask() -> None:
        ask_for_calls()

    handlers.register(CALL_LINK, call)
    if is_wanted:
        handlers.every(300, "trace.ask_for_calls", ask)
