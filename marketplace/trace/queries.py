"""What is known of a lot, and what the last look at a trace link found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from marketplace.catalogue.models import Product, ProductState, TraceLink
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.paging import DEFAULT_LIMIT, Page
from marketplace.inventory.models import Lot, LotEvent, LotState
from marketplace.inventory.queries import list_events
from marketplace.ocop.models import Certificate
from marketplace.ocop.queries import valid_certificate
from marketplace.places.models import AdminUnit
from marketplace.producers.models import Producer
from marketplace.trace.models import LinkCheck, LinkStatus


@dataclass(frozen=True)
class CheckedLink:
    """A trace link and its newest check (None: never looked at)."""

    link: TraceLink
    check: LinkCheck | None


@dataclass(frozen=True)
class Trace:
    """What the trace record of a lot must carry (TT 02/2024/TT-BKHCN): product, producer and address, time,

    brand and lot, expiry, rules applied (the certificate on the day it was made, else the present one)."""

    lot: Lot
    product: Product
    producer: Producer
    origin: AdminUnit
    producer_place: AdminUnit
    certificate: Certificate | None
    history: Sequence[LotEvent]

    @property
    def is_recalled(self) -> bool:
        """Whether the lot was recalled."""
        return self.lot.state is LotState.RECALLED

    @property
    def planting_area_code(self) -> str | None:
        """The lot's planting-area code, else the product's."""
        return self.lot.planting_area_code or self.product.planting_area_code

    def has_expired(self, day: date) -> bool:
        """Whether the lot may no longer be sold on ``day`` because of its age."""
        return self.lot.expires_on is not None and self.lot.expires_on <= day


def get_trace(code: str) -> Trace:
    """The record of the lot whose public code is ``code``. Raises ``NotFound`` (``trace_not_found``)."""
    lot = db.session.scalars(
        select(Lot)
        .where(Lot.trace_code == code.strip().lower())
        .options(
            joinedload(Lot.pack),
            joinedload(Lot.product).joinedload(Product.producer),
            joinedload(Lot.product).joinedload(Product.ocop_product),
        )
    ).one_or_none()
    if lot is None:
        raise NotFound("trace_not_found")
    product, producer = lot.product, lot.product.producer
    places = {
        unit.id: unit
        for unit in db.session.scalars(
            select(AdminUnit)
            .where(AdminUnit.id.in_([product.origin_commune_id, producer.commune_id]))
            .options(joinedload(AdminUnit.parent))
        )
    }
    recognised = product.ocop_product_id
    return Trace(
        lot=lot,
        product=product,
        producer=producer,
        origin=places[product.origin_commune_id],
        producer_place=places[producer.commune_id],
        certificate=valid_certificate(recognised, lot.made_on) or valid_certificate(recognised, clock.today()),
        history=list_events(lot.id),
    )


def page_of_traces(
    *, product_id: int | None = None, before: int | None = None, limit: int = DEFAULT_LIMIT
) -> Page[Lot]:
    """Lots of approved products, newest first, with product and producer; the cursor is the last lot's id."""
    statement = (
        select(Lot)
        .join(Lot.product)
        .where(Product.state == ProductState.APPROVED)
        .options(contains_eager(Lot.product).joinedload(Product.producer))
        .order_by(Lot.id.desc())
        .limit(limit + 1)
    )
    if product_id is not None:
        statement = statement.where(Lot.product_id == product_id)
    if before is not None:
        statement = statement.where(Lot.id < before)
    lots = db.session.scalars(statement).all()
    return Page(lots[:limit], next=str(lots[limit - 1].id) if len(lots) > limit else None)


def links_of(product_id: int) -> Sequence[CheckedLink]:
    """The product's trace links, each with its newest check."""
    newest = _newest_check()
    rows = db.session.execute(
        select(TraceLink, LinkCheck)
        .outerjoin(newest, newest.c.trace_link_id == TraceLink.id)
        .outerjoin(LinkCheck, LinkCheck.id == newest.c.id)
        .where(TraceLink.product_id == product_id)
        .order_by(TraceLink.id)
    ).all()
    return [CheckedLink(link, check) for link, check in rows]


def has_working_link() -> ColumnElement[bool]:
    """The ``Product`` has a trace link whose newest check was good (indicator T1)."""
    newest = _newest_check()
    good = (
        select(TraceLink.id)
        .join(newest, newest.c.trace_link_id == TraceLink.id)
        .join(LinkCheck, LinkCheck.id == newest.c.id)
        .where(TraceLink.product_id == Product.id, LinkCheck.status == LinkStatus.OK)
    )
    return good.correlate(Product).exists()


def links_due(before: datetime, *, limit: int = 200) -> Sequence[TraceLink]:
    """Links never checked, or last checked before that moment; oldest first."""
    check = aliased(LinkCheck)
    last = select(func.max(check.checked_at)).where(check.trace_link_id == TraceLink.id).correlate(TraceLink)
    moment = last.scalar_subquery()
    return db.session.scalars(
        select(TraceLink)
        .where((moment.is_(None)) | (moment < before))
        .order_by(moment.is_not(None), moment, TraceLink.id)
        .limit(limit)
    ).all()


def _newest_check() -> Any:
    check = aliased(LinkCheck)
    return select(check.trace_link_id, func.max(check.id).label("id")).group_by(check.trace_link_id).subquery()
