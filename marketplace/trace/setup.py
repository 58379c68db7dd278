"""Binds the room's work to the worker, and tells producers of links that do not work."""

from flask import Flask

from marketplace.catalogue import notices
from marketplace.trace import jobs
from marketplace.trace.words import notices_of_links


def register(app: Flask) -> None:
    """Called once at start."""
    jobs.register(app)
    notices.register("trace.links", notices_of_links)
