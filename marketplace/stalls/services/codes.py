"""Transfer codes kept on a phone for sales without network: of one stall, for one sale (case 26)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select, update

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.payments import services as payments
from marketplace.payments.models import Purpose
from marketplace.stalls import queries
from marketplace.stalls.models import SaleCode, Stall
from marketplace.stalls.services import shifts

#: How many unused codes a phone keeps, and all phones of a stall together; how long a code may be shown.
STOCK: Final = 20
MOST_PER_STALL: Final = 100
GOOD_FOR: Final = timedelta(days=7)
#: How long a phone may have been without a network: no sale made earlier is taken any more.
LONGEST_OFFLINE: Final = timedelta(days=31)
#: A code that runs out so soon is replaced when the phone asks.
_TOO_SOON = timedelta(days=1)


def reserve_codes(stall_id: int, device_id: str, *, actor_id: int) -> list[SaleCode]:
    """The unused codes of this phone, filled up to ``STOCK``, oldest first; fewer when the stall's phones together
    hold ``MOST_PER_STALL``. Unused ones that ran out ``LONGEST_OFFLINE`` ago go: no sale can name them any more.

    Codes for a former account are handed out no more, but stay good for what the phone has shown of them.
    Raises ``NotFound`` (``stall_unknown``), ``Conflict`` (``stall_closed``, ``stall_without_account``,
    ``stall_account_waiting``, ``stall_account_refused``).
    """
    stall = shifts.lock_stall(stall_id)
    if not stall.is_active:
        raise Conflict("stall_closed")
    obstacle = queries.why_no_code(stall)
    if obstacle:
        raise Conflict(obstacle)
    now = clock.now()
    db.session.execute(delete(SaleCode).where(*_unused(stall_id), SaleCode.expires_at < now - LONGEST_OFFLINE))
    of_phone = (SaleCode.device_id == device_id, SaleCode.expires_at > now + _TOO_SOON, *_of_account(stall))
    held = list(db.session.scalars(select(SaleCode).where(*_unused(stall_id), *of_phone).order_by(SaleCode.id)))
    of_stall = select(func.count(SaleCode.id)).where(*_unused(stall_id), SaleCode.expires_at > now)
    room = MOST_PER_STALL - (db.session.scalar(of_stall) or 0)
    held += [_reserve(stall, device_id, now, actor_id) for _ in range(min(STOCK - len(held), room))]
    return held


def hold_code(stall_id: int, code: str, sold_at: datetime) -> SaleCode:
    """The unused code under its row's lock, for which a bank's notice waits (``StallSales.hold_reserved``).

    Raises ``Conflict``: ``sale_code_unknown`` (never reserved, or another stall's), ``sale_code_used``,
    ``sale_code_expired`` for a sale that was made after the code ran out, and for any sale once it is burnt.
    """
    which = (SaleCode.code == code, SaleCode.stall_id == stall_id)
    statement = select(SaleCode).where(*which).with_for_update().execution_options(populate_existing=True)
    found = db.session.scalars(statement).one_or_none()
    if found is None:
        raise Conflict("sale_code_unknown")
    if found.sale_id is not None:
        raise Conflict("sale_code_used")
    is_burnt = found.expires_at <= found.reserved_at
    if is_burnt or sold_at > found.expires_at:
        raise Conflict("sale_code_expired")
    return found


def burn_code(stall_id: int, code: str) -> None:
    """An unused code whose sale was refused is nobody's any more: its buyer may have paid, and no other sale may get
    that money. It is burnt by ending when it began, is handed out no more, and its money waits for a person.
    """
    burnt = update(SaleCode).where(SaleCode.code == code, *_unused(stall_id)).values(expires_at=SaleCode.reserved_at)
    db.session.execute(burnt)


def _reserve(stall: Stall, device_id: str, now: datetime, actor_id: int) -> SaleCode:
    code = SaleCode(
        stall_id=stall.id,
        device_id=device_id,
        code=payments.free_code(Purpose.STALL_SALE),
        bank_bin=str(stall.bank_bin),
        bank_account=str(stall.bank_account),
        bank_holder=stall.bank_holder or stall.name,
        reserved_by=actor_id,
        reserved_at=now,
        expires_at=now + GOOD_FOR,
    )
    db.session.add(code)
    db.session.flush()
    return code


def _unused(stall_id: int) -> tuple[ColumnElement[bool], ...]:
    return (SaleCode.stall_id == stall_id, SaleCode.sale_id.is_(None))


def _of_account(stall: Stall) -> tuple[ColumnElement[bool], ...]:
    return (SaleCode.bank_bin == str(stall.bank_bin), SaleCode.bank_account == str(stall.bank_account))
