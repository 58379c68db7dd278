"""One small function per indicator code. Words, sources and versions are data (``programme.IndicatorDefinition``)."""

from collections.abc import Callable, Mapping

from marketplace.reporting.indicators import declared, market, shop
from marketplace.reporting.indicators.formula import Declared, Formula, RecordKind, Records
from marketplace.reporting.periods import Window

FORMULAS: Mapping[str, Callable[[Window], Formula]] = {
    "E1": shop.listed_products,
    "E3": shop.active_producers,
    "E6": shop.selling_producers,
    "E7": shop.online_value,
    "E8": shop.online_value_of_cooperatives,
    "E10-N": shop.cashless_orders,
    "E10-V": shop.cashless_order_value,
    "T1": shop.traceable_listings,
    "T2": shop.listings_with_planting_area,
    "M1": market.traders_with_qr,
    "M2": market.traders_using_qr,
    "M3": market.markets_with_cashless_fees,
    "M4": market.markets_with_specialty,
    "M6": market.accepting_traders,
    "M7-N": market.cashless_sales,
    "M7-V": market.cashless_sale_value,
    "M9-N": market.sales_volume,
    "M9-V": market.sales_volume_value,
    "L1": declared.linked_communes,
    "L2": declared.digital_linkage_models,
    "S1": declared.units_with_service_and_survey,
}

#: Formulas of versions that a newer one replaced: the months of their time are counted by them.
EARLIER: Mapping[tuple[str, int], Callable[[Window], Formula]] = {("T1", 1): shop.well_formed_listings}


def formula_of(code: str, version: int, window: Window) -> Formula:
    """The formula of one version of an indicator, for an area's month. Raises ``KeyError`` for an unknown code."""
    return EARLIER.get((code, version), FORMULAS[code])(window)


__all__ = ["FORMULAS", "Declared", "Formula", "RecordKind", "Records", "formula_of"]
