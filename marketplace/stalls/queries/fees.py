"""Reading market fees: who has paid and who has not, never what anybody takes in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.money import Dong
from marketplace.stalls.models import FeeState, Market, MarketFee, Means, Stall
from marketplace.stalls.queries.markets import stall_order


@dataclass(frozen=True)
class FeesOfMonth:
    """The fees of a market's month in order of the stalls' numbers, and their sums in dong."""

    fees: Sequence[MarketFee]
    without: Sequence[Stall]

    def total(self, state: FeeState, means: Means | None = None) -> Dong:
        """The sum of the fees in a state, perhaps of one means."""
        chosen = (fee for fee in self.fees if fee.state is state and (means is None or fee.means is means))
        return Dong(sum(fee.amount for fee in chosen))

    def count(self, state: FeeState) -> int:
        """How many fees are in a state."""
        return sum(1 for fee in self.fees if fee.state is state)


def fees_of_month(market: Market, period: date) -> FeesOfMonth:
    """The fees of the month of ``period``, and the open stalls without one."""
    statement = select(MarketFee).options(joinedload(MarketFee.stall), joinedload(MarketFee.payment))
    found = db.session.scalars(statement.where(MarketFee.market_id == market.id, MarketFee.period == period)).all()
    having = {fee.stall_id for fee in found}
    open_stalls = db.session.scalars(select(Stall).where(Stall.market_id == market.id, Stall.is_active)).all()
    without = sorted((stall for stall in open_stalls if stall.id not in having), key=stall_order)
    return FeesOfMonth(sorted(found, key=lambda fee: stall_order(fee.stall)), without)


def stalls_with_fee(market_id: int, period: date) -> set[int]:
    """The stalls that have a fee for this month, in whatever state."""
    statement = select(MarketFee.stall_id).where(MarketFee.market_id == market_id, MarketFee.period == period)
    return set(db.session.scalars(statement))


def fees_of_stall(stall_id: int, limit: int = 24) -> list[MarketFee]:
    """The stall's fees with their payments, newest month first."""
    statement = select(MarketFee).options(joinedload(MarketFee.payment)).where(MarketFee.stall_id == stall_id)
    return list(db.session.scalars(statement.order_by(MarketFee.period.desc()).limit(limit)))


def get_fee_of_stall(stall_id: int, fee_id: int) -> MarketFee:
    """A fee of this stall. Raises ``NotFound`` (``fee_unknown``), also for a neighbour's."""
    return _get_fee(fee_id, MarketFee.stall_id == stall_id)


def get_fee_of_market(market_id: int, fee_id: int) -> MarketFee:
    """A fee of this market. Raises ``NotFound`` (``fee_unknown``), also for another market's."""
    return _get_fee(fee_id, MarketFee.market_id == market_id)


def receipt_number_is_taken(market_id: int, receipt_number: str) -> bool:
    """Whether a fee of the market has this receipt."""
    statement = select(MarketFee.id).where(MarketFee.market_id == market_id, MarketFee.receipt_number == receipt_number)
    return db.session.scalar(statement) is not None


def count_overdue_fees(market_ids: frozenset[int]) -> int:
    """How many fees of these markets are past their day: for desks."""
    overdue = (MarketFee.state == FeeState.DUE, MarketFee.due_on < clock.today())
    statement = select(func.count()).select_from(MarketFee).where(MarketFee.market_id.in_(market_ids), *overdue)
    return db.session.scalar(statement) or 0


def _get_fee(fee_id: int, whose: ColumnElement[bool]) -> MarketFee:
    statement = select(MarketFee).options(joinedload(MarketFee.payment), joinedload(MarketFee.stall))
    fee = db.session.scalars(statement.where(MarketFee.id == fee_id, whose)).one_or_none()
    if fee is None:
        raise NotFound("fee_unknown")
    return fee
