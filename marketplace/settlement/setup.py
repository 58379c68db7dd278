"""Hands in the checks that look across rooms, hears of payouts, opens the producers' own door, compares the books."""

from flask import Flask

from marketplace.ledger import audit_checks
from marketplace.payments import transfers
from marketplace.payments.models import TransferPurpose
from marketplace.settlement import jobs
from marketplace.settlement.checks import CHECKS, cards
from marketplace.settlement.services.payouts import PayoutTransfers
from marketplace.settlement.views import boards, producers


def register(app: Flask) -> None:
    """Let the worker ask the audit and compare the books, and the bank's transfers of payouts be heard."""
    audit_checks.add(*CHECKS, cards.check())
    transfers.register(TransferPurpose.PAYOUT, PayoutTransfers())
    jobs.register()
    app.register_blueprint(producers.blueprint)
    app.register_blueprint(boards.blueprint)
