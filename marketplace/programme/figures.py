"""The quantities that the shop cannot count and an officer declares, with the market that each may be told for."""

from enum import StrEnum


class FigureKey(StrEnum):
    """What a declared number counts."""

    PRODUCER_UNITS = "producer_units"
    GOODS_VALUE = "goods_value"
    COOPERATIVE_GOODS_VALUE = "cooperative_goods_value"
    TRADERS = "traders"
    COMMUNES = "communes"
    LINKED_COMMUNES = "linked_communes"
    LINKAGE_MODELS = "linkage_models"
    DIGITAL_LINKAGE_MODELS = "digital_linkage_models"
    SERVICE_UNITS = "service_units"
    SERVICE_UNITS_WITH_SURVEY = "service_units_with_survey"


#: Quantities that may be declared market by market; the area's figure is then their sum.
PER_MARKET = frozenset({FigureKey.TRADERS})

#: Quantities in dong; all others are plain counts.
IN_DONG = frozenset({FigureKey.GOODS_VALUE, FigureKey.COOPERATIVE_GOODS_VALUE})
