"""Makes the room known to the worker."""

from flask import Flask

from marketplace.producers import jobs


def register(_app: Flask) -> None:
    """Deliver the messages about payout accounts."""
    jobs.register()
