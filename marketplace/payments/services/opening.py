"""A payment is born: amount, rail and deadline never change afterwards (I25)."""

import secrets
from datetime import datetime

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.payments import limits, purposes, settings, transfer_codes
from marketplace.payments.models import Payment, PaymentState, Purpose, Rail
from marketplace.payments.settings import Payee


def open_payment(
    purpose: Purpose,
    rail: Rail,
    amount: Dong,
    *,
    expires_at: datetime | None = None,
    payee: Payee | None = None,
    code: str | None = None,
) -> Payment:
    """Ask for ``amount`` dong, once. Posts nothing: no money has moved.

    ``payee`` is the account a transfer must reach, by default the platform's collecting account. Card payments start
    *created* (``flows.start`` calls the gateway), transfers and cash on delivery *pending*. After ``expires_at``
    (UTC; bank time for transfers) money counts as late. ``code``: the transfer code that was reserved for it; the
    caller sees to it that it is used once (``receipts.apply_waiting`` then finds money that was quicker).
    Raises ``Invalid`` when the rail cannot carry the amount.
    """
    limits.check(rail, amount)
    by_transfer = rail is Rail.VIETQR
    account = (payee or settings.current().collecting) if by_transfer else None
    payment = Payment(
        public_id=secrets.token_hex(12),
        purpose=purpose,
        rail=rail,
        amount=amount,
        received=Dong(0),
        refunded=Dong(0),
        state=PaymentState.CREATED if rail is Rail.CARD else PaymentState.PENDING,
        idempotency_key=secrets.token_hex(16),
        transfer_code=(code or free_code(purpose)) if by_transfer else None,
        payee_bin=account.bin if account else None,
        payee_account=account.account if account else None,
        payee_name=account.name if account else None,
        expires_at=expires_at,
        created_at=clock.now(),
    )
    db.session.add(payment)
    db.session.flush()
    return payment


def free_code(purpose: Purpose) -> str:
    """A transfer code that no payment has and that is reserved for none."""
    while True:
        code = transfer_codes.new_code(purpose)
        is_known = db.session.scalar(select(Payment.id).where(Payment.transfer_code == code)) is not None
        if not is_known and not purposes.hold_reserved([code], purpose):
            return code
