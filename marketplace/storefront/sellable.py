"""What may be sold now: one list of named conditions, in SQL, for every face of the shop.

List, search, page, cart, placement, API and report all ask here. A condition looks at one ``Product`` row of the
query around it and needs no join; the two about packs exist for a product (some pack) and for a single pack.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from marketplace.catalogue.models import Pack, Product, ProductState
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.money import Dong
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import available, lot_has_free_packs, lot_may_be_sold
from marketplace.ocop.models import Certificate, CertificateState, OcopProduct, ProductGroup
from marketplace.ocop.queries import is_valid_on
from marketplace.producers.models import Producer, ProducerState

#: Fewer stars are recognised, but not sold here (the programme's "OCOP product" begins at three).
LOWEST_STARS = 3


@dataclass(frozen=True)
class Condition:
    """One thing that must be true. ``code`` names what is wrong when it is not; ``holds`` says it in SQL."""

    code: str
    holds: Callable[[datetime], ColumnElement[bool]]


def _producer_verified(_moment: datetime) -> ColumnElement[bool]:
    verified = select(Producer.id).where(Producer.id == Product.producer_id, Producer.state == ProducerState.VERIFIED)
    return verified.correlate(Product).exists()


def _product_approved(_moment: datetime) -> ColumnElement[bool]:
    return Product.state == ProductState.APPROVED


def _group_sold_here(_moment: datetime) -> ColumnElement[bool]:
    goods = select(OcopProduct.id).where(
        OcopProduct.id == Product.ocop_product_id, OcopProduct.group != ProductGroup.TOURISM
    )
    return goods.correlate(Product).exists()


def _certificate_valid(moment: datetime) -> ColumnElement[bool]:
    counting = select(Certificate.id).where(
        Certificate.ocop_product_id == Product.ocop_product_id, certificate_counts(moment)
    )
    return counting.correlate(Product).exists()


def _some_pack_offered(_moment: datetime) -> ColumnElement[bool]:
    offered = select(Pack.id).where(Pack.product_id == Product.id, Pack.is_offered)
    return offered.correlate(Product).exists()


def _some_pack_in_stock(moment: datetime) -> ColumnElement[bool]:
    stocked = select(Pack.id).where(Pack.product_id == Product.id, pack_on_shelf(moment))
    return stocked.correlate(Product).exists()


def _pack_offered(_moment: datetime) -> ColumnElement[bool]:
    return Pack.is_offered.is_(True)


def _pack_in_stock(moment: datetime) -> ColumnElement[bool]:
    lots = select(Lot.id).where(Lot.pack_id == Pack.id, lot_may_be_sold(moment), lot_has_free_packs(moment))
    return lots.correlate(Pack).exists()


_SHOWN = (
    Condition("product_not_approved", _product_approved),
    Condition("producer_not_verified", _producer_verified),
    Condition("certificate_missing", _certificate_valid),
)
_OF_PRODUCT = (*_SHOWN, Condition("tourism_not_sold", _group_sold_here))
_SOME_PACK = (Condition("pack_not_offered", _some_pack_offered), Condition("out_of_stock", _some_pack_in_stock))
_THIS_PACK = (Condition("pack_not_offered", _pack_offered), Condition("out_of_stock", _pack_in_stock))

#: The list: what must be true of a product, and of a single pack, to be sold.
PRODUCT_CONDITIONS = (*_OF_PRODUCT, *_SOME_PACK)
PACK_CONDITIONS = (*_OF_PRODUCT, *_THIS_PACK)


def certificate_counts(moment: datetime) -> ColumnElement[bool]:
    """The ``Certificate`` is valid on the Vietnamese day of ``moment`` and has stars enough to be sold."""
    return and_(is_valid_on(clock.local_day_of(moment)), Certificate.stars >= LOWEST_STARS)


def sellable_clause(moment: datetime) -> ColumnElement[bool]:
    """The ``Product`` may be sold at ``moment``: at least one of its packs can be bought."""
    return _all(PRODUCT_CONDITIONS, moment)


def sellable_pack_clause(moment: datetime) -> ColumnElement[bool]:
    """The ``Pack`` (joined to its ``Product``) can be bought at ``moment``."""
    return _all(PACK_CONDITIONS, moment)


def pack_on_shelf(moment: datetime) -> ColumnElement[bool]:
    """The ``Pack`` is offered and there is some of it: of a product that may be sold, the packs that can be bought."""
    return _all(_THIS_PACK, moment)


def shown_clause(moment: datetime) -> ColumnElement[bool]:
    """The ``Product`` may be shown as recognised, whether it is sold or not: tourism, an empty shelf."""
    return _all(_SHOWN, moment)


def _all(conditions: Collection[Condition], moment: datetime) -> ColumnElement[bool]:
    return and_(*(condition.holds(moment) for condition in conditions))


# -- why not -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reason:
    """Why something is not for sale: a ``code`` with words in ``web.messages`` and the facts that these name."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)


