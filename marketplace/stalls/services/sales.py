"""Taking a sale: once per id that the phone made, with the money on the trader's own account or in cash."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import update

from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.payments import services as payments
from marketplace.payments.models import Payment, Purpose, Rail
from marketplace.payments.settings import Payee
from marketplace.stalls import queries
from marketplace.stalls.models import CancelReason, Means, Sale, SaleCode, SaleConversion, SaleState, Stall
from marketplace.stalls.services import codes, goods, shifts
from marketplace.stalls.services.goods import Wanted

CASH_SALE: Final = "cash_sale"
#: Names the cash sale that stands for a QR sale.
_IN_CASH = uuid.UUID("0b6e1d52-7c8f-4d1e-8a55-5d0a3a1f9c27")
#: How far the clocks of a phone and a bank may be off.
CLOCK_SKEW: Final = timedelta(minutes=5)


def take_sale(
    stall_id: int,
    *,
    client_id: str,
    amount: Dong,
    means: Means,
    vendor_id: int | None,
    sold_at: datetime | None = None,
    is_illustrative: bool = False,
    taken_offline: bool = False,
    code: str | None = None,
    payee: Payee | None = None,
    lines: Sequence[Wanted] = (),
) -> Sale:
    """Record a sale of ``amount`` dong, once per ``client_id`` of the stall (I36): sent again it is the same sale.

    QR: opens a payment to the trader's own account; the sale waits for the bank. Posts nothing yet.
    Cash: paid at once, without a payment (I40); posts ``cash_sale`` (fact: the sale) ``stall:<id>:cash`` + amount,
    ``stall:<id>:sales`` - amount. ``sold_at`` (UTC) is when a phone without network made it; by default now.
    ``taken_offline``: the buyer used a printed code, or showed a screen: the sale waits for proof all the same.
    ``code``: the reserved transfer code that the phone showed without network; money that was quicker than the phone
    pays the sale at once, later money pays it by the code.
    ``payee``: the account that the money has reached already, by the trader's word; by default the one in force.
    ``lines``: packs from the store of the stall's producer; they leave it when the sale is paid.
    Raises ``NotFound`` (``stall_unknown``), ``Conflict`` (``client_id_used``: other amount or means under the same
    id; ``sale_code_unknown``, ``sale_code_used``, ``sale_code_expired``;
    ``stall_closed``; ``stall_without_account``, ``stall_account_waiting``, ``stall_account_refused``: for QR only a
    confirmed account counts; for lines ``pack_not_sold_here``, ``stock_short``), ``Invalid``
    (``sold_in_the_future``, ``sold_too_long_ago``; ``sale_total_differs``, ``pack_named_twice``).
    """
    stall = shifts.lock_stall(stall_id)
    known = queries.find_sale(stall_id, client_id)
    if known is not None:
        if (known.amount, known.means) != (amount, means):
            raise Conflict("client_id_used")
        return known
    moment = _checked_moment(sold_at, is_illustrative)
    _check_stall(stall, means)
    offers = goods.check_goods(stall_id, lines, amount) if lines else {}
    held = codes.hold_code(stall_id, code, moment) if code and means is Means.QR else None
    payment = _ask_for(stall, amount, held, payee) if means is Means.QR else None
    sale = Sale(
        stall_id=stall_id,
        client_id=client_id,
        amount=amount,
        means=means,
        state=SaleState.AWAITING if payment else SaleState.PAID,
        payment=payment,
        vendor_id=vendor_id,
        is_illustrative=is_illustrative,
        taken_offline=taken_offline,
        sold_at=moment,
        paid_at=None if payment else moment,
        sequence=None if payment else shifts.next_number(stall_id),
    )
    db.session.add(sale)
    db.session.flush()
    goods.promise(sale, lines, offers)
    if means is Means.CASH:
        goods.hand_over(sale.id, actor_id=vendor_id)
        _post_cash(sale)
    if held is not None and payment is not None:
        held.sale_id, held.used_at = sale.id, clock.now()
        db.session.flush()
        payments.apply_waiting(payment, since=held.reserved_at - CLOCK_SKEW)
        db.session.refresh(sale)
    return sale


def cancel_sale(sale: Sale, *, reason: CancelReason | None = None) -> bool:
    """Give up a sale that waits, or take back a cash sale of today (its posting is reversed). Again: no effect.

    Answers whether this call gave it up: False when it was given up before.
    ``reason``: why, when it is not the trader's own doing; the till shows it.

    Money that comes later for a cancelled QR sale stays unapplied by the rule of payments.
    Raises ``Conflict``: ``sale_paid`` when the bank was quicker, ``sale_day_over`` for cash of an earlier day,
    ``sale_in_closed_shift`` when its shift is closed (I37).
    """
    if sale.state is SaleState.CANCELLED:
        return False
    if sale.payment is not None:
        if sale.state is SaleState.PAID:
            raise Conflict("sale_paid")
        payments.cancel(sale.payment)  # takes the payment's lock first, as settling does
        is_moved = _move(sale, SaleState.AWAITING, cancel_reason=reason)
        if is_moved:
            goods.take_back(sale.id, was_paid=False)
        return is_moved
    if sale.paid_at is None or clock.local_day_of(sale.paid_at) != clock.today():
        raise Conflict("sale_day_over")
    shifts.lock_stall(sale.stall_id)
    if is_closed(sale):
        raise Conflict("sale_in_closed_shift")
    is_moved = _move(sale, SaleState.PAID, paid_at=None)
    if is_moved:
        entry = ledger_queries.find_entry(CASH_SALE, ref_type="stall_sale", ref_id=str(sale.id))
        if entry is not None:
            ledger.reverse(entry, occurred_at=clock.now())
        goods.take_back(sale.id, was_paid=True)
    return is_moved


def convert_to_cash(sale: Sale, *, actor_id: int) -> Sale:
    """The buyer of a waiting QR sale paid in cash: it is given up, and a cash sale is recorded in its place (case 27).

    Again: the same cash sale. Money that comes for the old code stays unapplied and is shown to the trader.
    Raises ``Conflict``: ``sale_paid`` when the bank was quicker, ``sale_partly_paid`` when a part has arrived,
    ``sale_not_awaiting``.
    """
    known = queries.find_cash_sale_for(sale.id)
    if known is not None:
        return known
    if sale.payment is None or sale.state is SaleState.CANCELLED:
        raise Conflict("sale_not_awaiting")
    if sale.state is SaleState.AWAITING and sale.payment.received:
        raise Conflict("sale_partly_paid")
    cancel_sale(sale)
    cash = take_sale(
        sale.stall_id,
        client_id=str(uuid.uuid5(_IN_CASH, f"{sale.stall_id}:{sale.client_id}")),
        amount=sale.amount,
        means=Means.CASH,
        vendor_id=actor_id,
        lines=[Wanted(line.pack_id, line.quantity) for line in queries.lines_of(sale.id)],
    )
    made = {"qr_sale_id": sale.id, "cash_sale_id": cash.id}
    db.session.add(SaleConversion(**made, converted_by=actor_id, converted_at=clock.now()))
    db.session.flush()
    return cash


def is_closed(sale: Sale) -> bool:
    """Whether a closing has taken the sale: nothing about it changes any more."""
    return sale.sequence is not None and sale.sequence <= queries.last_closed_sequence(sale.stall_id)


def _checked_moment(sold_at: datetime | None, is_illustrative: bool) -> datetime:
    now = clock.now()
    if sold_at is None:
        return now
    if sold_at > now + CLOCK_SKEW:
        raise Invalid("sold_in_the_future", field="sold_at")
    if sold_at < now - codes.LONGEST_OFFLINE and not is_illustrative:
        raise Invalid("sold_too_long_ago", field="sold_at", days=codes.LONGEST_OFFLINE.days)
    return min(sold_at, now)


def _check_stall(stall: Stall, means: Means) -> None:
    if not stall.is_active:
        raise Conflict("stall_closed")
    obstacle = queries.why_no_code(stall) if means is Means.QR else None
    if obstacle:
        raise Conflict(obstacle)


def _ask_for(stall: Stall, amount: Dong, held: SaleCode | None, reached: Payee | None) -> Payment:
    """To the stall's account in force, or to one that was: named by the phone's QR, or reached by money already."""
    where = held or stall
    payee = reached or Payee(str(where.bank_bin), str(where.bank_account), where.bank_holder or stall.name)
    code = held.code if held else None
    return payments.open_payment(Purpose.STALL_SALE, Rail.VIETQR, amount, payee=payee, code=code)


def _post_cash(sale: Sale) -> None:
    ledger.post(
        CASH_SALE,
        ref_type="stall_sale",
        ref_id=str(sale.id),
        occurred_at=sale.sold_at,
        lines={f"stall:{sale.stall_id}:cash": sale.amount, f"stall:{sale.stall_id}:sales": Dong(-sale.amount)},
    )


def _move(sale: Sale, among: SaleState, **values: Any) -> bool:
    """Cancel a sale that is still in the state ``among``; False when somebody was quicker."""
    statement = update(Sale).where(Sale.id == sale.id, Sale.state == among)
    values = {"state": SaleState.CANCELLED, **values}
    is_moved = changed_one(statement.values(**values))
    db.session.refresh(sale)
    return is_moved
