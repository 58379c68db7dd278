"""The list of what is for sale: filters, order, cards. Ids first, in order; then their cards; then how many there are.

Apart, because the ids of a page come from an index and stop after a page, while a count weighs every product.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import CTE, ColumnElement, ScalarSelect, Select, Subquery, func, select
from sqlalchemy.orm import aliased

from marketplace.catalogue.models import Pack, Photo, Product
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.core.paging import DEFAULT_LIMIT, NumberedPage, Page
from marketplace.files.models import StoredFile
from marketplace.ocop.models import Certificate, OcopProduct, ProductGroup
from marketplace.places.models import AdminUnit
from marketplace.producers.models import Producer, ProducerKind
from marketplace.storefront import search
from marketplace.storefront.changes import once_per_change
from marketplace.storefront.sellable import certificate_counts, pack_on_shelf, sellable_clause, shown_clause


class Sort(StrEnum):
    """Orders of the list; ``BEST`` is the order of a search."""

    BEST = "best"
    NEWEST = "newest"
    PRICE_UP = "price"
    PRICE_DOWN = "-price"
    STARS = "stars"
    NAME = "name"


@dataclass(frozen=True)
class Filters:
    """What the buyer narrowed the list to; places by their code of today, prices in dong."""

    q: str = ""
    stars: tuple[int, ...] = ()
    group: ProductGroup | None = None
    province: str | None = None
    commune: str | None = None
    kind: ProducerKind | None = None
    producer_id: int | None = None
    price_from: Dong | None = None
    price_to: Dong | None = None
    sort: Sort | None = None


@dataclass(frozen=True)
class Card:
    """A product in a list. ``price`` is that of the cheapest pack in stock, None where nothing is sold (tourism)."""

    id: int
    slug: str
    name: str
    producer: str
    commune: str
    province: str
    group: ProductGroup
    stars: int
    decision_number: str
    certificate_until: date
    pack_label: str | None
    price: Dong | None
    net_weight_grams: int | None
    photo: StoredFile | None
    photo_text: str | None

    @property
    def price_per_kilogram(self) -> Dong | None:
        """Dong per kilogram or litre, rounded half up; None without a net weight."""
        if not self.net_weight_grams or self.price is None:
            return None
        return Dong((self.price * 2000 + self.net_weight_grams) // (2 * self.net_weight_grams))


def list_products(
    filters: Filters, *, page: int = 1, size: int = DEFAULT_LIMIT, moment: datetime | None = None
) -> NumberedPage[Card]:
    """Page ``page`` of the products on sale at ``moment``; a page behind the last is the last one."""
    when = moment or clock.now()
    ids = _page_of(filters, when, limit=size, offset=(page - 1) * size)
    if page == 1 and len(ids) < size:
        return NumberedPage(_cards_of(ids, when), page, size, len(ids))
    total = count_products(filters, moment)
    if not ids and page > 1:
        return list_products(filters, page=max(1, -(-total // size)), size=size, moment=moment)
    return NumberedPage(_cards_of(ids, when), page, size, total)


def count_products(filters: Filters, moment: datetime | None = None) -> int:
    """How many products the filters leave on sale; for now (no ``moment``) counted once per change of the shelf."""
    if moment is not None:
        return _count(filters, moment)
    whatever_order = replace(filters, sort=None)
    return once_per_change(whatever_order, lambda: _count(whatever_order, clock.now()))


def _count(filters: Filters, moment: datetime) -> int:
    chosen = _chosen(filters, moment, _hits(filters), _prices(filters, moment))
    if not (filters.q or filters.producer_id or filters.province or filters.commune):
        # nearly all products are weighed: in the order of their rows (the index of the page's order costs three times)
        chosen = chosen.with_hint(Product, "INDEXED BY ix_product_state", "sqlite")
    return db.session.scalar(select(func.count()).select_from(chosen.subquery())) or 0


def products_after(filters: Filters, after: int | None, *, limit: int) -> Page[Card]:
    """For programs: products on sale, by id; the cursor is the last id seen."""
    moment = clock.now()
    chosen = _chosen(filters, moment, _hits(filters), _prices(filters, moment)).order_by(Product.id)
    if after is not None:
        chosen = chosen.where(Product.id > after)
    ids = chosen.limit(limit + 1).subquery("chosen")
    cards = [_card(row) for row in db.session.execute(_cards(ids, moment).order_by(ids.c.id))]
    more = len(cards) > limit
    return Page(cards[:limit], str(cards[limit - 1].id) if more else None)


def newest_recognised(limit: int = 8) -> Sequence[Card]:
    """Products on sale whose certificate was decided last."""
    moment = clock.now()
    chosen = (
        _chosen(Filters(), moment, None, None)
        .join(Certificate, Certificate.id == _certificate_id(moment))
        .add_columns(Certificate.decided_on.label("decided_on"))
        .order_by(Certificate.decided_on.desc(), Product.id.desc())
        .limit(limit)
        .subquery("chosen")
    )
    rows = db.session.execute(_cards(chosen, moment).order_by(chosen.c.decided_on.desc(), chosen.c.id.desc()))
    return [_card(row) for row in rows]


@dataclass(frozen=True)
class Counts:
    """Products on sale by group and by province code."""

    groups: dict[ProductGroup, int]
    provinces: dict[str, int]


def count_by_group_and_province() -> Counts:
    """How much there is in each group and province, for the tiles of the first page."""
    moment = clock.now()
    province = aliased(AdminUnit)
    commune = aliased(AdminUnit)
    rows = db.session.execute(
        select(OcopProduct.group, province.code, func.count(Product.id))
        .join(Product, Product.ocop_product_id == OcopProduct.id)
        .join(commune, commune.id == Product.origin_commune_id)
        .outerjoin(province, province.id == commune.parent_id)
        .where(sellable_clause(moment))
        .group_by(OcopProduct.group, province.code)
    ).all()
    counts = Counts({}, {})
    for group, code, number in rows:
        counts.groups[group] = counts.groups.get(group, 0) + number
        if code is not None:
            counts.provinces[code] = counts.provinces.get(code, 0) + number
    return counts


# -- the parts -----------------------------------------------------------------------------------------------------


def _page_of(filters: Filters, moment: datetime, *, limit: int, offset: int) -> Sequence[int]:
    """Ids of the products of one page, in the order that the filters ask for."""
    found, prices = _hits(filters), _prices(filters, moment)
    chosen = _chosen(filters, moment, found, prices).order_by(*_order(filters, moment, found, prices))
    return db.session.scalars(chosen.limit(limit).offset(offset)).all()


def _cards_of(ids: Sequence[int], moment: datetime) -> list[Card]:
    """The cards of these products, in this order."""
    chosen = select(Product.id).where(Product.id.in_(ids)).subquery("chosen")
    cards = {row[0]: _card(row) for row in db.session.execute(_cards(chosen, moment))}
    return [cards[product_id] for product_id in ids if product_id in cards]


def _hits(filters: Filters) -> CTE | None:
    wanted = search.read(filters.q) if filters.q else None
    return search.hits(wanted) if wanted else None


def _prices(filters: Filters, moment: datetime) -> Subquery | None:
    """Where the list asks for prices: the lowest at which each product can be bought now, in dong, in one pass."""
    by_price = filters.sort in (Sort.PRICE_UP, Sort.PRICE_DOWN)
    if not by_price and filters.price_from is None and filters.price_to is None:
        return None
    lowest = func.min(Pack.price).label("lowest")
    return select(Pack.product_id, lowest).where(pack_on_shelf(moment)).group_by(Pack.product_id).subquery("prices")


def _chosen(filters: Filters, moment: datetime, found: CTE | None, prices: Subquery | None) -> Select[Any]:
    """Ids of the products on sale that the filters leave. Tourism is shown though nothing of it is sold."""
    tourism = filters.group is ProductGroup.TOURISM
    statement: Select[Any] = select(Product.id).where(shown_clause(moment) if tourism else sellable_clause(moment))
    if found is not None:
        # the second condition says nothing new, but lets SQLite begin with the few hits instead of all products
        statement = statement.join(found, found.c.id == Product.id).where(Product.id.in_(select(found.c.id)))
    if prices is not None:
        statement = statement.outerjoin(prices, prices.c.product_id == Product.id)
    return statement.where(*_narrowed(filters, moment, prices))


def _narrowed(filters: Filters, moment: datetime, prices: Subquery | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.stars:
        counting = select(Certificate.ocop_product_id).where(
            certificate_counts(moment), Certificate.stars.in_(filters.stars)
        )
        conditions.append(Product.ocop_product_id.in_(counting))
    if filters.group is not None:
        conditions.append(Product.ocop_product_id.in_(select(OcopProduct.id).where(OcopProduct.group == filters.group)))
    if filters.kind is not None:
        conditions.append(Product.producer_id.in_(select(Producer.id).where(Producer.kind == filters.kind)))
    if filters.producer_id is not None:
        conditions.append(Product.producer_id == filters.producer_id)
    if filters.province or filters.commune:
        conditions.append(Product.origin_commune_id.in_(_communes(filters)))
    if prices is not None and filters.price_from is not None:
        conditions.append(prices.c.lowest >= filters.price_from)
    if prices is not None and filters.price_to is not None:
        conditions.append(prices.c.lowest <= filters.price_to)
    return conditions


def _communes(filters: Filters) -> Select[int]:
    province, commune = aliased(AdminUnit), aliased(AdminUnit)
    statement = select(commune.id).join(province, province.id == commune.parent_id)
    if filters.commune:
        statement = statement.where(commune.code == filters.commune)
    if filters.province:
        statement = statement.where(province.code == filters.province)
    return statement


def _order(filters: Filters, moment: datetime, found: CTE | None, prices: Subquery | None) -> tuple[Any, ...]:
    sort = filters.sort or Sort.BEST
    if sort is Sort.BEST:
        if found is not None:
            return (found.c.has_marks.desc(), found.c.score, Product.id)
        sort = Sort.NEWEST
    if prices is not None and sort in (Sort.PRICE_UP, Sort.PRICE_DOWN):
        return (prices.c.lowest if sort is Sort.PRICE_UP else prices.c.lowest.desc(), Product.id)
    stars = select(Certificate.stars).where(Certificate.id == _certificate_id(moment)).scalar_subquery()
    return {
        Sort.NEWEST: (Product.approved_at.desc(), Product.id.desc()),
        Sort.STARS: (stars.desc(), Product.name_fold, Product.id),
        Sort.NAME: (Product.name_fold, Product.id),
    }[sort]


def _certificate_id(moment: datetime) -> ScalarSelect[int]:
    return (
        select(Certificate.id)
        .where(Certificate.ocop_product_id == Product.ocop_product_id, certificate_counts(moment))
        .order_by(Certificate.issued_on.desc(), Certificate.id.desc())
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )


def _pack_id(moment: datetime) -> ScalarSelect[int]:
    return (
        select(Pack.id)
        .where(Pack.product_id == Product.id, pack_on_shelf(moment))
        .order_by(Pack.price, Pack.id)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )


def _photo_id() -> ScalarSelect[int]:
    return (
        select(Photo.id)
        .where(Photo.product_id == Product.id)
        .order_by(Photo.position, Photo.id)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )


def _cards(chosen: Subquery, moment: datetime) -> Select[Any]:
    """The columns of ``Card`` for the products in ``chosen`` (a subquery with ``id``)."""
    commune, province = aliased(AdminUnit), aliased(AdminUnit)
    statement: Any = (
        select(
            Product.id,
            Product.slug,
            Product.name,
            Producer.name,
            commune.full_name,
            func.coalesce(province.name, ""),
            OcopProduct.group,
            Certificate.stars,
            Certificate.decision_number,
            Certificate.expires_on,
            Pack.label,
            Pack.price,
            Pack.net_weight_grams,
            StoredFile,
            Photo.alternative_text,
        )
        .join(chosen, chosen.c.id == Product.id)
        .join(Producer, Producer.id == Product.producer_id)
        .join(OcopProduct, OcopProduct.id == Product.ocop_product_id)
        .join(Certificate, Certificate.id == _certificate_id(moment))
        .join(commune, commune.id == Product.origin_commune_id)
        .outerjoin(province, province.id == commune.parent_id)
        .outerjoin(Pack, Pack.id == _pack_id(moment))
        .outerjoin(Photo, Photo.id == _photo_id())
        .outerjoin(StoredFile, StoredFile.id == Photo.file_id)
    )
    return cast(Select[Any], statement)


def _card(row: Any) -> Card:
    return Card(*row)
