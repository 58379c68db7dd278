"""What boards of markets are owed for fees that stalls paid by transfer, their accounts, and what they were paid."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.money import Dong
from marketplace.ledger.queries import balance, balances
from marketplace.payments.limits import MAX_TRANSFER
from marketplace.producers.models import PayoutAccountState
from marketplace.settlement.models import BoardAccount, BoardPayout, BoardPayoutLine, PayoutState
from marketplace.settlement.queries.obstacles import Obstacle, obstacle_of
from marketplace.stalls.models import FeeState, Market, MarketFee, Means

_MOST = 100


@dataclass(frozen=True)
class DueFee:
    """What a fee still brings its board: dong, and which part of it that is (1: the whole, see ``BoardPayoutLine``)."""

    fee: MarketFee
    amount: Dong
    part: int


@dataclass(frozen=True)
class BoardCandidate:
    """What could be paid out to a market's board now; ``obstacle`` says why not.

    ``fees`` are those that a payout would carry; all that are due when what the board owes back leaves room for none.
    """

    market: Market
    account: BoardAccount | None
    fees: Sequence[DueFee]
    obstacle: Obstacle | None

    @property
    def total(self) -> Dong:
        """Dong of the fees."""
        return Dong(sum(due.amount for due in self.fees))


def is_paid_by_transfer() -> ColumnElement[bool]:
    """SQL clause about a ``MarketFee``: its money came to the platform's account."""
    return (MarketFee.state == FeeState.PAID) & (MarketFee.means == Means.QR)


def due_fees(market_ids: Collection[int] | None = None) -> dict[int, list[DueFee]]:
    """Fees paid by transfer that stand in no payout, or only in ones that ended without paying; by market.

    A fee that was paid out, taken back by the bank, and paid again with a larger amount is due with what it is more.
    """
    live = (
        select(
            BoardPayoutLine.fee_id,
            func.sum(BoardPayoutLine.amount).label("amount"),
            func.max(BoardPayoutLine.part).label("part"),
        )
        .where(BoardPayoutLine.freed_at.is_(None))
        .group_by(BoardPayoutLine.fee_id)
        .subquery()
    )
    gone, last_part = func.coalesce(live.c.amount, 0), func.coalesce(live.c.part, 0)
    statement = select(MarketFee, gone, last_part).outerjoin(live, live.c.fee_id == MarketFee.id)
    statement = statement.where(is_paid_by_transfer(), MarketFee.amount > gone)
    if market_ids is not None:
        statement = statement.where(MarketFee.market_id.in_(market_ids))
    found: dict[int, list[DueFee]] = {}
    for fee, paid_out, part in db.session.execute(statement.order_by(MarketFee.id)):
        found.setdefault(fee.market_id, []).append(DueFee(fee, Dong(fee.amount - int(paid_out)), part + 1))
    return found


def list_board_candidates(moment: datetime) -> list[BoardCandidate]:
    """Every market whose board something is due to at ``moment`` (UTC), by name; those that cannot be paid say why."""
    due = due_fees()
    carried, accounts = fees_to_pay(due), board_accounts_of(due)
    markets = db.session.scalars(select(Market).where(Market.id.in_(due)).order_by(Market.name, Market.id))
    return [
        BoardCandidate(
            market,
            accounts.get(market.id),
            carried[market.id] or due[market.id],
            obstacle_of(accounts.get(market.id), moment) if carried[market.id] else Obstacle.BALANCE_NEGATIVE,
        )
        for market in markets
    ]


def fees_to_pay(due: Mapping[int, Sequence[DueFee]]) -> dict[int, list[DueFee]]:
    """Of these due fees of each market those that one payout carries, whole, in their order.

    At most what one transfer may be, and at most what the books owe the board besides what is asked for already: a
    fee that was paid out and whose money the bank took back afterwards is made up for by fees that are kept back.
    """
    asked = _asked_for(due)
    owed = balances([_payable(market_id) for market_id in due])
    return {
        market_id: _as_many_as_fit(fees, min(MAX_TRANSFER, -owed[_payable(market_id)] - asked.get(market_id, 0)))
        for market_id, fees in due.items()
    }


def owes_less_than(payout: BoardPayout) -> bool:
    """Whether the books owe the board of a payout that is asked for less than its amount."""
    return -balance(_payable(payout.market_id)) < payout.amount


