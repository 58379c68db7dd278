"""Reading shifts: which sales they hold by number, and what was recorded, received and counted."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.money import Dong
from marketplace.core.paging import NumberedPage
from marketplace.payments.models import BankReceipt, Payment, ReceiptApplication
from marketplace.stalls.models import Means, Sale, SaleState, Shift, Stall

PAGE_SIZE = 30


@dataclass(frozen=True)
class MeansSum:
    """What one means brought in a span of sales: their number, their sum, and what the bank reported for them (QR;
    for cash the drawer's own recording). All sums in dong.
    """

    sales: int
    recorded: Dong
    received: Dong


@dataclass(frozen=True)
class ShiftSoFar:
    """An open shift as it stands: its sales are those numbered up to ``up_to``; ``awaited`` wait for the bank still."""

    shift: Shift
    up_to: int
    sums: dict[Means, MeansSum]
    awaited: int

    @property
    def expected_cash(self) -> Dong:
        """What should lie in the drawer: change and cash sales."""
        return Dong(self.shift.opening_cash + self.sums[Means.CASH].recorded)


def find_open_shift(stall_id: int) -> Shift | None:
    """The shift that takes the stall's next sale, or None before the first one."""
    statement = select(Shift).where(Shift.stall_id == stall_id, Shift.closed_at.is_(None))
    return db.session.scalars(statement).one_or_none()


def get_shift(stall_id: int, shift_id: int) -> Shift:
    """A shift of this stall with its counts. Raises ``NotFound`` (``shift_unknown``), also for a neighbour's."""
    statement = select(Shift).where(Shift.id == shift_id, Shift.stall_id == stall_id)
    with_all = (joinedload(Shift.stall), joinedload(Shift.closer), selectinload(Shift.counts))
    shift = db.session.scalars(statement.options(*with_all)).one_or_none()
    if shift is None:
        raise NotFound("shift_unknown")
    return shift


def so_far(shift: Shift, *, up_to: int | None = None) -> ShiftSoFar:
    """What an open shift holds now, or held when the trader looked (sale number ``up_to``)."""
    if up_to is None:
        up_to = db.session.scalars(select(Stall.last_sequence).where(Stall.id == shift.stall_id)).one()
    waiting = select(func.count()).where(Sale.stall_id == shift.stall_id, Sale.state == SaleState.AWAITING)
    sums = sums_of(shift.stall_id, first=shift.first_sequence, last=up_to)
    return ShiftSoFar(shift, up_to, sums, db.session.scalar(waiting) or 0)


def sums_of(stall_id: int, *, first: int, last: int) -> dict[Means, MeansSum]:
    """Number and sum (dong) of the paid sales numbered ``first`` to ``last``; every means is a key.

    ``received`` is added up anew from the parts of bank receipts, not from the sales.
    """
    span = (Sale.stall_id == stall_id, Sale.sequence.between(first, last), Sale.state == SaleState.PAID)
    rows = db.session.execute(select(Sale.means, func.count(), func.sum(Sale.amount)).where(*span).group_by(Sale.means))
    recorded = {means: (count, Dong(int(amount))) for means, count, amount in rows}
    by_bank = (
        select(func.coalesce(func.sum(ReceiptApplication.amount), 0))
        .join(ReceiptApplication.receipt)
        .join(Payment, Payment.id == ReceiptApplication.payment_id)
        .join(Sale, Sale.payment_id == Payment.id)
        .where(*span, ReceiptApplication.released_at.is_(None), BankReceipt.account == Payment.payee_account)
    )
    received = {Means.QR: Dong(int(db.session.scalar(by_bank) or 0))}
    sums = {}
    for means in Means:
        count, amount = recorded.get(means, (0, Dong(0)))
        sums[means] = MeansSum(count, amount, received.get(means, amount))
    return sums


def sales_of_shift(shift: Shift) -> list[Sale]:
    """The sales of a shift in order of their numbers, taken back ones included."""
    numbered = (Sale.stall_id == shift.stall_id, Sale.sequence >= shift.first_sequence)
    statement = select(Sale).options(joinedload(Sale.payment)).where(*numbered)
    if shift.last_sequence is not None:
        statement = statement.where(Sale.sequence <= shift.last_sequence)
    return list(db.session.scalars(statement.order_by(Sale.sequence)))


def list_closings(stall_id: int, *, page: int = 1, size: int = PAGE_SIZE) -> NumberedPage[Shift]:
    """The closed shifts of a stall with their counts, newest first."""
    closed = (Shift.stall_id == stall_id, Shift.closed_at.is_not(None))
    total = db.session.scalar(select(func.count()).select_from(Shift).where(*closed)) or 0
    statement = (
        select(Shift)
        .where(*closed)
        .options(selectinload(Shift.counts))
        .order_by(Shift.number.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    return NumberedPage(list(db.session.scalars(statement)), page, size, total)


def last_closed_sequence(stall_id: int) -> int:
    """The number up to which the stall's sales are closed; 0 before the first closing."""
    return db.session.scalar(select(func.max(Shift.last_sequence)).where(Shift.stall_id == stall_id)) or 0
