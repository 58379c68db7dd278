"""Indicators of the shop: listings, producers, orders (domain research 2.5, E1 to E10, T1, T2)."""

from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, literal, or_, select

from marketplace.catalogue.models import Product, TraceLink
from marketplace.ocop.models import OcopProduct, ProductGroup
from marketplace.orders.models import Order, OrderState, PaymentMethod, SubOrder, SubOrderState
from marketplace.producers.models import Producer, ProducerKind
from marketplace.programme.figures import FigureKey
from marketplace.reporting.indicators.formula import Declared, Formula, RecordKind, Records, columns
from marketplace.reporting.indicators.standing import is_on_show, is_recognised, is_verified
from marketplace.reporting.periods import Window
from marketplace.trace.models import LinkCheck, LinkState, LinkStatus
from marketplace.trace.queries import last_look, state_of_link, stood

#: Orders that count as sales; those awaiting payment are not yet, those cancelled or expired never were.
COUNTED = (OrderState.CONFIRMED, OrderState.PAID, OrderState.COMPLETED)
_CASHLESS = (PaymentMethod.CARD, PaymentMethod.VIETQR)
_COOPERATIVES = (ProducerKind.COOPERATIVE, ProducerKind.COOPERATIVE_GROUP)
#: What a record of T1 says of a listing without a trace link.
NO_LINK = "no_link"
#: Groups whose goods grow on planting areas.
_GROWN = (ProductGroup.FOOD, ProductGroup.DRINK, ProductGroup.HERBAL)


def listed_products(window: Window) -> Formula:
    """E1: recognised products with a listing on show / all recognised products."""
    on_show = exists().where(
        Product.ocop_product_id == OcopProduct.id,
        is_on_show(window.period),
    )
    return Formula(_ocop_products(window, on_show), _ocop_products(window))


def active_producers(window: Window) -> Formula:
    """E3: producers that showed or sold something / all verified producers."""
    period = window.period
    showing = exists().where(Product.producer_id == Producer.id, is_on_show(period))
    active = or_(showing, _sold_something(window))
    verified = is_verified(period)
    return Formula(_producers(window, verified, active), _producers(window, verified))


def selling_producers(window: Window) -> Formula:
    """E6: producers with an online sale in the month / declared units."""
    return Formula(_producers(window, _sold_something(window)), Declared(FigureKey.PRODUCER_UNITS))


def online_value(window: Window) -> Formula:
    """E7: goods value sold online since 1 January / declared value of key products."""
    return Formula(_goods_since_new_year(window), Declared(FigureKey.GOODS_VALUE))


def online_value_of_cooperatives(window: Window) -> Formula:
    """E8: the same for cooperatives and co-op groups."""
    of_cooperatives = Producer.kind.in_(_COOPERATIVES)
    return Formula(_goods_since_new_year(window, of_cooperatives), Declared(FigureKey.COOPERATIVE_GOODS_VALUE))


def cashless_orders(window: Window) -> Formula:
    """E10 by number: cashless orders of the month / all orders that count."""
    return Formula(_orders(window, _is_cashless()), _orders(window))


def cashless_order_value(window: Window) -> Formula:
    """E10 by value, delivery included."""
    return Formula(_orders(window, _is_cashless(), is_sum=True), _orders(window, is_sum=True))


def traceable_listings(window: Window) -> Formula:
    """T1: listings on show with a trace link that is known to work / all listings on show.

    Nobody's word is taken for it: a link that was not called, or too long ago, is unknown and does not count.
    """
    until = window.period.end
    links = select(TraceLink.id).where(TraceLink.product_id == Product.id, stood(until)).correlate(Product)
    works = links.where(state_of_link(until) == LinkState.WORKS.value).exists()
    is_broken = links.where(state_of_link(until) == LinkState.BROKEN.value).exists()
    is_unknown = links.where(state_of_link(until) == LinkState.UNKNOWN.value).exists()
    state = case(
        (works, LinkState.WORKS.value),
        (is_unknown, LinkState.UNKNOWN.value),
        (is_broken, LinkState.BROKEN.value),
        else_=NO_LINK,
    )
    seen = links.with_only_columns(func.max(last_look(until))).scalar_subquery()
    return Formula(
        _listings(window, works, state=state, at=seen),
        _listings(window, state=state, at=seen),
    )


