"""Reading products for their producers and for those who approve them. What buyers see is the storefront's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from marketplace.catalogue.models import EditState, Photo, Product, ProductEvent, ProductState, StagedEdit
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.paging import DEFAULT_LIMIT, NumberedPage
from marketplace.ocop.models import OcopProduct
from marketplace.producers.models import Producer
from marketplace.producers.queries import lies_in

OPEN_EDITS = (EditState.SUBMITTED, EditState.CHANGES_WANTED)


def is_approved() -> ColumnElement[bool]:
    """SQL clause: the product went through approval and is not paused: one condition of being on sale."""
    return Product.state == ProductState.APPROVED


def get_product(product_id: int) -> Product:
    """The product with that id, whatever its state. Raises ``NotFound``."""
    found = db.session.scalars(_with_all().where(Product.id == product_id)).one_or_none()
    if found is None:
        raise NotFound("product_not_found")
    return found


def get_own_product(product_id: int, own_ids: Collection[int]) -> Product:
    """A product of one of the person's own producers. A neighbour's id answers like a missing one (P06)."""
    found = db.session.scalars(
        _with_all().where(Product.id == product_id, Product.producer_id.in_(own_ids))
    ).one_or_none()
    if found is None:
        raise NotFound("product_not_found")
    return found


def get_product_for_review(product_id: int, province_ids: Collection[int] | None) -> Product:
    """A product that was submitted once, of these provinces (everywhere when None). Raises ``NotFound``."""
    chosen = _with_all().where(Product.id == product_id, Product.state != ProductState.DRAFT)
    if province_ids is not None:
        chosen = chosen.where(_comes_from(province_ids))
    found = db.session.scalars(chosen).one_or_none()
    if found is None:
        raise NotFound("product_not_found")
    return found


def list_own_products(own_ids: Collection[int]) -> Sequence[Product]:
    """Every product of these producers that is not archived, by name."""
    chosen = _with_all().where(Product.producer_id.in_(own_ids), Product.state != ProductState.ARCHIVED)
    return db.session.scalars(chosen.order_by(Product.name_fold, Product.id)).all()


def find_open_edit(product_id: int) -> StagedEdit | None:
    """The staged edit that waits for approval or for correction, or None; there is at most one."""
    chosen = select(StagedEdit).where(StagedEdit.product_id == product_id, StagedEdit.state.in_(OPEN_EDITS))
    return db.session.scalars(chosen).one_or_none()


def open_edits(product_ids: Collection[int]) -> dict[int, StagedEdit]:
    """``find_open_edit`` for many products in one query."""
    chosen = select(StagedEdit).where(StagedEdit.product_id.in_(product_ids), StagedEdit.state.in_(OPEN_EDITS))
    return {edit.product_id: edit for edit in db.session.scalars(chosen)}


def list_events(product_id: int) -> Sequence[ProductEvent]:
    """Who did what with a product and when, oldest first."""
    events = select(ProductEvent).where(ProductEvent.product_id == product_id)
    return db.session.scalars(events.order_by(ProductEvent.at, ProductEvent.id)).all()


@dataclass(frozen=True)
class Waiting:
    """A product that waits for a decision; ``edit`` is the staged edit when it is one that is on sale."""

    product: Product
    edit: StagedEdit | None


def list_waiting(
    province_ids: Collection[int] | None, *, page: int = 1, size: int = DEFAULT_LIMIT
) -> NumberedPage[Waiting]:
    """Submitted products and submitted edits of these provinces (everywhere when None), oldest first."""
    chosen = _waiting(province_ids)
    total = db.session.scalar(select(func.count()).select_from(chosen.order_by(None).subquery())) or 0
    rows = db.session.scalars(chosen.limit(size).offset((page - 1) * size)).unique().all()
    edits = open_edits([product.id for product in rows])
    return NumberedPage([Waiting(product, edits.get(product.id)) for product in rows], page, size, total)


def count_waiting(province_ids: Collection[int] | None) -> int:
    """How many products wait for a decision there."""
    return db.session.scalar(select(func.count()).select_from(_waiting(province_ids).order_by(None).subquery())) or 0


def _waiting(province_ids: Collection[int] | None) -> Select[Product]:
    edited = select(StagedEdit.product_id).where(StagedEdit.state == EditState.SUBMITTED)
    since = (
        select(func.max(ProductEvent.id)).where(ProductEvent.product_id == Product.id).correlate(Product)
    ).scalar_subquery()
    chosen = _with_all().where(or_(Product.state == ProductState.SUBMITTED, Product.id.in_(edited)))
    if province_ids is not None:
        chosen = chosen.where(_comes_from(province_ids))
    return chosen.order_by(since, Product.id)


def _comes_from(province_ids: Collection[int]) -> ColumnElement[bool]:
    """The province in which the product is recognised decides who approves it."""
    return lies_in(OcopProduct.__table__.c.commune_id, province_ids)


def _with_all() -> Select[Product]:
    return (
        select(Product)
        .join(Product.ocop_product)
        .join(Producer, Product.producer_id == Producer.id)
        .options(
            contains_eager(Product.ocop_product),
            contains_eager(Product.producer),
            selectinload(Product.packs),
            selectinload(Product.photos).joinedload(Photo.file),
            selectinload(Product.trace_links),
        )
    )
