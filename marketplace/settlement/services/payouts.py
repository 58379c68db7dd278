"""Paying producers and boards of markets: one operator asks, another approves, the bank pays; what fails is due again.

Postings (each once per payout): ``payout_approved`` moves ``producer:<id>:payable`` to ``producer:<id>:transit``,
``transfer_paid`` (of payments) moves transit to the bank, ``payout_freed`` moves transit back to payable; for the board
of a market the same with ``market:<id>:``.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, select, union, update

from marketplace.audit import services as audit
from marketplace.checkout.models import Earning
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.money import Dong
from marketplace.ledger import services as ledger
from marketplace.payments import services as payments
from marketplace.payments.limits import MAX_TRANSFER
from marketplace.payments.models import OutgoingTransfer, Payment, TransferPurpose
from marketplace.payments.services.transferring import is_usable
from marketplace.payments.settings import Payee
from marketplace.payments.transfers import TransferHandler
from marketplace.producers.models import PayoutAccount
from marketplace.producers.queries import get_payout_account
from marketplace.producers.services import lock_producer
from marketplace.settlement.models import (
    BatchState,
    BoardAccount,
    BoardPayout,
    BoardPayoutLine,
    Payout,
    PayoutBatch,
    PayoutLine,
    PayoutState,
)
from marketplace.settlement.queries import boards as board_queries
from marketplace.settlement.queries import payouts as queries
from marketplace.settlement.queries.obstacles import Obstacle, obstacle_of
from marketplace.settlement.services.boards import lock_market
from marketplace.stalls.models import MarketFee

#: Reasons for which a payout is held back besides those of the account (``queries.obstacles.Obstacle``).
ACCOUNT_CHANGED: Final = "account_changed"
ACCOUNT_UNUSABLE: Final = "account_unusable"
REFUNDED_SINCE: Final = "refunded_since"
OWES_SINCE: Final = "owes_since"
FEE_TAKEN_BACK: Final = "fee_taken_back"

#: What one batch holds: money of a producer, or fees for a market's board.
AnyPayout = Payout | BoardPayout
P = TypeVar("P", Payout, BoardPayout)


def request_batch(producer_ids: Collection[int], *, market_ids: Collection[int] = (), actor_id: int) -> PayoutBatch:
    """Ask for a payout to each of these producers, and to the boards of these markets, of everything due now.

    Those whose account is not ready or whose refunds are more than their sales are refused, not left out in silence.
    A payout carries at most what a bank transfers at once; the rest stays due.
    Raises ``Invalid`` (``payout_nobody_chosen``, ``payout_producer_not_ready``) beside ``producers`` and
    (``payout_board_not_ready``) beside ``markets``, ``Conflict`` (``payout_nothing_due``: somebody else was quicker).
    """
    if not producer_ids and not market_ids:
        raise Invalid("payout_nobody_chosen", field="producers")
    for producer_id in sorted(producer_ids):
        lock_producer(producer_id)
    for market_id in sorted(market_ids):
        lock_market(market_id)
    now = clock.now()
    due, accounts = queries.due_earnings(now, producer_ids=producer_ids), queries.accounts_of(producer_ids)
    batch = PayoutBatch(state=BatchState.REQUESTED, requested_by_id=actor_id, requested_at=now)
    db.session.add(batch)
    db.session.flush()
    for producer_id in sorted(producer_ids):
        account = accounts.get(producer_id)
        if account is None or obstacle_of(account, now) is not None:
            raise Invalid("payout_producer_not_ready", field="producers")
        _add_payout(batch, account, _as_much_as_a_bank_carries(due.get(producer_id, [])))
    _add_boards(batch, sorted(market_ids), now)
    audit.record(
        "payout_batch.requested",
        object_type="payout_batch",
        object_id=batch.id,
        actor_id=actor_id,
        payouts=len(batch.all_payouts),
        amount=sum(payout.amount for payout in batch.all_payouts),
    )
    return batch


def approve_batch(batch_id: int, *, actor_id: int) -> PayoutBatch:
    """Approve what another operator asked for; the money moves to transit and is sent after the commit.

    Each payout is looked at again: one whose account changed, is not verified or rests, whose producer is suspended,
    whose parcels had a refund or recall since, or whose producer has to make up for more since than it earned (the bank
    took a buyer's money back, a parcel paid out before was refunded), is held back with its reason and its lines are
    due again; the others go on.
    Raises ``Forbidden`` (``payout_own_batch``) and ``Conflict`` (``payout_batch_decided``).
    """
    batch = _decide(batch_id, BatchState.APPROVED, actor_id=actor_id, reason="")
    payouts, to_boards = queries.payouts_of(batch_id), board_queries.board_payouts_of(batch_id)
    for producer_id in sorted(payout.producer_id for payout in payouts):
        lock_producer(producer_id)
    for market_id in sorted(payout.market_id for payout in to_boards):
        lock_market(market_id)
    _lock_payments(payouts, to_boards)
    now = clock.now()
    _approve(sorted(payouts, key=attrgetter("producer_id")), now)
    _approve(sorted(to_boards, key=attrgetter("market_id")), now)
    _note("payout_batch.approved", batch, actor_id)
    return batch


def _approve(payouts: Sequence[AnyPayout], now: datetime) -> None:
    for payout in payouts:
        reason = _reason_to_hold(payout, now)
        if reason is not None:
            _end(payout, PayoutState.HELD, among=(PayoutState.REQUESTED,), held_reason=reason)
        elif _move(payout, PayoutState.APPROVED, among=(PayoutState.REQUESTED,), approved_at=now):
            _post("payout_approved", payout, payout.amount, now)


def refuse_batch(batch_id: int, *, actor_id: int, reason: str) -> PayoutBatch:
    """Refuse a whole batch; the reason is compulsory. Its lines are due again.

    Raises as ``approve_batch``, and ``Invalid`` (``reason_needed``). Who asked may not refuse either: to withdraw is
    to ask a colleague, so that two people know of every batch.
    """
    if not reason.strip():
        raise Invalid("reason_needed", field="reason")
    batch = _decide(batch_id, BatchState.REFUSED, actor_id=actor_id, reason=reason.strip())
    for payout in _payouts_of(batch_id):
        _end(payout, PayoutState.REFUSED, among=(PayoutState.REQUESTED,))
    _note("payout_batch.refused", batch, actor_id)
    return batch


def order_payout(payout_id: int) -> OutgoingTransfer | None:
    """Order the bank transfer of an approved payout (it is sent after the commit), or hold it back; None then.

    The account is looked at once more: 48 hours and verification hold at this moment, too. Running again is harmless.
    """
    return _order(_lock(Payout, Payout.id == payout_id))


def order_board_payout(payout_id: int) -> OutgoingTransfer | None:
    """As ``order_payout``, for the board of a market."""
    return _order(_lock(BoardPayout, BoardPayout.id == payout_id))


def _order(payout: AnyPayout | None) -> OutgoingTransfer | None:
    if payout is None or payout.state != PayoutState.APPROVED:
        return None
    _lock_payee(payout)
    now = clock.now()
    reason = _account_problem(payout, now)
    if reason is not None:
        _end(payout, PayoutState.HELD, among=(PayoutState.APPROVED,), held_reason=reason)
        return None
    transfer = payments.open_transfer(
        TransferPurpose.PAYOUT,
        payout.amount,
        to=_payee(_account_of(payout)),
        memo=f"CHO OCOP CHI TRA {payout.id}" if isinstance(payout, Payout) else f"CHO OCOP PHI CHO {payout.id}",
        key=f"payout-{payout.id}" if isinstance(payout, Payout) else f"board-payout-{payout.id}",
    )
    _move(payout, PayoutState.SENT, among=(PayoutState.APPROVED,), sent_at=now, transfer_id=transfer.id)
    return transfer


class PayoutTransfers(TransferHandler):
    """Hears what the bank did with the transfer of a payout."""

    def account(self, transfer: OutgoingTransfer) -> str:
        """``producer:<id>:transit``, or ``market:<id>:transit``."""
        return _code(_of(transfer), "transit")

    def on_succeeded(self, transfer: OutgoingTransfer, occurred_at: datetime) -> None:
        """Paid: the lines stay used for good."""
        _move(_of(transfer), PayoutState.PAID, among=(PayoutState.SENT,), ended_at=occurred_at)

    def on_failed(self, transfer: OutgoingTransfer) -> None:
        """Not paid: back to payable, due again in a new payout."""
        _end(_of(transfer), PayoutState.FAILED, among=(PayoutState.SENT,))

    def on_returned(self, transfer: OutgoingTransfer, occurred_at: datetime) -> None:
        """Came back (its posting is reversed already): back to payable, due again in a new payout."""
        _end(_of(transfer), PayoutState.RETURNED, among=(PayoutState.PAID,), occurred_at=occurred_at)


def _add_payout(batch: PayoutBatch, account: PayoutAccount, due: Sequence[Earning]) -> None:
    total = Dong(sum(earning.net for earning in due))
    if total <= 0:
        raise Conflict("payout_nothing_due")
    payout = Payout(
        batch=batch,
        producer_id=account.producer_id,
        account_id=account.id,
        account_rests_until=account.rests_until,
        amount=total,
        state=PayoutState.REQUESTED,
    )
    payout.lines = [PayoutLine(earning_id=earning.id, amount=earning.net) for earning in due]
    db.session.add(payout)
    db.session.flush()


def _add_boards(batch: PayoutBatch, market_ids: Sequence[int], now: datetime) -> None:
    due = board_queries.fees_to_pay(board_queries.due_fees(market_ids))
    accounts = board_queries.board_accounts_of(market_ids)
    for market_id in market_ids:
        account = accounts.get(market_id)
        if account is None or obstacle_of(account, now) is not None:
            raise Invalid("payout_board_not_ready", field="markets")
        fees = due.get(market_id, [])
        if not fees:
            raise Conflict("payout_nothing_due")
        payout = BoardPayout(
            batch=batch,
            market_id=market_id,
            account_id=account.id,
            account_rests_until=account.rests_until,
            amount=Dong(sum(fee.amount for fee in fees)),
            state=PayoutState.REQUESTED,
        )
        payout.lines = [
            BoardPayoutLine(fee_id=due_fee.fee.id, part=due_fee.part, amount=due_fee.amount) for due_fee in fees
        ]
        db.session.add(payout)
        db.session.flush()


def _as_much_as_a_bank_carries(due: Sequence[Earning]) -> list[Earning]:
    """All refunds, then sales oldest first, up to the most that one transfer may be."""
    chosen = [earning for earning in due if earning.net <= 0]
    total: int = sum(earning.net for earning in chosen)
    for earning in due:
        if earning.net > 0 and total + earning.net <= MAX_TRANSFER:
            chosen.append(earning)
            total += earning.net
    return sorted(chosen, key=lambda earning: earning.id)


def _decide(batch_id: int, state: BatchState, *, actor_id: int, reason: str) -> PayoutBatch:
    batch = queries.get_batch(batch_id)
    if batch.requested_by_id == actor_id:
        raise Forbidden("payout_own_batch")
    if not _is_decided_now(batch_id, state, actor_id=actor_id, reason=reason):
        raise Conflict("payout_batch_decided")
    db.session.refresh(batch)
    return batch


def _is_decided_now(batch_id: int, state: BatchState, *, actor_id: int, reason: str) -> bool:
    """Whether this call decided: one conditional UPDATE, so that of two operators at once one wins."""
    statement = update(PayoutBatch).where(PayoutBatch.id == batch_id, PayoutBatch.state == BatchState.REQUESTED)
    values = {"state": state, "decided_by_id": actor_id, "decided_at": clock.now(), "reason": reason}
    return db.session.scalar(statement.values(**values).returning(PayoutBatch.id)) is not None


def _reason_to_hold(payout: AnyPayout, now: datetime) -> str | None:
    problem = _account_problem(payout, now)
    if problem is not None:
        return problem
    if isinstance(payout, Payout):
        if queries.refunded_since(payout):
            return REFUNDED_SINCE
        return OWES_SINCE if queries.owes_since(payout, now) else None
    if board_queries.has_unpaid_fees(payout):
        return FEE_TAKEN_BACK
    return Obstacle.BALANCE_NEGATIVE.value if board_queries.owes_less_than(payout) else None


def _account_problem(payout: AnyPayout, now: datetime) -> str | None:
    account: PayoutAccount | BoardAccount | None
    if isinstance(payout, Payout):
        account = queries.accounts_of([payout.producer_id]).get(payout.producer_id)
    else:
        account = board_queries.board_accounts_of([payout.market_id]).get(payout.market_id)
    if account is None or account.id != payout.account_id:
        return ACCOUNT_CHANGED
    obstacle = obstacle_of(account, now)
    if obstacle is not None:
        return obstacle.value
    return None if is_usable(_payee(account)) else ACCOUNT_UNUSABLE


def _account_of(payout: AnyPayout) -> PayoutAccount | BoardAccount:
    if isinstance(payout, Payout):
        return get_payout_account(payout.account_id)
    return board_queries.get_board_account(payout.account_id)


def _lock_payee(payout: AnyPayout) -> None:
    if isinstance(payout, Payout):
        lock_producer(payout.producer_id)
    else:
        lock_market(payout.market_id)


def _payee(account: PayoutAccount | BoardAccount) -> Payee:
    return Payee(account.bank_bin, account.account_number, account.holder)


def _lock_payments(payouts: Collection[Payout], to_boards: Collection[BoardPayout]) -> None:
    """Hold the payments behind the lines, so that a refund, or the bank's taking back of a fee, comes wholly before
    or wholly after this decision.
    """
    earned = (
        select(Earning.payment_id)
        .join(PayoutLine, PayoutLine.earning_id == Earning.id)
        .where(PayoutLine.payout_id.in_([payout.id for payout in payouts]))
    )
    collected = (
        select(MarketFee.payment_id)
        .join(BoardPayoutLine, BoardPayoutLine.fee_id == MarketFee.id)
        .where(BoardPayoutLine.payout_id.in_([payout.id for payout in to_boards]))
    )
    behind = Payment.id.in_(union(earned, collected))
    db.session.execute(select(Payment.id).where(behind).order_by(Payment.id).with_for_update())


def _end(
    payout: AnyPayout,
    state: PayoutState,
    *,
    among: tuple[PayoutState, ...],
    held_reason: str | None = None,
    occurred_at: datetime | None = None,
) -> None:
    """End a payout that paid nothing: what was approved goes back to payable, its lines are due again."""
    was_approved = payout.approved_at is not None
    moment = occurred_at or clock.now()
    if not _move(payout, state, among=among, held_reason=held_reason, ended_at=moment):
        return
    if was_approved:
        _post("payout_freed", payout, Dong(-payout.amount), moment)
    line: Any = PayoutLine if isinstance(payout, Payout) else BoardPayoutLine
    freeing = update(line).where(line.payout_id == payout.id, line.freed_at.is_(None))
    db.session.execute(freeing.values(freed_at=clock.now()).execution_options(synchronize_session="fetch"))


def _move(payout: AnyPayout, state: PayoutState, *, among: tuple[PayoutState, ...], **values: object) -> bool:
    """One conditional UPDATE: False when somebody else moved the payout before."""
    db.session.flush()
    model: Any = type(payout)
    statement = update(model).where(model.id == payout.id, model.state.in_(among))
    moved = statement.values(state=state, **values).returning(model.id).execution_options(synchronize_session=False)
    is_moved = db.session.scalar(moved) is not None
    db.session.refresh(payout)
    return is_moved


def _post(kind: str, payout: AnyPayout, amount: Dong, occurred_at: datetime) -> None:
    lines = {_code(payout, "payable"): amount, _code(payout, "transit"): Dong(-amount)}
    ref_type = "payout" if isinstance(payout, Payout) else "board_payout"
    ledger.post(kind, ref_type=ref_type, ref_id=str(payout.id), occurred_at=occurred_at, lines=lines)


def _payouts_of(batch_id: int) -> list[AnyPayout]:
    return [*queries.payouts_of(batch_id), *board_queries.board_payouts_of(batch_id)]


def _code(payout: AnyPayout, account: str) -> str:
    if isinstance(payout, Payout):
        return f"producer:{payout.producer_id}:{account}"
    return f"market:{payout.market_id}:{account}"


def _of(transfer: OutgoingTransfer) -> AnyPayout:
    payout: AnyPayout | None = _lock(Payout, Payout.transfer_id == transfer.id)
    payout = payout or _lock(BoardPayout, BoardPayout.transfer_id == transfer.id)
    if payout is None:
        raise LookupError(f"transfer {transfer.public_id} carries no payout")
    return payout


def _lock(model: type[P], condition: ColumnElement[bool]) -> P | None:
    statement = select(model).where(condition).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def _note(action: str, batch: PayoutBatch, actor_id: int) -> None:
    payouts = _payouts_of(batch.id)
    audit.record(
        action,
        object_type="payout_batch",
        object_id=batch.id,
        actor_id=actor_id,
        payouts=len(payouts),
        held=sum(payout.state == PayoutState.HELD for payout in payouts),
        amount=sum(payout.amount for payout in payouts if payout.state == PayoutState.APPROVED),
    )
