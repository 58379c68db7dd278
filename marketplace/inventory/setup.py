"""Binds the room's periodic work to the worker."""

from flask import Flask

from marketplace.inventory import jobs


def register(_app: Flask) -> None:
    """Called once at start."""
    jobs.register()
