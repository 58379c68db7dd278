"""What producers earned, under which rates, and what of it is due to be paid out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select

from marketplace.catalogue.models import Product
from marketplace.checkout.deadlines import returns_ended_before
from marketplace.checkout.models import (
    Earning,
    EarningPart,
    FeeRule,
    RefundLine,
    ReturnRequest,
    Supplied,
    TaxKind,
    TaxRate,
)
from marketplace.checkout.rates import Kept, Rates
from marketplace.checkout.return_states import OPEN_RETURNS
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.ocop.models import OcopProduct, ProductGroup
from marketplace.orders.models import OrderLine, SubOrder, SubOrderState
from marketplace.payments.models import Refund, RefundState
from marketplace.producers.models import ProducerKind

#: Rates by id of the order line; None: of the delivery.
RatesByLine = Mapping[int | None, Rates]


def fee_rules(day: date | None = None) -> Sequence[FeeRule]:
    """The fee rules that have begun by ``day`` (all without one), newest first: by first day, then as added."""
    statement = select(FeeRule).order_by(FeeRule.valid_from.desc(), FeeRule.id.desc())
    if day is not None:
        statement = statement.where(FeeRule.valid_from <= day)
    return db.session.scalars(statement).all()


def tax_rates() -> Sequence[TaxRate]:
    """The rates that the law tells us to withhold, newest first."""
    return db.session.scalars(select(TaxRate).order_by(TaxRate.valid_from.desc(), TaxRate.id)).all()


def fee_rate(rules: Sequence[FeeRule], kind: ProducerKind, group: ProductGroup) -> int:
    """Basis points of ``rules`` (newest first) for goods of a group and a kind of producer; 0 without a rule.

    A rule that names both wins over one that names the kind, that over one that names the group, that over one that
    names neither; of equals the newest.
    """
    for wanted in ((kind, group), (kind, None), (None, group), (None, None)):
        for rule in rules:
            if (rule.producer_kind, rule.product_group) == wanted:
                return rule.basis_points
    return 0


def rates_of(sub_orders: Collection[SubOrder], day: date) -> dict[int, RatesByLine]:
    """By id of the parcel: the rates of its lines and its delivery for a settlement on ``day`` (Vietnam's calendar)."""
    rules, taxes = fee_rules(day), [rate for rate in tax_rates() if rate.valid_from <= day]
    groups = _groups_of([part.id for part in sub_orders])
    found: dict[int, RatesByLine] = {}
    for part in sub_orders:
        kind = part.producer.kind
        goods, delivery = _taxes(taxes, kind, Supplied.GOODS), _taxes(taxes, kind, Supplied.DELIVERY)
        of_lines: dict[int | None, Rates] = {
            line_id: Rates(fee_rate(rules, kind, group), *goods)
            for (part_id, line_id), group in groups.items()
            if part_id == part.id
        }
        found[part.id] = {**of_lines, None: Rates(0, *delivery)}
    return found


def settled_earning(payment_id: int, sub_order_id: int) -> Earning | None:
    """What a parcel earned when its payment settled; None before."""
    where = (Earning.payment_id == payment_id, Earning.sub_order_id == sub_order_id, *_at_settlement())
    return db.session.scalars(select(Earning).where(*where)).one_or_none()


def settled_earnings(payment_id: int) -> Sequence[Earning]:
    """What the parcels of a payment earned when it settled, in the order of their rows."""
    statement = select(Earning).where(Earning.payment_id == payment_id, *_at_settlement())
    return db.session.scalars(statement.order_by(Earning.id)).all()


def _at_settlement() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Earning.refund_id.is_(None), Earning.restores_id.is_(None)


def parts_of(earning: Earning) -> Sequence[EarningPart]:
    """The lines and the delivery of a settled earning, with the rates that hold for them."""
    statement = select(EarningPart).where(EarningPart.earning_id == earning.id).order_by(EarningPart.id)
    return db.session.scalars(statement).all()


def taken_back(payment_id: int, sub_order_id: int) -> Kept:
    """Fee and taxes that refunds of a parcel have taken back so far, in dong; failed refunds do not count."""
    where = (Earning.payment_id == payment_id, Earning.sub_order_id == sub_order_id, Earning.refund_id.is_not(None))
    sums = select(func.sum(Earning.fee), func.sum(Earning.vat), func.sum(Earning.pit)).where(*where)
    return Kept(*(Dong(-int(amount or 0)) for amount in db.session.execute(sums).one()))


def given_back(payment_id: int, sub_order_id: int) -> dict[int | None, Dong]:
    """Dong that have gone back to the buyer of a parcel, by id of the line (None: of the delivery)."""
    statement = (
        select(RefundLine.order_line_id, func.sum(RefundLine.amount))
        .join(RefundLine.refund)
        .where(RefundLine.sub_order_id == sub_order_id, Refund.payment_id == payment_id)
        .where(Refund.state == RefundState.SUCCEEDED)
        .group_by(RefundLine.order_line_id)
    )
    return {line_id: Dong(int(amount)) for line_id, amount in db.session.execute(statement)}


def is_going_back() -> ColumnElement[bool]:
    """SQL clause about a ``SubOrder``: the buyer asked to send goods back, or money is on its way back to them."""
    on_its_way = (
        select(RefundLine.id)
        .join(RefundLine.refund)
        .where(RefundLine.sub_order_id == SubOrder.id, Refund.state == RefundState.PENDING)
    )
    asked = select(ReturnRequest.id).where(
        ReturnRequest.sub_order_id == SubOrder.id, ReturnRequest.state.in_(OPEN_RETURNS)
    )
    return or_(on_its_way.correlate(SubOrder).exists(), asked.correlate(SubOrder).exists())


def is_due(moment: datetime) -> ColumnElement[bool]:
    """SQL clause about a ``SubOrder``: delivered, the time for returns has passed at ``moment``, nothing goes back.

    Also one that came back when all its goods have been paid back: what it still earned is the delivery fee.
    """
    is_over = and_(SubOrder.state == SubOrderState.DELIVERED, SubOrder.delivered_at < returns_ended_before(moment))
    came_back = and_(
        SubOrder.state == SubOrderState.CANCELLED, _goods_given_back() == SubOrder.goods_total, _earned() != 0
    )
    return and_(or_(is_over, came_back), ~is_going_back())


def _goods_given_back() -> ScalarSelect[int]:
    statement = (
        select(func.coalesce(func.sum(RefundLine.amount), 0))
        .join(RefundLine.refund)
        .where(RefundLine.sub_order_id == SubOrder.id, RefundLine.order_line_id.is_not(None))
        .where(Refund.state == RefundState.SUCCEEDED)
    )
    return statement.correlate(SubOrder).scalar_subquery()


def _earned() -> ScalarSelect[int]:
    statement = select(func.coalesce(func.sum(Earning.net), 0)).where(Earning.sub_order_id == SubOrder.id)
    return statement.correlate(SubOrder).scalar_subquery()


def earnings_of_refund(refund: Refund) -> Sequence[Earning]:
    """The rows by which a refund took back what it gave to the buyer, and no opposite row answers."""
    answer = select(Earning.restores_id).where(Earning.restores_id.is_not(None))
    where = and_(Earning.refund_id == refund.id, Earning.restores_id.is_(None), Earning.id.not_in(answer))
    return db.session.scalars(select(Earning).where(where).order_by(Earning.id)).all()


def _groups_of(sub_order_ids: Sequence[int]) -> dict[tuple[int, int], ProductGroup]:
    statement = (
        select(OrderLine.sub_order_id, OrderLine.id, OcopProduct.group)
        .join(Product, Product.id == OrderLine.product_id)
        .join(Product.ocop_product)
        .where(OrderLine.sub_order_id.in_(sub_order_ids))
    )
    return {(part_id, line_id): group for part_id, line_id, group in db.session.execute(statement)}


def _taxes(rates: Sequence[TaxRate], kind: ProducerKind, supplied: Supplied) -> tuple[int, int]:
    """Basis points of value added and of income tax: the newest rate of each (``rates`` newest first)."""

    def rate(tax: TaxKind) -> int:
        fitting = (r for r in rates if (r.producer_kind, r.tax, r.supplied) == (kind, tax, supplied))
        newest = next(fitting, None)
        return newest.basis_points if newest else 0

    return rate(TaxKind.VAT), rate(TaxKind.PIT)
