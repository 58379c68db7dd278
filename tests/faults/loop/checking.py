"""What was acknowledged against what is there: each thing exactly once, and both sides tell the same."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select

from marketplace.core.db import db
from marketplace.ledger import audit_checks
from marketplace.orders.models import Order, OrderState
from marketplace.payments.models import BankReceipt, Payment, PaymentState, Rail
from marketplace.stalls.models import Sale
from tests.faults.loop.clients import Acknowledged
from tests.proof.outside import Outside


def lost(told: Acknowledged) -> list[str]:
    """Acknowledged orders, sales and payments that are not there exactly once, with the amount that was told."""
    orders = [(number, total) for number, total in db.session.execute(select(Order.number, Order.total))]
    sales = [(client_id, amount) for client_id, amount in db.session.execute(select(Sale.client_id, Sale.amount))]
    receipts = Counter(db.session.scalars(select(BankReceipt.bank_reference)))
    paid = set(db.session.scalars(select(Order.number).where(Order.state == OrderState.PAID)))
    return [
        *_missing("order", told.orders, orders),
        *_missing("sale", told.sales, sales),
        *(f"transfer {name} is there {receipts[name]} times" for name in told.transfers if receipts[name] != 1),
        *(f"order {number} is not paid" for number in sorted((told.paid | set(told.transfers.values())) - paid)),
    ]


def differences(outside: Outside) -> list[str]:
    """Where gateway and bank tell another story than the books (I30)."""
    settled = select(Payment.gateway_id).where(Payment.state == PaymentState.SETTLED, Payment.rail == Rail.CARD)
    ours = Counter(db.session.scalars(settled))
    theirs = Counter(intent["id"] for intent in outside.objects("payment_intent") if intent["status"] == "succeeded")
    named = Counter(
        intent["metadata"]["payment"] for intent in outside.objects("payment_intent") if intent["status"] == "succeeded"
    )
    return [
        *(
            f"charge {name}: {theirs[name]} there, {ours[name]} here"
            for name in theirs | ours
            if theirs[name] != ours[name]
        ),
        *(f"payment {name} was charged {times} times" for name, times in named.items() if times > 1),
    ]


def broken_promises() -> list[str]:
    """Names and offenders of the audit's checks that fail."""
    return [f"{found.check.name}: {list(found.rows)[:3]}" for found in audit_checks.run()]


def _missing(kind: str, told: dict[str, int], there: Sequence[tuple[str, int]]) -> list[str]:
    times, amounts = Counter(name for name, _amount in there), dict(there)
    return [
        f"{kind} {name} of {amount} dong is there {times[name]} times, of {amounts.get(name)} dong"
        for name, amount in told.items()
        if (times[name], amounts.get(name)) != (1, amount)
    ]
