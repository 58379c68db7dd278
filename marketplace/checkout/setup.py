"""Makes the room known to the rooms below that call it back: payments and the worker."""

from flask import Flask

from marketplace.checkout import jobs
from marketplace.checkout.paying import OrderPayments
from marketplace.payments import purposes
from marketplace.payments.models import Purpose


def register(_app: Flask) -> None:
    """Hear of the payments of orders, deliver the messages about orders."""
    purposes.register(Purpose.ORDER, OrderPayments())
    jobs.register()
