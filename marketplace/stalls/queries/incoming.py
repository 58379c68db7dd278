"""Money on a trader's own account that carries no code of ours, and the sales that it may have paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import joinedload

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.payments.models import BankReceipt, Payment, ReceiptState
from marketplace.stalls.models import Sale, SaleState, Stall
from marketplace.stalls.queries.accounts import accounts_ever_in_force

#: A transfer can pay a sale that was rung up at most so long before or after it.
MATCH_WINDOW = timedelta(minutes=15)
#: How far back the trader's list of incoming money reaches.
SHOWN_FOR = timedelta(hours=24)
_MOST = 50


@dataclass(frozen=True)
class Incoming:
    """A transfer without a code, and the waiting sales of the same amount within ``MATCH_WINDOW``, oldest first.

    ``rivals``: other transfers of the same amount that could pay one of these sales. With more than one sale or a
    rival only the trader can tell which belongs to which.
    """

    receipt: BankReceipt
    sales: Sequence[Sale]
    rivals: int

    @property
    def is_ambiguous(self) -> bool:
        """Whether the amount alone does not tell which sale was paid."""
        return len(self.sales) > 1 or (self.rivals > 0 and bool(self.sales))


def list_incoming(stall: Stall) -> list[Incoming]:
    """Unmatched transfers of the last day to the stall's accounts, former ones too, newest first, with the sales that
    may be meant.
    """
    since = clock.now() - SHOWN_FOR
    statement = select(BankReceipt).where(_waits_on(stall), BankReceipt.transacted_at >= since)
    found = db.session.scalars(statement.order_by(BankReceipt.transacted_at.desc(), BankReceipt.id.desc()).limit(_MOST))
    receipts = list(found)
    sales = _waiting_sales(stall.id, {receipt.amount for receipt in receipts})
    matches = {receipt.id: [sale for sale in sales if may_pay(receipt, sale)] for receipt in receipts}
    return [Incoming(receipt, matches[receipt.id], _rivals(receipt, matches)) for receipt in receipts]


def count_incoming(stall: Stall) -> int:
    """How many transfers of the last day to the stall's accounts wait for the trader's word."""
    since = clock.now() - SHOWN_FOR
    statement = select(func.count()).select_from(BankReceipt)
    return db.session.scalar(statement.where(_waits_on(stall), BankReceipt.transacted_at >= since)) or 0


def find_incoming(stall: Stall, receipt_id: int) -> BankReceipt | None:
    """A transfer to an account of the stall that carries no code of ours, whether it waits or is decided; or None."""
    statement = select(BankReceipt).where(BankReceipt.id == receipt_id, _reached(stall))
    return db.session.scalars(statement).one_or_none()


def may_pay(receipt: BankReceipt, sale: Sale) -> bool:
    """Whether amount, account and moment of a transfer fit a waiting sale. Never enough by itself to pay it."""
    payment = sale.payment
    return (
        payment is not None
        and sale.state is SaleState.AWAITING
        and payment.received == 0
        and sale.amount == receipt.amount
        and (payment.payee_bin, payment.payee_account) == (receipt.bin, receipt.account)
        and abs(receipt.transacted_at - sale.sold_at) <= MATCH_WINDOW
    )


def _reached(stall: Stall) -> ColumnElement[bool]:
    """On the account in force, or on a former one that codes and printed cards led to."""
    known = sorted(accounts_ever_in_force(stall.id))
    reached = (and_(BankReceipt.bin == bank, BankReceipt.account == account) for bank, account in known)
    return and_(or_(false(), *reached), BankReceipt.is_ours.is_(False))


def _waits_on(stall: Stall) -> ColumnElement[bool]:
    untouched = (BankReceipt.state == ReceiptState.UNAPPLIED, BankReceipt.payment_id.is_(None))
    return and_(_reached(stall), *untouched)


def _waiting_sales(stall_id: int, amounts: set[int]) -> Sequence[Sale]:
    statement = (
        select(Sale)
        .join(Sale.payment)
        .options(joinedload(Sale.payment))
        .where(Sale.stall_id == stall_id, Sale.state == SaleState.AWAITING, Payment.received == 0)
        .where(Sale.amount.in_(amounts), Sale.sold_at >= clock.now() - SHOWN_FOR - MATCH_WINDOW)
        .order_by(Sale.sold_at, Sale.id)
    )
    return db.session.scalars(statement).all()


def _rivals(receipt: BankReceipt, matches: dict[int, list[Sale]]) -> int:
    mine = {sale.id for sale in matches[receipt.id]}
    others = (sales for receipt_id, sales in matches.items() if receipt_id != receipt.id)
    return sum(1 for sales in others if mine & {sale.id for sale in sales})
