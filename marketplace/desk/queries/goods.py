"""Certificates and products that need somebody: of the own producers, or of the own area."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import aliased, contains_eager

from marketplace.catalogue.models import Product, ProductState
from marketplace.core import clock
from marketplace.core.paging import NumberedPage
from marketplace.desk.queries.reach import page_of
from marketplace.ocop.models import Certificate, CertificateState, OcopProduct, ProductGroup
from marketplace.storefront.sellable import Reason, reasons_by_product, sellable_clause

#: When the holder of a certificate is told that it ends, in days.
SOON = timedelta(days=90)


@dataclass(frozen=True)
class NotForSale:
    """A product that was approved and cannot be bought now, with every reason."""

    product: Product
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class Pending:
    """A product on its way through approval: since when (UTC) it stands there, what the approver wrote, and whether
    only a change of it does while the old version stays on sale."""

    product: Product
    since: datetime | None
    note: str
    is_change: bool


def ending_certificates(whose: ColumnElement[bool], number: int, size: int) -> NumberedPage[Certificate]:
    """Certificates that end within 90 days and have no successor yet, the first to end first."""
    today = clock.today()
    return _certificates(
        and_(whose, Certificate.expires_on > today, Certificate.expires_on <= today + SOON), number, size
    )


def lapsed_certificates(whose: ColumnElement[bool], number: int, size: int) -> NumberedPage[Certificate]:
    """Certificates that ran out without a successor, longest ago first."""
    return _certificates(and_(whose, Certificate.expires_on <= clock.today()), number, size)


def proposed_certificates(number: int, size: int) -> NumberedPage[Certificate]:
    """Certificates of five stars that wait for the operator, oldest first."""
    proposed = Certificate.state == CertificateState.PROPOSED
    chosen = _with_product().where(proposed).order_by(Certificate.recorded_at, Certificate.id)
    return page_of(chosen, number, size, make=list)


def products_not_for_sale(whose: ColumnElement[bool], number: int, size: int) -> NumberedPage[NotForSale]:
    """Approved and paused products that nobody can buy now, longest approved first. Tourism is never sold: left out."""
    moment = clock.now()
    chosen = (
        select(Product)
        .join(Product.ocop_product)
        .join(Product.producer)
        .join(OcopProduct.commune)
        .options(
            contains_eager(Product.producer), contains_eager(Product.ocop_product).contains_eager(OcopProduct.commune)
        )
        .where(
            whose,
            Product.state.in_((ProductState.APPROVED, ProductState.PAUSED)),
            OcopProduct.group != ProductGroup.TOURISM,
            ~sellable_clause(moment),
        )
        .order_by(Product.approved_at, Product.id)
    )

    def explain(rows: list[Product]) -> list[NotForSale]:
        reasons = reasons_by_product([product.id for product in rows], moment)
        return [NotForSale(product, reasons[product.id]) for product in rows]

    return page_of(chosen, number, size, make=explain)


def _certificates(condition: ColumnElement[bool], number: int, size: int) -> NumberedPage[Certificate]:
    later = aliased(Certificate)
    renewed = select(later.id).where(
        later.ocop_product_id == Certificate.ocop_product_id,
        later.state == CertificateState.AWARDED,
        later.expires_on > Certificate.expires_on,
    )
    chosen = _with_product().where(Certificate.state == CertificateState.AWARDED, condition, ~renewed.exists())
    return page_of(chosen.order_by(Certificate.expires_on, Certificate.id), number, size, make=list)


def _with_product() -> Select[Certificate]:
    product = contains_eager(Certificate.ocop_product)
    return (
        select(Certificate)
        .join(Certificate.ocop_product)
        .join(OcopProduct.producer)
        .join(OcopProduct.commune)
        .options(product.contains_eager(OcopProduct.producer), product.contains_eager(OcopProduct.commune))
    )
