"""Orders and returns for programs."""

from marketplace.checkout.api import orders, returns
from marketplace.checkout.api.blueprint import blueprint

__all__ = ["blueprint", "orders", "returns"]