def board_accounts_of(market_ids: Collection[int]) -> dict[int, BoardAccount]:
    """The accounts in force of the boards of these markets."""
    statement = select(BoardAccount).where(
        BoardAccount.market_id.in_(market_ids), BoardAccount.state != PayoutAccountState.REPLACED
    )
    return {account.market_id: account for account in db.session.scalars(statement)}


def get_board_account(account_id: int) -> BoardAccount:
    """The account with that id. Raises ``NotFound`` (``payout_account_unknown``)."""
    account = db.session.get(BoardAccount, account_id)
    if account is None:
        raise NotFound("payout_account_unknown")
    return account


def list_board_accounts(market_id: int) -> Sequence[BoardAccount]:
    """Every account that a board ever named, newest first."""
    named = select(BoardAccount).where(BoardAccount.market_id == market_id)
    return db.session.scalars(named.options(joinedload(BoardAccount.changed_by)).order_by(BoardAccount.id.desc())).all()


def list_waiting_board_accounts() -> Sequence[BoardAccount]:
    """Accounts of boards that wait to be verified, oldest change first."""
    waiting = select(BoardAccount).where(BoardAccount.state == PayoutAccountState.WAITING)
    return db.session.scalars(
        waiting.options(joinedload(BoardAccount.market)).order_by(BoardAccount.changed_at, BoardAccount.id)
    ).all()


def count_waiting_board_accounts() -> int:
    """How many accounts of boards wait to be verified."""
    return db.session.scalar(select(func.count()).where(BoardAccount.state == PayoutAccountState.WAITING)) or 0


def board_payouts_of(batch_id: int) -> Sequence[BoardPayout]:
    """The payouts of a batch to boards, with their fees and stalls, by market."""
    whose = joinedload(BoardPayoutLine.fee).joinedload(MarketFee.stall)
    statement = (
        select(BoardPayout)
        .join(BoardPayout.market)
        .where(BoardPayout.batch_id == batch_id)
        .options(joinedload(BoardPayout.market), joinedload(BoardPayout.account))
        .options(selectinload(BoardPayout.lines).options(whose))
        .order_by(Market.name, Market.id)
    )
    return db.session.scalars(statement).all()


def list_board_payouts(market_id: int) -> Sequence[BoardPayout]:
    """The payouts to the board of a market, newest first, without refused ones."""
    statement = select(BoardPayout).where(BoardPayout.market_id == market_id, BoardPayout.state != PayoutState.REFUSED)
    return db.session.scalars(
        statement.options(joinedload(BoardPayout.account)).order_by(BoardPayout.id.desc()).limit(_MOST)
    ).all()


def list_boards_ready_to_send() -> Sequence[int]:
    """Ids of approved payouts to boards that were not handed to the bank yet, oldest first."""
    approved = select(BoardPayout.id).where(BoardPayout.state == PayoutState.APPROVED)
    return db.session.scalars(approved.order_by(BoardPayout.id)).all()


def has_unpaid_fees(payout: BoardPayout) -> bool:
    """Whether a fee of the payout is no longer paid as it stands there: the bank took its money back."""
    fees = select(MarketFee.id).join(BoardPayoutLine, BoardPayoutLine.fee_id == MarketFee.id)
    earlier = aliased(BoardPayoutLine)
    carried = (
        select(func.sum(earlier.amount))
        .where(earlier.fee_id == MarketFee.id, earlier.freed_at.is_(None), earlier.id <= BoardPayoutLine.id)
        .correlate(MarketFee, BoardPayoutLine)
        .scalar_subquery()
    )
    other = ~is_paid_by_transfer() | (MarketFee.amount != carried)
    return db.session.scalar(select(fees.where(BoardPayoutLine.payout_id == payout.id, other).exists())) or False


def _asked_for(market_ids: Collection[int]) -> dict[int, int]:
    """Dong that stand in batches which wait for the second operator, by market; the books still owe them."""
    statement = select(BoardPayout.market_id, func.sum(BoardPayout.amount)).where(
        BoardPayout.market_id.in_(market_ids), BoardPayout.state == PayoutState.REQUESTED
    )
    return {market_id: int(amount) for market_id, amount in db.session.execute(statement.group_by("market_id"))}


def _as_many_as_fit(fees: Sequence[DueFee], most: int) -> list[DueFee]:
    chosen: list[DueFee] = []
    for fee in fees:
        if fee.amount <= most:
            chosen.append(fee)
            most -= fee.amount
    return chosen


def _payable(market_id: int) -> str:
    return f"market:{market_id}:payable"
