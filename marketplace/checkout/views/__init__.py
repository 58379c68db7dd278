"""Doors of checkout: the steps to an order, its page, and what producers and operators do with it."""

from marketplace.checkout.views import buying, calling_back, documents, fees, order_page, parcels, returns  # noqa: F401  # they hang their doors on it
from marketplace.checkout.views.blueprint import blueprint

__all__ = ["blueprint"]
