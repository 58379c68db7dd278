"""Hands in the ledger's own checks."""

from flask import Flask

from marketplace.ledger import audit_checks
from marketplace.ledger.checks import CHECKS


def register(app: Flask) -> None:
    """Let ``flask ledger audit`` look at the ledger."""
    audit_checks.add(*CHECKS)
