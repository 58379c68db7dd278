"""Hands in the checks that look across rooms."""

from flask import Flask

from marketplace.ledger import audit_checks
from marketplace.settlement.checks import CHECKS, cards


def register(app: Flask) -> None:
    """Let ``flask ledger audit`` look at the whole house."""
    audit_checks.add(*CHECKS, cards.check())