def reasons_against(
    product_id: int | None = None, *, pack_id: int | None = None, moment: datetime | None = None
) -> list[Reason]:
    """Every reason why a product (or one of its packs) is not for sale; an empty list says that it is.

    For producer and officer. Raises ``NotFound`` (``product_not_found``) and ``TypeError`` unless exactly one is named.
    """
    if (product_id is None) == (pack_id is None):
        raise TypeError("name a product or a pack")
    moment = moment or clock.now()
    conditions = PRODUCT_CONDITIONS if pack_id is None else PACK_CONDITIONS
    statement = select(Product.id, Product.ocop_product_id, *(condition.holds(moment) for condition in conditions))
    if pack_id is None:
        statement = statement.where(Product.id == product_id)
    else:
        statement = statement.join(Pack, Pack.product_id == Product.id).where(Pack.id == pack_id)
    row = db.session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("product_not_found")
    return _explained([tuple(row)], conditions, moment)[row[0]]


def reasons_by_product(product_ids: Collection[int], moment: datetime | None = None) -> dict[int, list[Reason]]:
    """``reasons_against`` for many products in two queries; an id without a product is not in the answer."""
    moment = moment or clock.now()
    holds = (condition.holds(moment) for condition in PRODUCT_CONDITIONS)
    statement = select(Product.id, Product.ocop_product_id, *holds).where(Product.id.in_(list(product_ids)))
    return _explained(db.session.execute(statement).all(), PRODUCT_CONDITIONS, moment)


def _explained(
    rows: Iterable[Sequence[Any]], conditions: Sequence[Condition], moment: datetime
) -> dict[int, list[Reason]]:
    """The reasons by product of rows ``(product id, id of the recognised product, answer to each condition …)``."""
    failed = {
        (row[0], row[1]): [condition.code for condition, true in zip(conditions, row[2:], strict=True) if not true]
        for row in rows
    }
    newest = _newest_certificates(
        [ocop_id for (_id, ocop_id), codes in failed.items() if "certificate_missing" in codes]
    )
    return {
        product_id: [
            _about_certificate(newest.get(ocop_id), moment) if code == "certificate_missing" else Reason(code)
            for code in codes
        ]
        for (product_id, ocop_id), codes in failed.items()
    }


def _newest_certificates(ocop_product_ids: Collection[int]) -> dict[int, Certificate]:
    if not ocop_product_ids:
        return {}
    oldest_first = (
        select(Certificate)
        .where(Certificate.ocop_product_id.in_(ocop_product_ids), Certificate.state != CertificateState.PROPOSED)
        .order_by(Certificate.issued_on, Certificate.id)
    )
    return {found.ocop_product_id: found for found in db.session.scalars(oldest_first)}


def _about_certificate(newest: Certificate | None, moment: datetime) -> Reason:
    """What is wrong with the newest certificate of a product none of whose certificates counts."""
    today = clock.local_day_of(moment)
    if newest is None:
        return Reason("certificate_missing")
    if newest.ended_on is not None and newest.ended_on <= today:
        return Reason("certificate_withdrawn", {"day": f"{newest.ended_on:%d/%m/%Y}"})
    if newest.issued_on > today:
        return Reason("certificate_not_begun", {"day": f"{newest.issued_on:%d/%m/%Y}"})
    if newest.expires_on <= today:
        return Reason("certificate_expired", {"day": f"{newest.expires_on:%d/%m/%Y}"})
    return Reason("certificate_few_stars", {"stars": newest.stars})


# -- offers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """A pack as it can be bought now; an order line freezes these facts. ``available`` counts free packs."""

    pack: Pack
    product: Product
    producer: Producer
    unit_price: Dong
    stars: int
    decision_number: str
    certificate_id: int
    available: int
    group: ProductGroup
    is_alcohol: bool


def offer_for(pack_ids: Collection[int], moment: datetime | None = None) -> dict[int, Offer]:
    """The offers of those packs that can be bought at ``moment``, by pack id; a pack that cannot is not in it."""
    moment = moment or clock.now()
    rows = db.session.execute(
        select(Pack, Product, Producer, Certificate, OcopProduct.group, OcopProduct.is_alcohol)
        .join(Product, Pack.product_id == Product.id)
        .join(Producer, Product.producer_id == Producer.id)
        .join(OcopProduct, Product.ocop_product_id == OcopProduct.id)
        .join(Certificate, Certificate.ocop_product_id == OcopProduct.id)
        .where(Pack.id.in_(list(pack_ids)), certificate_counts(moment), sellable_pack_clause(moment))
        .order_by(Certificate.issued_on, Certificate.id)
    ).all()
    free = available([row[0].id for row in rows], moment=moment)
    return {
        pack.id: Offer(
            pack=pack,
            product=product,
            producer=producer,
            unit_price=pack.price,
            stars=certificate.stars,
            decision_number=certificate.decision_number,
            certificate_id=certificate.id,
            available=free[pack.id],
            group=group,
            is_alcohol=is_alcohol,
        )
        for pack, product, producer, certificate, group, is_alcohol in rows
    }
