"""Indicators of markets and cashless streets (domain research 2.5, M1 to M9)."""

from sqlalchemy import ColumnElement, distinct, exists, func, literal, or_, select

from marketplace.catalogue.models import Product
from marketplace.ocop.models import OcopProduct
from marketplace.programme.figures import FigureKey
from marketplace.reporting.indicators.formula import Declared, Formula, RecordKind, Records, columns
from marketplace.reporting.indicators.standing import is_on_show
from marketplace.reporting.periods import Window
from marketplace.stalls.models import Market, MarketKind, Means, Sale, SaleState, Stall
from marketplace.stalls.queries import FEWEST_STALLS


def traders_with_qr(window: Window) -> Formula:
    """M1: stalls with a payment QR / declared traders."""
    return Formula(_stalls(window, _has_qr(window)), Declared(FigureKey.TRADERS))


def traders_using_qr(window: Window) -> Formula:
    """M2: stalls with a payment QR that took a cashless payment in the month / stalls with a payment QR."""
    used = _took_cashless(Sale.paid_at >= window.period.start, Sale.paid_at < window.period.end)
    return Formula(_stalls(window, _has_qr(window), used), _stalls(window, _has_qr(window)))


def markets_with_cashless_fees(window: Window) -> Formula:
    """M3: markets whose board takes its fees without cash / markets registered here."""
    return Formula(_markets(window, Market.collects_fees_cashless.is_(True)), _markets(window))


def markets_with_specialty(window: Window) -> Formula:
    """M4: markets in whose commune a recognised product is on show / markets registered here."""
    period = window.period
    commune = (
        OcopProduct.former_commune_id == Market.former_commune_id
        if window.area.is_former
        else OcopProduct.commune_id == Market.commune_id
    )
    listed = (
        select(literal(1))
        .select_from(Product)
        .join(OcopProduct, OcopProduct.id == Product.ocop_product_id)
        .where(commune, is_on_show(period))
        .correlate(Market)
        .exists()
    )
    return Formula(_markets(window, listed), _markets(window))


def accepting_traders(window: Window) -> Formula:
    """M6: stalls that have taken a cashless payment so far / declared traders."""
    return Formula(_stalls(window, _took_cashless(Sale.paid_at < window.period.end)), Declared(FigureKey.TRADERS))


def cashless_sales(window: Window) -> Formula:
    """M7 by number: sales paid by QR / all paid sales recorded in the month."""
    return Formula(_sales(window, Sale.means == Means.QR), _sales(window))


def cashless_sale_value(window: Window) -> Formula:
    """M7 by value."""
    return Formula(_sales(window, Sale.means == Means.QR, is_sum=True), _sales(window, is_sum=True))


def sales_volume(window: Window) -> Formula:
    """M9: paid sales recorded in the month."""
    return Formula(_sales(window), None)


def sales_volume_value(window: Window) -> Formula:
    """M9: their total in dong."""
    return Formula(_sales(window, is_sum=True), None)


def _stalls(window: Window, *conditions: ColumnElement[bool]) -> Records:
    rows = (
        select(*columns(Stall.id, Stall.name, detail=Market.name, at=Stall.qr_since))
        .select_from(Stall)
        .join(Market, Market.id == Stall.market_id)
        .where(_is_here(window), Stall.is_active.is_(True), Stall.opened_at < window.period.end, *conditions)
    )
    return Records(RecordKind.STALL, rows)


def _markets(window: Window, *conditions: ColumnElement[bool]) -> Records:
    rows = (
        select(*columns(Market.id, Market.name, at=Market.opened_at))
        .select_from(Market)
        .where(
            _is_here(window),
            Market.kind == MarketKind.MARKET,
            Market.opened_at < window.period.end,
            *conditions,
        )
    )
    return Records(RecordKind.MARKET, rows)


def _sales(window: Window, *conditions: ColumnElement[bool], is_sum: bool = False) -> Records:
    """Sales name their market, never their stall: a trader's turnover is nobody's business here.

    Where one or two stalls of the area sold in the month, sums and single sales would tell it all the same. How many
    did is asked of all sales, so that numerator and denominator are withheld together.
    """
    sold = (
        _is_here(window),
        Sale.state == SaleState.PAID,
        Sale.paid_at >= window.period.start,
        Sale.paid_at < window.period.end,
    )
    sales = (
        select(*columns(Sale.id, Market.name, detail=Sale.means, at=Sale.paid_at, amount=Sale.amount))
        .select_from(Sale)
        .join(Stall, Stall.id == Sale.stall_id)
        .join(Market, Market.id == Stall.market_id)
        .where(*sold)
    )
    sellers = func.count(distinct(Sale.stall_id))
    guard = sales.with_only_columns(or_(sellers == 0, sellers >= FEWEST_STALLS), maintain_column_froms=True)
    return Records(RecordKind.SALE, sales.where(*conditions), is_sum=is_sum, guard=guard.correlate(None))


def _is_here(window: Window) -> ColumnElement[bool]:
    return window.area.holds(Market.commune_id, Market.former_commune_id)


def _has_qr(window: Window) -> ColumnElement[bool]:
    return Stall.qr_since < window.period.end


def _took_cashless(*when: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Sale.stall_id == Stall.id, Sale.state == SaleState.PAID, Sale.means == Means.QR, *when)
