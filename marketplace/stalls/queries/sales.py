"""Reading sales. The day of a sale is the day of its money, before that the day it was made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, case, distinct, func, select
from sqlalchemy.orm import joinedload

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.money import Dong
from marketplace.core.paging import DEFAULT_LIMIT, Page
from marketplace.payments.models import BankReceipt, Payment
from marketplace.stalls.models import Market, Means, Sale, SaleConversion, SaleState, Stall
from marketplace.stalls.queries import markets

#: Shares of fewer stalls than this would tell a neighbour's turnover.
FEWEST_STALLS = 3


@dataclass(frozen=True)
class SaleStatus:
    """A sale and what the bank has said about it; all amounts in dong.

    ``received`` counts towards the sale, ``missing`` is still to come, ``excess`` reached the trader's account for
    this sale but pays for nothing: it is to be given back.
    """

    sale: Sale
    received: Dong
    missing: Dong
    excess: Dong

    @property
    def face(self) -> str:
        """``awaiting``, ``partial``, ``paid`` or ``cancelled``."""
        if self.sale.state is SaleState.AWAITING and self.received:
            return "partial"
        return self.sale.state.value


@dataclass(frozen=True)
class Total:
    """Number and sum (dong) of paid sales."""

    count: int
    amount: Dong


@dataclass(frozen=True)
class Shares:
    """A market's cashless shares of one month, in percent; None while too few stalls sold (``FEWEST_STALLS``).

    ``stalls``: open stalls; ``with_qr``: those with a payment QR; ``used_qr``: those paid by QR in the month.
    """

    first_day: date
    stalls: int
    with_qr: int
    used_qr: int
    by_number: Decimal | None
    by_value: Decimal | None


def find_sale(stall_id: int, client_id: str) -> Sale | None:
    """The sale that the phone made under this id, or None."""
    statement = _sales().where(Sale.stall_id == stall_id, Sale.client_id == client_id)
    return db.session.scalars(statement).one_or_none()


def get_sale(stall_id: int, sale_id: int) -> Sale:
    """A sale of this stall. Raises ``NotFound`` (``sale_unknown``), also for a neighbour's."""
    sale = db.session.scalars(_sales().where(Sale.id == sale_id, Sale.stall_id == stall_id)).one_or_none()
    if sale is None:
        raise NotFound("sale_unknown")
    return sale


def find_cash_sale_for(qr_sale_id: int) -> Sale | None:
    """The cash sale that was recorded in place of a QR sale, or None."""
    statement = _sales().join(SaleConversion, SaleConversion.cash_sale_id == Sale.id)
    return db.session.scalars(statement.where(SaleConversion.qr_sale_id == qr_sale_id)).one_or_none()


def status_of(sale: Sale) -> SaleStatus:
    """The sale with what has arrived for it."""
    return statuses_of([sale])[0]


def statuses_of(sales: Sequence[Sale]) -> list[SaleStatus]:
    """The sales, in their order, with what has arrived for each; one question to the database for all of them."""
    excess = _excess([sale.payment for sale in sales if sale.payment is not None])
    return [_status(sale, excess) for sale in sales]


def _status(sale: Sale, excess: Mapping[int, Dong]) -> SaleStatus:
    payment = sale.payment
    if payment is None:
        paid = sale.amount if sale.state is SaleState.PAID else Dong(0)
        return SaleStatus(sale, paid, Dong(0), Dong(0))
    missing = Dong(payment.amount - payment.received) if sale.state is SaleState.AWAITING else Dong(0)
    return SaleStatus(sale, payment.received, missing, excess.get(payment.id, Dong(0)))


def latest_sales(stall_id: int, limit: int = 5) -> list[Sale]:
    """The stall's last sales, newest first."""
    statement = _sales().where(Sale.stall_id == stall_id).order_by(Sale.sold_at.desc(), Sale.id.desc()).limit(limit)
    return list(db.session.scalars(statement))


