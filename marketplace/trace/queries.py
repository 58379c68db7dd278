"""What is known of a lot, and what is believed of a trace link."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from marketplace.catalogue.models import Product, ProductState, TraceLink
from marketplace.core import clock
from marketplace.core.db import UtcDateTime, db
from marketplace.core.errors import NotFound
from marketplace.core.paging import DEFAULT_LIMIT, Page
from marketplace.inventory.models import Lot, LotEvent, LotState
from marketplace.inventory.queries import list_events
from marketplace.ocop.models import Certificate
from marketplace.ocop.queries import valid_certificate
from marketplace.places.models import AdminUnit
from marketplace.producers.models import Producer
from marketplace.trace.models import CallAnswer, LinkCall, LinkCheck, LinkState, LinkStatus

#: The note of a look at a link of which only its portal can say more.
OFFLINE = "offline"
#: A portal is called once a week for each link; when our own network was away, again after a day.
CALL_INTERVAL = timedelta(days=7)
CALL_INTERVAL_WITHOUT_NETWORK = timedelta(days=1)
#: How long a page that came speaks for its link.
FRESH = timedelta(days=30)


@dataclass(frozen=True)
class CheckedLink:
    """A trace link, its newest check and call (None: never looked at, never called), and what is believed of it now."""

    link: TraceLink
    check: LinkCheck | None
    call: LinkCall | None
    state: LinkState

    @property
    def looked_at(self) -> datetime | None:
        """When it was called last, else looked at last (UTC)."""
        if self.call is not None:
            return self.call.called_at
        return self.check.checked_at if self.check is not None else None


@dataclass(frozen=True)
class DueCall:
    """A link whose portal is to be called: its id, its portal, and the id of the call before (0: none)."""

    link_id: int
    host: str
    after: int


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
    """The product's trace links, each with what is believed of it now."""
    return list_links([product_id])


def list_links(product_ids: Collection[int]) -> Sequence[CheckedLink]:
    """The trace links of these products, each with what is believed of it now."""
    check, call = aliased(LinkCheck), aliased(LinkCall)
    rows = db.session.execute(
        select(TraceLink, check, call, state_of_link())
        .select_from(TraceLink)
        .outerjoin(check, check.id == _newest(LinkCheck, LinkCheck.checked_at, None, LinkCheck.id))
        .outerjoin(call, call.id == _newest(LinkCall, LinkCall.called_at, None, LinkCall.id))
        .where(TraceLink.product_id.in_(product_ids), TraceLink.removed_at.is_(None))
        .order_by(TraceLink.product_id, TraceLink.id)
    ).all()
    return [CheckedLink(link, found, called, LinkState(state)) for link, found, called, state in rows]


def state_of_link(until: datetime | None = None) -> ColumnElement[str]:
    """What is believed of the ``TraceLink`` by all that was found before that moment (None: until now).

    A look without a call decides for a bad link and for our own page; else the newest call does. An answer of long ago
    proves nothing: a page that came last more than ``FRESH`` before is unknown again.
    """
    moment = clock.now() if until is None else min(until, clock.now())
    offline = case(
        (LinkCheck.status != LinkStatus.OK, LinkState.BROKEN.value),
        (LinkCheck.note != OFFLINE, LinkState.WORKS.value),
        else_=None,
    )
    stale = and_(LinkCall.state == LinkState.WORKS, LinkCall.answered_at < moment - FRESH)
    online = case((stale, LinkState.UNKNOWN.value), else_=cast(LinkCall.state, String))
    return func.coalesce(
        _newest(LinkCheck, LinkCheck.checked_at, until, offline),
        case(
            (
                _newest(LinkCheck, LinkCheck.checked_at, until, LinkCheck.id).is_not(None),
                _newest(LinkCall, LinkCall.called_at, until, online),
            )
        ),
        LinkState.UNKNOWN.value,
    )


def last_look(until: datetime | None = None) -> ColumnElement[datetime]:
    """When the ``TraceLink`` was called last, else looked at last (UTC)."""
    return func.coalesce(
        _newest(LinkCall, LinkCall.called_at, until, LinkCall.called_at),
        _newest(LinkCheck, LinkCheck.checked_at, until, LinkCheck.checked_at),
        type_=UtcDateTime,
    )


def stood(until: datetime) -> ColumnElement[bool]:
    """The ``TraceLink`` was on its product's page just before that moment."""
    return and_(TraceLink.added_at < until, or_(TraceLink.removed_at.is_(None), TraceLink.removed_at >= until))


def last_calls(link_id: int, *, limit: int = 10) -> Sequence[LinkCall]:
    """The newest calls of a link, newest first."""
    newest = select(LinkCall).where(LinkCall.trace_link_id == link_id).order_by(LinkCall.called_at.desc())
    return db.session.scalars(newest.order_by(LinkCall.id.desc()).limit(limit)).all()


def links_to_call(now: datetime, *, limit: int = 500) -> Sequence[DueCall]:
    """Links of products that are not closed, well made, leading to a portal, whose week is over; oldest call first."""
    return [DueCall(*row) for row in db.session.execute(_to_call(now).limit(limit))]


def find_link_to_call(link_id: int, *, after: int) -> TraceLink | None:
    """The link, when it is to be called now and ``after`` (0: none) is the id of its last call."""
    due = db.session.execute(_to_call(clock.now()).where(TraceLink.id == link_id)).first()
    return db.session.get(TraceLink, link_id) if due is not None and due.after == after else None


def _to_call(now: datetime) -> Select[int, str, int]:
    last = aliased(LinkCall)
    look = _newest(LinkCheck, LinkCheck.checked_at, None, LinkCheck.id)
    week_is_over = or_(
        last.id.is_(None),
        last.called_at <= now - CALL_INTERVAL,
        and_(last.answer == CallAnswer.NO_NETWORK, last.called_at <= now - CALL_INTERVAL_WITHOUT_NETWORK),
    )
    return (
        select(TraceLink.id, TraceLink.host, func.coalesce(last.id, 0).label("after"))
        .select_from(TraceLink)
        .join(LinkCheck, LinkCheck.id == look)
        .join(Product, Product.id == TraceLink.product_id)
        .outerjoin(last, last.id == _newest(LinkCall, LinkCall.called_at, None, LinkCall.id))
        .where(
            LinkCheck.status == LinkStatus.OK,
            LinkCheck.note == OFFLINE,
            TraceLink.removed_at.is_(None),
            Product.state != ProductState.ARCHIVED,
            week_is_over,
        )
        .order_by(last.called_at.is_not(None), last.called_at, TraceLink.id)
    )


def links_due(before: datetime, *, limit: int = 200) -> Sequence[TraceLink]:
    """Links never checked, or last checked before that moment; oldest first."""
    check = aliased(LinkCheck)
    last = select(func.max(check.checked_at)).where(check.trace_link_id == TraceLink.id).correlate(TraceLink)
    moment = last.scalar_subquery()
    return db.session.scalars(
        select(TraceLink)
        .where((moment.is_(None)) | (moment < before), TraceLink.removed_at.is_(None))
        .order_by(moment.is_not(None), moment, TraceLink.id)
        .limit(limit)
    ).all()


def _newest(table: type[Any], moment: Any, until: datetime | None, value: Any) -> Any:
    """``value`` of the newest look at, or call of, the ``TraceLink`` before that moment; NULL without one."""
    newest = (
        select(value)
        .where(table.trace_link_id == TraceLink.id, *((moment < until,) if until is not None else ()))
        .order_by(moment.desc(), table.id.desc())
        .limit(1)
    )
    return newest.correlate(TraceLink).scalar_subquery()
