"""Reading markets and their stalls."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import joinedload

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.paging import DEFAULT_LIMIT, NumberedPage, Page
from marketplace.places.models import AdminUnit
from marketplace.stalls.models import Market, Stall


@dataclass(frozen=True)
class MarketSummary:
    """A market with the number of its open stalls and of those that take a QR payment."""

    market: Market
    stalls: int
    with_qr: int


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
    return sorted(db.session.scalars(statement), key=stall_order)


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


def stall_order(stall: Stall) -> tuple[int, str, int]:
    """By number, 2 before 10."""
    digits = "".join(letter for letter in stall.number if letter in "0123456789")
    return (int(digits) if digits else 0, stall.number, stall.id)