def sales_of_day(stall_id: int, day: date) -> list[Sale]:
    """Every sale of a local day, newest first."""
    statement = _sales().where(Sale.stall_id == stall_id, *_on(day))
    return list(db.session.scalars(statement.order_by(_moment().desc(), Sale.id.desc())))


def page_of_sales(
    stall_id: int, day: date, *, after: int | None = None, limit: int = DEFAULT_LIMIT
) -> Page[SaleStatus]:
    """The sales of a local day in order of id, for programs; the cursor is the last id of the page before."""
    statement = _sales().where(Sale.stall_id == stall_id, Sale.id > (after or 0), *_on(day))
    found = list(db.session.scalars(statement.order_by(Sale.id).limit(limit + 1)))
    following = str(found[limit - 1].id) if len(found) > limit else None
    return Page(statuses_of(found[:limit]), following)


def totals_of_day(stall_id: int, day: date) -> dict[Means, Total]:
    """What was paid on a local day, by means; every means is a key."""
    start, end = clock.local_day(day)
    statement = (
        select(Sale.means, func.count(), func.sum(Sale.amount))
        .where(Sale.stall_id == stall_id, Sale.state == SaleState.PAID, Sale.paid_at >= start, Sale.paid_at < end)
        .group_by(Sale.means)
    )
    found = {means: Total(count, Dong(int(amount))) for means, count, amount in db.session.execute(statement)}
    return {means: found.get(means, Total(0, Dong(0))) for means in Means}


def shares(market: Market, year: int, month: int) -> Shares:
    """The cashless shares of a month over the whole market, without the turnover of any single stall.

    Only percentages leave this function, never sums; with fewer than ``FEWEST_STALLS`` sellers not even those.
    """
    start, end = clock.local_month(year, month)
    by_qr = Sale.means == Means.QR
    sold = (
        select(
            func.count(distinct(Sale.stall_id)),
            func.count(distinct(case((by_qr, Sale.stall_id)))),
            func.count(),
            func.count(case((by_qr, 1))),
            func.coalesce(func.sum(Sale.amount), 0),
            func.coalesce(func.sum(case((by_qr, Sale.amount), else_=0)), 0),
        )
        .join(Stall, Stall.id == Sale.stall_id)
        .where(Stall.market_id == market.id, Sale.state == SaleState.PAID, Sale.paid_at >= start, Sale.paid_at < end)
    )
    sellers, used_qr, number, number_qr, value, value_qr = db.session.execute(sold).one()
    counts = markets.summary_of(market)
    is_shown = sellers >= FEWEST_STALLS
    return Shares(
        first_day=date(year, month, 1),
        stalls=counts.stalls,
        with_qr=counts.with_qr,
        used_qr=used_qr,
        by_number=_percent(number_qr, number) if is_shown else None,
        by_value=_percent(int(value_qr), int(value)) if is_shown else None,
    )


def _percent(part: int, whole: int) -> Decimal:
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.1"))


def _sales() -> Select[Sale]:
    return select(Sale).options(joinedload(Sale.payment))


def _moment() -> ColumnElement[datetime]:
    return func.coalesce(Sale.paid_at, Sale.sold_at)


def _on(day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    start, end = clock.local_day(day)
    return _moment() >= start, _moment() < end


def _excess(payments: Sequence[Payment]) -> dict[int, Dong]:
    """By payment: what reached the payee's account under its code beyond what it took."""
    if not payments:
        return {}
    rest = func.coalesce(func.sum(BankReceipt.amount - BankReceipt.applied), 0)
    statement = (
        select(Payment.id, rest)
        .join(BankReceipt, BankReceipt.payment_id == Payment.id)
        .where(Payment.id.in_([payment.id for payment in payments]))
        .where(BankReceipt.bin == Payment.payee_bin, BankReceipt.account == Payment.payee_account)
        .group_by(Payment.id)
    )
    return {payment_id: Dong(int(amount)) for payment_id, amount in db.session.execute(statement)}
