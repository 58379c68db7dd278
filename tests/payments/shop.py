"""The shop served over HTTP beside a real sandbox: webhooks and notices travel as they would."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from flask import Flask, has_app_context

from marketplace.core.db import db
from marketplace.payments import http, settings
from marketplace.payments.bank import BankClient
from marketplace.payments.breaker import Breaker
from marketplace.payments.gateway import Gateway
from tests.sandbox.server import BANK_KEY, NOTICE_SECRET, STRIPE_KEY, WEBHOOK_SECRET, Sandbox, start_sandbox
from tests.serving import Served, serve_application

OURS = settings.Payee("999999", "1900000001", "SAN OCOP MO PHONG")
IMPATIENT = http.Patience(connect=2.0, read=2.5, first_delay=0.05)
#: Tests that order faults by the dozen are about what comes after them.
ALWAYS_ASKING = Breaker(failures=0)


@dataclass
class Shop:
    """The running pair. ``deliver`` lets the sandbox send what waits."""

    served: Served
    sandbox: Sandbox

    @property
    def url(self) -> str:
        """Where the shop listens."""
        return self.served.base_url

    def deliver(self) -> list[int | None]:
        """Carry every waiting event and notice once; the statuses that the shop answered. Then one reads afresh."""
        statuses = [attempt.status for attempt in self.sandbox.deliver_now()]
        if has_app_context():
            db.session.rollback()
        return statuses

    def fault(self, channel: str, kind: str, **options: Any) -> None:
        """Let the next calls or messages of the sandbox go wrong."""
        answer = requests.post(
            f"{self.sandbox.base_url}/sandbox/faults", json={"channel": channel, "kind": kind, **options}, timeout=5
        )
        assert answer.status_code < 300, answer.text

    def faults_left(self) -> int:
        """How many calls and messages are still to go wrong."""
        waiting = requests.get(
            f"{self.sandbox.base_url}/sandbox/faults", headers={"Accept": "application/json"}, timeout=5
        ).json()["waiting"]
        return sum(fault["count"] for fault in waiting)

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        requests.post(f"{self.sandbox.base_url}/sandbox/faults", json={"clear": True}, timeout=5)

    def stop(self) -> None:
        """Stop both."""
        self.sandbox.stop()
        self.served.stop()


@contextmanager
def open_shop(
    app: Flask, folder: Path, *, patience: http.Patience = IMPATIENT, breaker: Breaker = ALWAYS_ASKING
) -> Iterator[Shop]:
    """Serve ``app`` and a sandbox that knows it while the block runs; the payments room talks to that sandbox."""
    before = settings.current()
    served = serve_application(app)
    url = served.base_url
    sandbox = start_sandbox(folder, webhook_url=f"{url}/webhooks/stripe", bank_notice_url=f"{url}/webhooks/bank")
    connect(sandbox.base_url, patience=patience, breaker=breaker)
    shop = Shop(served, sandbox)
    try:
        yield shop
    finally:
        shop.stop()
        settings.configure(before)


def connect(base_url: str, *, patience: http.Patience = IMPATIENT, breaker: Breaker = ALWAYS_ASKING) -> None:
    """Let the payments room of this process talk to the sandbox at ``base_url``."""
    settings.configure(
        settings.PaymentSettings(
            collecting=OURS,
            gateway=Gateway(base_url, STRIPE_KEY, line=http.Line(patience, breaker)),
            bank=BankClient(f"{base_url}/bank", BANK_KEY, line=http.Line(patience, ALWAYS_ASKING)),
            webhook_secrets=(WEBHOOK_SECRET,),
            notice_secrets=(NOTICE_SECRET,),
        )
    )
