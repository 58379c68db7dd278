"""Orders, their payments and returns for programs."""

from marketplace.checkout.api import orders, payments, returns
from marketplace.checkout.api.blueprint import blueprint

__all__ = ["blueprint", "orders", "payments", "returns"]
