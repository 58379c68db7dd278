"""How often one address may knock. Sign-in has its own counters in the database (accounts)."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, default_limits=[], headers_enabled=True)


def register(app: Flask) -> None:
    """Bind the limiter; counters live in Redis when it is configured, else in each process."""
    limiter.init_app(app)
