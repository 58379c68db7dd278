"""Market fees: set for a month, paid by transfer through the platform, or in cash on a numbered receipt."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select, update

from marketplace.audit.services import record
from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.ledger import services as ledger
from marketplace.payments import services as payments
from marketplace.payments.models import Payment, Purpose, Rail
from marketplace.payments.purposes import Accounts, PurposeHandler
from marketplace.stalls import queries
from marketplace.stalls.models import FeeState, Market, MarketFee, Means, Stall
from marketplace.stalls.services.former import replace_payment

#: A fee that the board took in cash (fact: the fee).
CASH_FEE = "market_fee_cash"


class MarketFees(PurposeHandler):
    """Payments of the purpose *market fee*: on the platform's account, owed to the market's board."""

    def accounts(self, payment: Payment) -> Accounts:
        """``payment:funding`` against ``market:<id>:payable``."""
        market_id = db.session.scalars(select(MarketFee.market_id).where(MarketFee.payment_id == payment.id)).one()
        return Accounts("payment:funding", f"market:{market_id}:payable", "bank:collecting")

    def on_settled(self, payment: Payment, occurred_at: datetime) -> None:
        """The fee is paid since the bank's moment. Raises ``ValueError`` when no fee waits for this payment."""
        statement = update(MarketFee).where(MarketFee.payment_id == payment.id, MarketFee.state == FeeState.DUE)
        paid = statement.values(state=FeeState.PAID, means=Means.QR, paid_at=occurred_at)
        if not changed_one(paid, synchronize="fetch"):
            raise ValueError("no market fee waits for this payment")

    def may_unpay(self, payment: Payment) -> bool:
        """As long as this payment is what paid the fee; what its board got already is taken off its next payouts."""
        fee = db.session.scalars(select(MarketFee).where(MarketFee.payment_id == payment.id)).one_or_none()
        return fee is not None and fee.state is FeeState.PAID and fee.means is Means.QR

    def on_unpaid(self, payment: Payment, occurred_at: datetime) -> None:
        """The bank took the money back: the fee is due again, with a code of its own."""
        fee = db.session.scalars(select(MarketFee).where(MarketFee.payment_id == payment.id)).one()
        fee.state, fee.means, fee.paid_at = FeeState.DUE, None, None
        replace_payment(fee, payments.open_payment(Purpose.MARKET_FEE, Rail.VIETQR, fee.amount))

    def may_revive(self, payment: Payment) -> bool:
        """Money is welcome as long as the fee is due."""
        state = db.session.scalar(select(MarketFee.state).where(MarketFee.payment_id == payment.id).with_for_update())
        return state is FeeState.DUE


def set_fees(
    market: Market, stalls: Sequence[Stall], *, period: date, amount: Dong, due_on: date, actor_id: int
) -> list[MarketFee]:
    """Let each of these stalls owe ``amount`` dong for the month of ``period``; a stall that owes for it is left alone.

    Raises ``Invalid`` (``fee_due_before_month``), and when the amount cannot be transferred.
    """
    first = period.replace(day=1)
    if due_on < first:
        raise Invalid("fee_due_before_month", field="due_on")
    _hold_market(market.id)
    known = queries.stalls_with_fee(market.id, first)
    made = [
        _open_fee(market, stall, period=first, amount=amount, due_on=due_on, actor_id=actor_id)
        for stall in stalls
        if stall.id not in known
    ]
    record(
        "market.fees_set",
        object_type="market",
        object_id=market.id,
        actor_id=actor_id,
        period=f"{first:%Y-%m}",
        amount=amount,
        stalls=len(made),
    )
    return made


