"""Binds the room's periodic work to the worker."""

from flask import Flask

from marketplace.trace import jobs


def register(app: Flask) -> None:
    """Called once at start."""
    jobs.register(app)
