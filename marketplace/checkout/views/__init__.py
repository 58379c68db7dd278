"""Doors of checkout: the steps to an order, its page, and what producers and operators do with it."""

from marketplace.checkout.views import buying, fees, order_page, parcels  # noqa: F401  # they hang their doors on it
from marketplace.checkout.views.blueprint import blueprint

__all__ = ["blueprint"]
