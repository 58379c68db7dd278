"""What is paid and told before a comparison, and what it found."""

from typing import Any

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.payments import flows, qr, services
from marketplace.payments.models import Payment, Rail
from marketplace.settlement.models import (
    DifferenceKind,
    DifferenceState,
    StatementDifference,
)
from marketplace.settlement.queries.pairs import StatementDay
from marketplace.settlement.queries.statement_days import statement_day
from marketplace.settlement.services import statement_lines
from tests.payments.conftest import NOON, make_payment, movement
from tests.payments.shop import OURS, Shop

TODAY = clock.local_day_of(NOON)


def rows(*states: DifferenceState) -> list[tuple[DifferenceKind, str]]:
    """Kind and subject of the differences in these states (by default the open ones), oldest first."""
    db.session.rollback()
    wanted = states or (DifferenceState.OPEN,)
    statement = select(StatementDifference).where(StatementDifference.state.in_(wanted))
    return [(row.kind, row.subject) for row in db.session.scalars(statement.order_by(StatementDifference.id))]


def kinds(*states: DifferenceState) -> list[DifferenceKind]:
    """The kinds of ``rows``, sorted."""
    return sorted(kind for kind, _subject in rows(*states))


def day(account: str = OURS.account) -> StatementDay:
    """The day's books beside the day's statement of an account."""
    db.session.rollback()
    return statement_day(account, TODAY)


def fresh(payment: Payment) -> Payment:
    """The payment as it is now."""
    db.session.rollback()
    db.session.refresh(payment)
    return payment


def transfer(shop: Shop, payment: Payment, **changes: Any) -> dict[str, Any]:
    """The buyer pays in the bank app, with changes; nobody has told the shop yet."""
    return shop.sandbox.pay(qr.payload(payment), **changes)


def by_card(amount: int = 120_000) -> Payment:
    """A payment that a card pays at once."""
    payment = make_payment(Rail.CARD, amount)
    flows.start(payment, payment_method="pm_card_visa")
    return fresh(payment)


def listed_by_bank(told: Any) -> None:
    """The bank lists what no notice told."""
    with transaction():
        statement_lines.keep_movements([told])


def invent_receipt(reference: str, amount: int) -> None:
    """The books hold a receipt that the bank knows nothing of."""
    payee = Payment(payee_bin=OURS.bin, payee_account=OURS.account, amount=amount, transfer_code="")
    told = movement(payee, bank_reference=reference)
    with transaction():
        services.record_receipt(told)
