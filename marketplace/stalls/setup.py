"""Lets payments of stall sales find their sales."""

from flask import Flask

from marketplace.payments import purposes
from marketplace.payments.models import Purpose
from marketplace.stalls import words
from marketplace.stalls.services import StallSales


def register(app: Flask) -> None:
    """Own the purpose *stall sale*, and give the till's pages their clock."""
    purposes.register(Purpose.STALL_SALE, StallSales())
    app.jinja_env.filters["clock_time"] = words.time_of