def change_fee(fee: MarketFee, *, amount: Dong, due_on: date, actor_id: int) -> None:
    """Another amount or day for a fee that is due. A new amount gets a new code; money for the old one is unapplied.

    Raises ``Conflict`` (``fee_not_due``; ``fee_partly_paid``), ``Invalid`` (``fee_due_before_month``).
    """
    _lock_due(fee)
    if due_on < fee.period:
        raise Invalid("fee_due_before_month", field="due_on")
    if amount != fee.amount:
        payments.cancel(fee.payment)
        replace_payment(fee, payments.open_payment(Purpose.MARKET_FEE, Rail.VIETQR, amount))
        fee.amount = amount
    fee.due_on = due_on
    db.session.flush()
    record("market.fee_changed", object_type="market_fee", object_id=fee.id, actor_id=actor_id, amount=amount)


def take_fee_in_cash(fee: MarketFee, *, receipt_number: str, actor_id: int) -> None:
    """The board took a fee in cash and wrote this receipt. The code is given up.

    Posts ``market_fee_cash`` (fact: the fee): ``market:<id>:cash`` + amount, ``market:<id>:fees`` - amount; the money
    never was the platform's. Raises ``Conflict`` (``fee_not_due``; ``fee_partly_paid``), ``Invalid``
    (``receipt_number_taken``: another fee of the market has it).
    """
    _hold_market(fee.market_id)
    _lock_due(fee)
    if queries.receipt_number_is_taken(fee.market_id, receipt_number):
        raise Invalid("receipt_number_taken", field="receipt_number")
    payments.cancel(fee.payment)
    fee.state, fee.means, fee.paid_at = FeeState.PAID, Means.CASH, clock.now()
    fee.receipt_number, fee.recorded_by = receipt_number, actor_id
    db.session.flush()
    ledger.post(
        CASH_FEE,
        ref_type="market_fee",
        ref_id=str(fee.id),
        occurred_at=fee.paid_at,
        lines={f"market:{fee.market_id}:cash": fee.amount, f"market:{fee.market_id}:fees": Dong(-fee.amount)},
    )
    record("market.fee_taken", object_type="market_fee", object_id=fee.id, actor_id=actor_id, amount=fee.amount)


def waive_fee(fee: MarketFee, *, reason: str, actor_id: int) -> None:
    """Let a stall off a fee, with the reason. Raises ``Conflict`` (``fee_not_due``; ``fee_partly_paid``),
    ``Invalid`` (``required``).
    """
    if not reason:
        raise Invalid("required", field="reason")
    _lock_due(fee)
    payments.cancel(fee.payment)
    fee.state, fee.waived_reason, fee.recorded_by = FeeState.WAIVED, reason, actor_id
    db.session.flush()
    record("market.fee_waived", object_type="market_fee", object_id=fee.id, actor_id=actor_id, amount=fee.amount)


def _open_fee(market: Market, stall: Stall, *, period: date, amount: Dong, due_on: date, actor_id: int) -> MarketFee:
    fee = MarketFee(
        market_id=market.id,
        stall_id=stall.id,
        period=period,
        amount=amount,
        due_on=due_on,
        state=FeeState.DUE,
        payment=payments.open_payment(Purpose.MARKET_FEE, Rail.VIETQR, amount),
        set_by=actor_id,
        created_at=clock.now(),
    )
    db.session.add(fee)
    db.session.flush()
    return fee


def _hold_market(market_id: int) -> None:
    """Let one at a time set fees and use numbers of receipts in a market; before any payment or fee is locked.

    Whoever only names the market by a foreign key goes on, as the bank does that takes a fee back.
    """
    db.session.execute(select(Market.id).where(Market.id == market_id).with_for_update(key_share=True))


def _lock_due(fee: MarketFee) -> None:
    """Hold the fee's payment, then the fee: the bank's notice takes them in the same order."""
    db.session.execute(select(Payment.id).where(Payment.id == fee.payment_id).with_for_update())
    db.session.execute(select(MarketFee.id).where(MarketFee.id == fee.id).with_for_update())
    db.session.refresh(fee)
    db.session.refresh(fee.payment)
    if fee.state is not FeeState.DUE:
        raise Conflict("fee_not_due")
    if fee.payment.received:
        raise Conflict("fee_partly_paid")
