"""Tells this room which gateway and which bank stand outside, and lets the worker finish what hangs."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from marketplace.payments import jobs, settings, transfers
from marketplace.payments.bank import BankClient
from marketplace.payments.breaker import Breaker
from marketplace.payments.gateway import Gateway
from marketplace.payments.http import Line, Patience
from marketplace.payments.services.paying_back import HANDLERS


def register(app: Flask) -> None:
    """Read the settings of the application."""
    config = app.config
    settings.configure(
        settings.PaymentSettings(
            collecting=settings.Payee(config["BANK_BIN"], config["BANK_ACCOUNT"], config["BANK_HOLDER"]),
            gateway=Gateway(config["STRIPE_API_BASE"], config["STRIPE_API_KEY"], line=_line(config)),
            bank=BankClient(config["BANK_API_BASE"], config["BANK_API_KEY"], line=_line(config)),
            webhook_secrets=tuple(config["STRIPE_WEBHOOK_SECRET"].split(",")),
            notice_secrets=tuple(config["BANK_NOTICE_SECRET"].split(",")),
        )
    )
    for purpose, handler in HANDLERS.items():
        transfers.register(purpose, handler)
    jobs.register()


def _line(config: Mapping[str, Any]) -> Line:
    """Each side has its own: a bank that is silent says nothing about the gateway."""
    budget = config["CALL_BUDGET_MS"] / 1000
    patience = Patience(read=min(Patience.read, budget), budget=budget)
    return Line(patience, Breaker(config["CIRCUIT_FAILURES"], pause=float(config["CIRCUIT_PAUSE_SECONDS"])))
