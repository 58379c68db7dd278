"""Binds the room's periodic work to the worker."""

from flask import Flask

from marketplace.storefront import jobs


def register(_app: Flask) -> None:
    """Called once at start."""
    jobs.register()
