"""What stood at a moment: verified producers, valid certificates, listings on show.

While a month runs, the present state speaks; for a month that has ended, the history does, so that a figure of the past
stays what it was (I61). Where a row has no history, its present state and its own dates speak.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select

from marketplace.catalogue.models import Product, ProductEvent, ProductState
from marketplace.core import clock
from marketplace.ocop.models import Certificate
from marketplace.ocop.queries import is_valid_on
from marketplace.producers.models import Producer, ProducerEvent, ProducerState
from marketplace.reporting.periods import Period
from marketplace.storefront.sellable import LOWEST_STARS, shown_clause


def is_verified(period: Period) -> ColumnElement[bool]:
    """The ``Producer`` was verified at the moment of the data."""
    if period.is_running:
        return Producer.state == ProducerState.VERIFIED
    known = _last_state(ProducerEvent, ProducerEvent.producer_id == Producer.id, list(ProducerState), period)
    registered = case((Producer.registered_at < period.end, Producer.state))
    return func.coalesce(known, registered) == ProducerState.VERIFIED.value


def is_recognised(ocop_product_id: Any, period: Period) -> ColumnElement[bool]:
    """The OCOP product had a valid certificate of three stars or more on the day of the data."""
    return exists().where(
        Certificate.ocop_product_id == ocop_product_id, Certificate.stars >= LOWEST_STARS, is_valid_on(period.day)
    )


def is_on_show(period: Period) -> ColumnElement[bool]:
    """The ``Product`` was on show: approved, its producer verified, its certificate valid, as the storefront asks it.

    Stock does not matter: a listing that is sold out for now is still listed.
    """
    if period.is_running:
        return shown_clause(clock.now())
    known = _last_state(ProductEvent, ProductEvent.product_id == Product.id, list(ProductState), period)
    approved = func.coalesce(known, case((Product.approved_at < period.end, Product.state)))
    verified = exists().where(Producer.id == Product.producer_id, is_verified(period)).correlate(Product)
    return and_(approved == ProductState.APPROVED.value, verified, is_recognised(Product.ocop_product_id, period))


def _last_state(events: Any, of_the_row: ColumnElement[bool], states: list[Any], period: Period) -> Any:
    return (
        select(events.to_state)
        .where(of_the_row, events.at < period.end, events.to_state.in_([state.value for state in states]))
        .order_by(events.at.desc(), events.id.desc())
        .limit(1)
        .scalar_subquery()
    )
