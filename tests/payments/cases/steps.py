"""What a buyer and a bank do in the cases, and what the books say then."""

from datetime import timedelta
from typing import Any

import requests
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.payments import qr
from marketplace.payments.models import (
    BankReceipt,
    GatewayEvent,
    Payment,
    WorkItem,
)
from marketplace.sandbox.signing import bank_headers
from tests.payments.conftest import Owner
from tests.payments.shop import Shop
from tests.sandbox.server import NOTICE_SECRET

BOOKS = ("bank:collecting", "unapplied", "payment:funding", "order:escrow")


class Taking(Owner):
    """An owner that credits a producer, and takes the credit back when the money goes back to the bank."""

    def __init__(self) -> None:
        super().__init__()
        self.unapplied: list[tuple[int, str]] = []

    def may_unpay(self, payment: Payment) -> bool:
        return True

    def on_unpaid(self, payment: Payment, occurred_at: Any) -> None:
        self.heard.append(("unpaid", payment.public_id))

    def on_unapplied(self, payment: Payment, amount: Dong, reason: str) -> None:
        self.unapplied.append((amount, reason))


def pay(shop: Shop, payment: Payment, **changes: Any) -> dict[str, Any]:
    """The buyer pays ``payment`` in the bank app, with changes; the shop hears of it at once and says 200."""
    booking = shop.sandbox.pay(qr.payload(payment), **changes)
    assert shop.deliver() == [200]
    db.session.refresh(payment)
    return booking


def books() -> dict[str, int]:
    """Balances of the accounts that transfers pass, those of zero left out."""
    return {code: amount for code, amount in ledger.balances(BOOKS).items() if amount}


def receipts() -> list[tuple[str, str | None]]:
    """State and reason of each receipt, oldest first."""
    db.session.rollback()
    return [(row.state.value, row.reason) for row in db.session.scalars(select(BankReceipt).order_by(BankReceipt.id))]


def items() -> list[tuple[str, str, str]]:
    """Kind, reason and state of each work item, oldest first."""
    db.session.rollback()
    rows = db.session.scalars(select(WorkItem).order_by(WorkItem.id))
    return [(row.kind.value, row.reason, row.state.value) for row in rows]


def at(**shift: float) -> str:
    """A moment on the bank's clock, so far from now."""
    return clock.local(clock.now() + timedelta(**shift)).isoformat(timespec="seconds")


def notice(shop: Shop, body: bytes, *, secret: str = NOTICE_SECRET, age: int = 0) -> requests.Response:
    """Send the shop a notice, as the bank or as somebody who only says so."""
    headers = bank_headers(secret, int(clock.now().timestamp()) - age, body)
    answer = requests.post(f"{shop.url}/webhooks/bank", data=body, headers=headers, timeout=10)
    db.session.rollback()
    return answer


def last_notice(shop: Shop) -> bytes:
    """The body of the newest notice that the bank sent."""
    newest = select(GatewayEvent.body).order_by(GatewayEvent.id.desc()).limit(1)
    return db.session.scalars(newest).one().encode()
