"""The money of one stall, for the operator: what it recorded, received and owes, and what does not agree yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.ledger.queries import balances
from marketplace.payments.models import BankReceipt, ReceiptState
from marketplace.stalls import queries as stalls
from marketplace.stalls.models import (
    FeeState,
    Market,
    MarketFee,
    Means,
    Sale,
    SaleState,
    Shift,
    ShiftCount,
    Stall,
    StallAccount,
    StickerReport,
)

_MOST = 20
#: Money that the bank reported on a trader's account and that pays for nothing.
_WAITING = (BankReceipt.state == ReceiptState.UNAPPLIED, BankReceipt.is_ours.is_(False))


@dataclass(frozen=True)
class StallMoney:
    """A stall with its account, its sales of today and of the open shift, and what is open about its money.

    ``awaited``: the oldest sales that wait for the bank, of ``awaited_count``. ``loose``: transfers on the stall's
    accounts that pay for nothing. ``fees``: market fees that are due. ``differences``: closed shifts in which
    something was found more or less than recorded. ``books``: balances by the side of the stall's accounts (dong,
    debit positive). The money is the trader's own: the books only learn of it.
    """

    stall: Stall
    account: StallAccount | None
    today: dict[Means, stalls.Total]
    shift: stalls.ShiftSoFar | None
    awaited: Sequence[Sale]
    awaited_count: int
    loose: Sequence[BankReceipt]
    fees: Sequence[MarketFee]
    differences: Sequence[Shift]
    report: StickerReport | None
    books: dict[str, Dong]

    @property
    def owed(self) -> Dong:
        """What of the market fees is still to be paid."""
        return Dong(sum(fee.amount - fee.payment.received for fee in self.fees))

    @property
    def is_clear(self) -> bool:
        """Whether nothing is open; the difference of a closed shift has its reason and is booked."""
        return not (self.awaited_count or self.loose or self.fees or self.report)


def stall_money(stall_id: int) -> StallMoney:
    """The money of a stall. Raises ``NotFound`` (``stall_unknown``)."""
    stall = stalls.get_stall(stall_id)
    shift = stalls.find_open_shift(stall_id)
    waits = (Sale.stall_id == stall_id, Sale.state == SaleState.AWAITING)
    oldest = select(Sale).where(*waits).order_by(Sale.sold_at, Sale.id).limit(_MOST)
    due = [fee for fee in stalls.fees_of_stall(stall_id) if fee.state is FeeState.DUE]
    sides = {side: f"stall:{stall_id}:{side}" for side in ("own_bank", "cash", "difference")}
    booked = balances(sides.values())
    return StallMoney(
        stall=stall,
        account=stalls.newest_accounts([stall_id]).get(stall_id),
        today=stalls.totals_of_day(stall_id, clock.today()),
        shift=stalls.so_far(shift) if shift else None,
        awaited=db.session.scalars(oldest).all(),
        awaited_count=db.session.scalar(select(func.count()).select_from(Sale).where(*waits)) or 0,
        loose=_loose(stall_id),
        fees=due,
        differences=_differences(stall_id),
        report=stalls.find_open_report(stall_id),
        books={side: booked[code] for side, code in sides.items()},
    )


@dataclass(frozen=True)
class OpenAtStall:
    """A stall in the list, with how much of its money is open (the fields of ``StallMoney``, counted)."""

    stall: Stall
    awaited: int
    loose: int
    fees: int
    is_reported: bool

    @property
    def is_clear(self) -> bool:
        """Whether nothing is open, as ``StallMoney.is_clear`` says."""
        return not (self.awaited or self.loose or self.fees or self.is_reported)


def stalls_by_market() -> list[tuple[Market, list[OpenAtStall]]]:
    """Every market with its stalls in order of their numbers, and what is open at each."""
    awaited = _counted(select(Sale.stall_id, func.count()).where(Sale.state == SaleState.AWAITING))
    fees = _counted(select(MarketFee.stall_id, func.count()).where(MarketFee.state == FeeState.DUE))
    loose = _counted(
        select(StallAccount.stall_id, func.count(BankReceipt.id.distinct()))
        .join(BankReceipt, _on(StallAccount.bank_bin, StallAccount.account_number))
        .where(*_WAITING, stalls.was_in_force())
    )
    reported = set(db.session.scalars(select(StickerReport.stall_id).where(StickerReport.closed_at.is_(None))))

    def of(stall: Stall) -> OpenAtStall:
        at = stall.id
        return OpenAtStall(stall, awaited.get(at, 0), loose.get(at, 0), fees.get(at, 0), at in reported)

    markets = db.session.scalars(select(Market).order_by(Market.name, Market.id)).all()
    return [(market, [of(stall) for stall in stalls.list_stalls(market)]) for market in markets]


def _counted(of_stalls: Select[int, int]) -> dict[int, int]:
    """Counts by stall; the first column is the stall."""
    return dict(db.session.execute(of_stalls.group_by(of_stalls.selected_columns[0])).all())


def _loose(stall_id: int) -> Sequence[BankReceipt]:
    reached = (_on(bank, account) for bank, account in sorted(stalls.accounts_ever_in_force(stall_id)))
    statement = select(BankReceipt).where(or_(false(), *reached), *_WAITING)
    return db.session.scalars(statement.order_by(BankReceipt.transacted_at.desc(), BankReceipt.id).limit(_MOST)).all()


def _on(bank: str | InstrumentedAttribute[str], account: str | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return and_(BankReceipt.bin == bank, BankReceipt.account == account)


def _differences(stall_id: int) -> Sequence[Shift]:
    """The newest closed shifts in which a count differs, with all their counts."""
    unlike = select(Shift.id).join(Shift.counts).where(Shift.stall_id == stall_id, ShiftCount.difference != 0)
    newest = select(Shift).where(Shift.id.in_(unlike)).options(selectinload(Shift.counts))
    return db.session.scalars(newest.order_by(Shift.number.desc()).limit(_MOST)).all()
