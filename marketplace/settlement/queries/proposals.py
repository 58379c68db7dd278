"""What a waiting transfer may have been meant for, each with the reasons why: proposals to a person, never booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select

from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.payments import transfer_codes
from marketplace.payments.models import BankReceipt, Payment, PaymentState, Rail, ReceiptApplication

#: How long before a transfer its payment may have been asked for.
MOST_AGE = timedelta(days=60)
#: A payment asked for this shortly before the transfer is likely meant.
SOON = timedelta(hours=2)
#: Two clocks differ, and the bank's counts whole seconds.
_SLACK = timedelta(minutes=1)
_MOST_READ = 2000
_BY_CODE = frozenset({"named", "code"})
_MOST_SHOWN = 5


@dataclass(frozen=True)
class Proposal:
    """A payment that a transfer may be for. ``reasons``: named, code, amount, soon, payer; the strongest is first."""

    payment: Payment
    reasons: tuple[str, ...]

    @property
    def missing(self) -> Dong:
        """What the payment still asks for, in dong."""
        return self.payment.remaining


def proposals_for(receipt: BankReceipt) -> list[Proposal]:
    """Payments into the same account that were open to the transfer, by their code (one slip away) or the amount."""
    rest = receipt.amount - receipt.applied
    found = [
        (_reasons(receipt, payment, rest), payment)
        for payment in _open_payments(receipt)
        if not _was_refused(receipt, payment)
    ]
    likely = [(reasons, payment) for reasons, payment in found if {*_BY_CODE, "amount"} & set(reasons)]
    likely.sort(key=lambda pair: (_BY_CODE.isdisjoint(pair[0]), -len(pair[0]), -pair[1].id))
    return [_with_payer(receipt, Proposal(payment, reasons)) for reasons, payment in likely[:_MOST_SHOWN]]


def _was_refused(receipt: BankReceipt, payment: Payment) -> bool:
    """The transfer named this payment itself, and its owner did not want the money any more."""
    return receipt.reason == "payment_closed" and payment.transfer_code in transfer_codes.codes_in(receipt.memo)


def _open_payments(receipt: BankReceipt) -> Sequence[Payment]:
    statement = (
        select(Payment)
        .where(
            Payment.rail == Rail.VIETQR,
            Payment.state != PaymentState.SETTLED,
            or_(Payment.last_error.is_(None), Payment.last_error != "reversed_by_bank"),
            Payment.payee_bin == receipt.bin,
            Payment.payee_account == receipt.account,
            Payment.created_at <= receipt.transacted_at + _SLACK,
            Payment.created_at >= receipt.transacted_at - MOST_AGE,
        )
        .order_by(Payment.id.desc())
        .limit(_MOST_READ)
    )
    return db.session.scalars(statement).all()


def _reasons(receipt: BankReceipt, payment: Payment, rest: int) -> tuple[str, ...]:
    reasons = []
    if payment.transfer_code in transfer_codes.codes_in(receipt.memo):
        reasons.append("named")
    elif transfer_codes.is_near(str(payment.transfer_code), receipt.memo):
        reasons.append("code")
    if payment.amount - payment.received == rest:
        reasons.append("amount")
    if receipt.transacted_at - payment.created_at <= SOON:
        reasons.append("soon")
    return tuple(reasons)


def _with_payer(receipt: BankReceipt, proposal: Proposal) -> Proposal:
    """The same payer has paid a part of it before."""
    if not receipt.payer_account:
        return proposal
    statement = (
        select(BankReceipt.id)
        .join(ReceiptApplication, ReceiptApplication.receipt_id == BankReceipt.id)
        .where(ReceiptApplication.payment_id == proposal.payment.id, ReceiptApplication.released_at.is_(None))
        .where(BankReceipt.payer_account == receipt.payer_account, BankReceipt.id != receipt.id)
    )
    if db.session.scalars(statement.limit(1)).first() is None:
        return proposal
    return Proposal(proposal.payment, (*proposal.reasons, "payer"))
