"""A purpose that only remembers what it was told, and movements as the bank writes them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from marketplace.core import clock
from marketplace.core.db import transaction
from marketplace.core.money import Dong
from marketplace.payments import purposes, services, settings
from marketplace.payments.models import Payment, Purpose, Rail, Refund
from marketplace.payments.movements import Movement
from tests.factories.accounts import UserFactory

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)


class Owner(purposes.PurposeHandler):
    """An owner of payments that writes down what it hears; ``revives`` is its answer to late money."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.revives = False

    def on_settled(self, payment: Payment, occurred_at: datetime) -> None:
        self.heard.append(("settled", payment.public_id))

    def on_failed(self, payment: Payment) -> None:
        self.heard.append(("failed", payment.public_id))

    def on_cancelled(self, payment: Payment) -> None:
        self.heard.append(("cancelled", payment.public_id))

    def may_revive(self, payment: Payment) -> bool:
        self.heard.append(("asked", payment.public_id))
        return self.revives

    def on_refunded(self, refund: Refund, occurred_at: datetime) -> None:
        self.heard.append(("refunded", refund.public_id))

    def on_refund_failed(self, refund: Refund) -> None:
        self.heard.append(("refund failed", refund.public_id))

    @property
    def verbs(self) -> list[str]:
        """What was heard, without about whom."""
        return [verb for verb, _ in self.heard]


class TraderOwner(Owner):
    """An owner whose money goes to stall 7 and never through us."""

    def accounts(self, payment: Payment) -> purposes.Accounts:
        return purposes.Accounts("stall:7:own_bank", "stall:7:sales", "stall:7:own_bank")


@pytest.fixture
def owner(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Owner]:
    """Hears of every payment of an order."""
    handler = Owner()
    monkeypatch.setitem(purposes._handlers, Purpose.ORDER, handler)
    with clock.frozen(NOON):
        yield handler


@pytest.fixture
def trader(app: Flask, monkeypatch: pytest.MonkeyPatch) -> TraderOwner:
    """Hears of every payment of a stall sale."""
    handler = TraderOwner()
    monkeypatch.setitem(purposes._handlers, Purpose.STALL_SALE, handler)
    return handler


TRADERS_ACCOUNT = settings.Payee("999999", "1017595600", "TRAN THI B")


def make_payment(rail: Rail = Rail.VIETQR, amount: int = 120_000, **options: Any) -> Payment:
    """An order's payment, committed; 30 minutes to pay."""
    options = {"purpose": Purpose.ORDER, "expires_at": clock.now() + timedelta(minutes=30), **options}
    with transaction():
        return services.open_payment(options.pop("purpose"), rail, Dong(amount), **options)


def movement(payment: Payment, amount: int | None = None, **changes: Any) -> Movement:
    """The transfer that pays ``payment`` as asked, or with changes."""
    values: dict[str, Any] = {
        "id": f"bn_{changes.get('bank_reference', 'FT1')}",
        "bank_reference": "FT1",
        "bin": payment.payee_bin,
        "account": payment.payee_account,
        "direction": "in",
        "amount": Dong(payment.amount if amount is None else amount),
        "currency": "VND",
        "memo": payment.transfer_code,
        "transacted_at": clock.now(),
        "payer_name": "NGUYEN VAN A",
        "payer_account": "0123456789",
    }
    return Movement(**{**values, **changes})


def receive(payment: Payment, amount: int | None = None, **changes: Any) -> services.Recorded:
    """Let the bank report such a transfer."""
    told = movement(payment, amount, **changes)
    with transaction():
        return services.record_receipt(told)


def decision(note: str = "Đã hỏi người chuyển") -> services.Decision:
    """A decision of a new operator; inside or outside a transaction of the test."""
    person = UserFactory()
    return services.Decision(person.id, note)
