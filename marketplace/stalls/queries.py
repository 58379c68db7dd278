"""Reading markets, stalls and sales. The day of a sale is the day of its money, before that the day it was made."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, and_, case, distinct, func, select
from sqlalchemy.orm import joinedload

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.money import Dong
from marketplace.core.paging import DEFAULT_LIMIT, NumberedPage, Page
from marketplace.payments.models import BankReceipt, Payment
from marketplace.places.models import AdminUnit
from marketplace.stalls.models import Market, Means, Sale, SaleState, Stall

#: Shares of fewer stalls than this would tell a neighbour's turnover.
FEWEST_STALLS = 3


@dataclass(frozen=True)
class MarketSummary:
    """A market with the number of its open stalls and of those that take a QR payment."""

    market: Market
    stalls: int
    with_qr: int


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


# -- markets and stalls --------------------------------------------------------------------------------------------


def get_market(slug: str) -> Market:
    """The market with that address. Raises ``NotFound`` (``market_unknown``)."""
    market = db.session.scalars(_markets().where(Market.slug == slug)).one_or_none()
    if market is None:
        raise NotFound("market_unknown")
    return market


def list_markets(*, page: int = 1, size: int = DEFAULT_LIMIT) -> NumberedPage[MarketSummary]:
    """Markets and streets by name, for people."""
    total = db.session.scalar(select(func.count()).select_from(Market)) or 0
    statement = _markets().order_by(Market.name, Market.id).limit(size).offset((page - 1) * size)
    return NumberedPage(_summaries(list(db.session.scalars(statement))), page, size, total)


def page_of_markets(*, after: int | None = None, limit: int = DEFAULT_LIMIT) -> Page[MarketSummary]:
    """Markets in order of id, for programs; the cursor is the last id of the page before."""
    statement = _markets().where(Market.id > (after or 0)).order_by(Market.id).limit(limit + 1)
    found = list(db.session.scalars(statement))
    following = str(found[limit - 1].id) if len(found) > limit else None
    return Page(_summaries(found[:limit]), following)


def markets_with_qr(limit: int = 2) -> list[MarketSummary]:
    """Markets where most stalls take QR, for the home page; none without such a stall."""
    counted = select(Stall.market_id, func.count().label("ready")).where(_takes_qr()).group_by(Stall.market_id)
    ready = counted.subquery()
    statement = _markets().join(ready, ready.c.market_id == Market.id).order_by(ready.c.ready.desc(), Market.id)
    return _summaries(list(db.session.scalars(statement.limit(limit))))


def summary_of(market: Market) -> MarketSummary:
    """The market with its counts."""
    return _summaries([market])[0]


def list_managed_markets(market_ids: frozenset[int]) -> list[Market]:
    """The markets with these ids, by name."""
    return list(db.session.scalars(_markets().where(Market.id.in_(market_ids)).order_by(Market.name, Market.id)))


def slug_is_free(slug: str) -> bool:
    """Whether no market has this address yet."""
    return db.session.scalar(select(Market.id).where(Market.slug == slug)) is None


def get_stall(stall_id: int) -> Stall:
    """The stall with its market. Raises ``NotFound`` (``stall_unknown``)."""
    stall = db.session.scalars(_stalls().where(Stall.id == stall_id)).one_or_none()
    if stall is None:
        raise NotFound("stall_unknown")
    return stall


def get_stall_of(market: Market, stall_id: int) -> Stall:
    """A stall of this market. Raises ``NotFound`` (``stall_unknown``), also for a stall of another market."""
    stall = get_stall(stall_id)
    if stall.market_id != market.id:
        raise NotFound("stall_unknown")
    return stall


def list_stalls(market: Market, *, only_open: bool = False) -> list[Stall]:
    """The stalls of a market in order of their numbers (2 before 10)."""
    statement = _stalls().where(Stall.market_id == market.id)
    if only_open:
        statement = statement.where(Stall.is_active)
    return sorted(db.session.scalars(statement), key=_number_order)


def list_own_stalls(stall_ids: frozenset[int]) -> list[Stall]:
    """The stalls with these ids, in order of id."""
    return list(db.session.scalars(_stalls().where(Stall.id.in_(stall_ids)).order_by(Stall.id)))


def number_is_taken(market_id: int, number: str, *, other_than: int | None = None) -> bool:
    """Whether another stall of the market has this number."""
    statement = select(Stall.id).where(Stall.market_id == market_id, Stall.number == number)
    if other_than is not None:
        statement = statement.where(Stall.id != other_than)
    return db.session.scalar(statement) is not None


def _markets() -> Select[Market]:
    commune = joinedload(Market.commune).joinedload(AdminUnit.parent)
    return select(Market).options(commune, joinedload(Market.former_commune))


def _stalls() -> Select[Stall]:
    return select(Stall).options(joinedload(Stall.market))


def _takes_qr() -> ColumnElement[bool]:
    return and_(Stall.is_active, Stall.bank_account.is_not(None))


def _summaries(markets: list[Market]) -> list[MarketSummary]:
    statement = (
        select(Stall.market_id, func.count(), func.count(case((Stall.bank_account.is_not(None), 1))))
        .where(Stall.is_active, Stall.market_id.in_([market.id for market in markets]))
        .group_by(Stall.market_id)
    )
    counts = {market_id: (stalls, ready) for market_id, stalls, ready in db.session.execute(statement)}
    return [MarketSummary(market, *counts.get(market.id, (0, 0))) for market in markets]


def _number_order(stall: Stall) -> tuple[int, str, int]:
    digits = "".join(letter for letter in stall.number if letter in "0123456789")
    return (int(digits) if digits else 0, stall.number, stall.id)


# -- sales ---------------------------------------------------------------------------------------------------------


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


def status_of(sale: Sale) -> SaleStatus:
    """The sale with what has arrived for it."""
    payment = sale.payment
    if payment is None:
        paid = sale.amount if sale.state is SaleState.PAID else Dong(0)
        return SaleStatus(sale, paid, Dong(0), Dong(0))
    missing = Dong(payment.amount - payment.received) if sale.state is SaleState.AWAITING else Dong(0)
    return SaleStatus(sale, payment.received, missing, _excess(payment))


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
    return Page([status_of(sale) for sale in found[:limit]], following)


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
    counts = summary_of(market)
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


def _excess(payment: Payment) -> Dong:
    """What reached the payee's account under this payment's code beyond what it took."""
    rest = func.coalesce(func.sum(BankReceipt.amount - BankReceipt.applied), 0)
    statement = select(rest).where(
        BankReceipt.payment_id == payment.id,
        BankReceipt.bin == payment.payee_bin,
        BankReceipt.account == payment.payee_account,
    )
    return Dong(int(db.session.scalar(statement) or 0))
