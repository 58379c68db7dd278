"""Doors of this room: signing in and out, one's own account, and the operator's list of people."""

from marketplace.accounts.views import account, people, signing_in
from marketplace.accounts.views.base import blueprint

__all__ = ["account", "blueprint", "people", "signing_in"]
