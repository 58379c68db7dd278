"""Hands in the checks that look across rooms, and lets the worker ask them every hour."""

from flask import Flask

from marketplace.ledger import audit_checks
from marketplace.settlement import jobs
from marketplace.settlement.checks import CHECKS, cards


def register(app: Flask) -> None:
    """Let ``flask ledger audit`` look at the whole house."""
    audit_checks.add(*CHECKS, cards.check())
    jobs.register()
