"""Shifts: sales are numbered as their money is recognised, and a closing takes them up to a number, for good."""

from sqlalchemy import func, select, update

from marketplace.audit.services import record
from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.money import Dong
from marketplace.ledger import services as ledger
from marketplace.stalls import queries
from marketplace.stalls.models import Means, Shift, ShiftCount, Stall
from marketplace.stalls.queries import MeansSum

#: What a trader found more or less than was recorded (fact: the shift and the means).
SHIFT_DIFFERENCE = "shift_difference"
_WHERE_IT_LIES = {Means.CASH: "cash", Means.QR: "own_bank"}


def lock_stall(stall_id: int) -> Stall:
    """The stall, read afresh and held until the transaction ends: sales and closings of one stall queue up here.

    Whoever locks a payment, too, takes the payment first. Raises ``NotFound`` (``stall_unknown``).
    """
    statement = select(Stall).where(Stall.id == stall_id).with_for_update()
    stall = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if stall is None:
        raise NotFound("stall_unknown")
    return stall


def next_number(stall_id: int) -> int:
    """The number of a sale whose money is recognised now. It opens a shift when none is open."""
    statement = update(Stall).where(Stall.id == stall_id).values(last_sequence=Stall.last_sequence + 1)
    number: int = db.session.scalars(
        statement.returning(Stall.last_sequence).execution_options(synchronize_session=False)
    ).one()
    stall = lock_stall(stall_id)
    if queries.find_open_shift(stall_id) is None:
        _begin(stall, first=queries.last_closed_sequence(stall_id) + 1, opening_cash=Dong(0), actor_id=None)
    return number


def open_shift(stall_id: int, *, opening_cash: Dong, actor_id: int) -> Shift:
    """Begin a shift by hand, with the change (dong) that lies in the drawer. The first sale begins one by itself.

    Raises ``NotFound`` (``stall_unknown``), ``Conflict`` (``shift_open``: one is open already; ``stall_closed``).
    """
    stall = lock_stall(stall_id)
    if not stall.is_active:
        raise Conflict("stall_closed")
    if queries.find_open_shift(stall_id) is not None:
        raise Conflict("shift_open")
    first = queries.last_closed_sequence(stall_id) + 1
    return _begin(stall, first=first, opening_cash=opening_cash, actor_id=actor_id)


def close_shift(
    stall_id: int, shift_id: int, *, up_to: int, counted_cash: Dong, reason: str, actor_id: int | None
) -> Shift:
    """Close a shift with its sales up to number ``up_to``, as the trader saw them; later ones begin the next shift.

    Per means: recorded; expected (cash: with the change from the beginning); found: what the bank reported (QR) and
    ``counted_cash`` (dong). Posts each difference as ``shift_difference`` (fact: shift and means) on
    ``stall:<id>:cash`` or ``stall:<id>:own_bank`` against ``stall:<id>:difference``. From then on neither the shift
    nor its sales change (I37). Money that comes later, and sales that a phone sends later, are numbered later.
    Raises ``NotFound`` (``shift_unknown``), ``Conflict`` (``shift_closed``), ``Invalid`` (``shift_reason_missing``:
    something differs and nobody says why; ``shift_span_unknown``).
    """
    stall = lock_stall(stall_id)
    shift = queries.get_shift(stall_id, shift_id)
    if shift.closed_at is not None:
        raise Conflict("shift_closed")
    if not shift.first_sequence - 1 <= up_to <= stall.last_sequence:
        raise Invalid("shift_span_unknown", field="up_to")
    sums = queries.sums_of(stall_id, first=shift.first_sequence, last=up_to)
    counts = [_count(shift, means, sums[means], counted_cash) for means in Means]
    differences = Dong(sum(count.difference for count in counts))
    if any(count.difference for count in counts) and not reason:
        raise Invalid("shift_reason_missing", field="reason", difference=differences)
    _end(shift, up_to, actor_id)
    for count in counts:
        count.reason = reason if count.difference else ""
        _post(shift, count)
    db.session.add_all(counts)
    db.session.flush()
    if stall.last_sequence > up_to:
        _begin(stall, first=up_to + 1, opening_cash=Dong(0), actor_id=None)
    record(
        "stall.shift_closed",
        object_type="stall_shift",
        object_id=shift.id,
        actor_id=actor_id,
        stall_id=stall_id,
        up_to=up_to,
        difference=differences,
    )
    db.session.refresh(shift)
    return shift


def _begin(stall: Stall, *, first: int, opening_cash: Dong, actor_id: int | None) -> Shift:
    number = db.session.scalar(select(func.max(Shift.number)).where(Shift.stall_id == stall.id)) or 0
    shift = Shift(
        stall_id=stall.id,
        number=number + 1,
        first_sequence=first,
        opening_cash=opening_cash,
        opened_at=clock.now(),
        opened_by=actor_id,
    )
    db.session.add(shift)
    db.session.flush()
    return shift


def _count(shift: Shift, means: Means, found: MeansSum, counted_cash: Dong) -> ShiftCount:
    is_cash = means is Means.CASH
    expected = Dong(found.recorded + shift.opening_cash) if is_cash else found.recorded
    there = counted_cash if is_cash else found.received
    return ShiftCount(
        shift_id=shift.id,
        means=means,
        sales=found.sales,
        recorded=found.recorded,
        expected=expected,
        found=there,
        difference=Dong(there - expected),
    )


def _end(shift: Shift, up_to: int, actor_id: int | None) -> None:
    """The guarded UPDATE: of two closings only one finds the shift open."""
    values = {"last_sequence": up_to, "closed_at": clock.now(), "closed_by": actor_id}
    statement = update(Shift).where(Shift.id == shift.id, Shift.closed_at.is_(None)).values(**values)
    if not changed_one(statement):
        raise Conflict("shift_closed")


def _post(shift: Shift, count: ShiftCount) -> None:
    if not count.difference:
        return
    ledger.post(
        SHIFT_DIFFERENCE,
        ref_type="stall_shift",
        ref_id=f"{shift.id}:{count.means.value}",
        occurred_at=clock.now(),
        lines={
            f"stall:{shift.stall_id}:{_WHERE_IT_LIES[count.means]}": count.difference,
            f"stall:{shift.stall_id}:difference": Dong(-count.difference),
        },
    )