def well_formed_listings(window: Window) -> Formula:
    """T1 as it was first defined: listings on show with a trace link whose newest check succeeded (no portal was

    called) / all listings on show.
    """
    newest = (
        select(LinkCheck.status)
        .where(LinkCheck.trace_link_id == TraceLink.id, LinkCheck.checked_at < window.period.end)
        .order_by(LinkCheck.checked_at.desc(), LinkCheck.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    works = exists().where(TraceLink.product_id == Product.id, stood(window.period.end), newest == LinkStatus.OK.value)
    return Formula(_listings(window, works), _listings(window))


def listings_with_planting_area(window: Window) -> Formula:
    """T2: listings on show of grown goods with a planting-area code / all listings on show of grown goods."""
    grown = OcopProduct.group.in_(_GROWN)
    coded = func.coalesce(Product.planting_area_code, "") != ""
    return Formula(_listings(window, grown, coded), _listings(window, grown))


def _ocop_products(window: Window, *conditions: ColumnElement[bool]) -> Records:
    rows = (
        select(*columns(OcopProduct.id, OcopProduct.name, detail=Producer.name))
        .select_from(OcopProduct)
        .join(Producer, Producer.id == OcopProduct.producer_id)
        .where(
            window.area.holds(OcopProduct.commune_id, OcopProduct.former_commune_id),
            is_recognised(OcopProduct.id, window.period),
            *conditions,
        )
    )
    return Records(RecordKind.OCOP_PRODUCT, rows)


def _listings(window: Window, *conditions: ColumnElement[bool], state: Any = None, at: Any = None) -> Records:
    rows = (
        select(*columns(Product.id, Product.name, detail=Producer.name, at=at, state=state))
        .select_from(Product)
        .join(Producer, Producer.id == Product.producer_id)
        .join(OcopProduct, OcopProduct.id == Product.ocop_product_id)
        .where(
            window.area.holds(Producer.commune_id, Producer.former_commune_id),
            is_on_show(window.period),
            *conditions,
        )
    )
    return Records(RecordKind.LISTING if state is None else RecordKind.TRACED_LISTING, rows)


def _producers(window: Window, *conditions: ColumnElement[bool]) -> Records:
    rows = (
        select(*columns(Producer.id, Producer.name, at=Producer.registered_at))
        .select_from(Producer)
        .where(
            window.area.holds(Producer.commune_id, Producer.former_commune_id),
            Producer.registered_at < window.period.end,
            *conditions,
        )
    )
    return Records(RecordKind.PRODUCER, rows)


def _orders(window: Window, *conditions: ColumnElement[bool], is_sum: bool = False) -> Records:
    in_month = Order.placed_at >= window.period.start
    return _sub_orders(window, SubOrder.total, in_month, *conditions, is_sum=is_sum)


def _goods_since_new_year(window: Window, *conditions: ColumnElement[bool]) -> Records:
    this_year = Order.placed_at >= window.year_start
    return _sub_orders(window, SubOrder.goods_total, this_year, *conditions, is_sum=True)


def _sub_orders(window: Window, amount: object, *conditions: ColumnElement[bool], is_sum: bool) -> Records:
    rows = (
        select(*columns(SubOrder.id, Order.number, detail=Producer.name, at=Order.placed_at, amount=amount))
        .select_from(SubOrder)
        .join(Order, Order.id == SubOrder.order_id)
        .join(Producer, Producer.id == SubOrder.producer_id)
        .where(
            window.area.holds(Producer.commune_id, Producer.former_commune_id),
            Order.placed_at < window.period.end,
            _counts(),
            *conditions,
        )
    )
    return Records(RecordKind.ORDER, rows, is_sum=is_sum)


def _counts() -> ColumnElement[bool]:
    return Order.state.in_(COUNTED) & (SubOrder.state != SubOrderState.CANCELLED)


def _is_cashless() -> ColumnElement[bool]:
    return Order.payment_method.in_(_CASHLESS) & Order.paid_at.is_not(None)


def _sold_something(window: Window) -> ColumnElement[bool]:
    return (
        select(literal(1))
        .select_from(SubOrder)
        .join(Order, Order.id == SubOrder.order_id)
        .where(
            SubOrder.producer_id == Producer.id,
            Order.placed_at >= window.period.start,
            Order.placed_at < window.period.end,
            _counts(),
        )
        .exists()
    )
