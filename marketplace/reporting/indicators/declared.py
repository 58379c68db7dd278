"""Indicators whose both sides an officer declares: the shop sees none of it (domain research 2.5: L1, L2, S1)."""

from marketplace.programme.figures import FigureKey
from marketplace.reporting.indicators.formula import Declared, Formula
from marketplace.reporting.periods import Window


def linked_communes(_window: Window) -> Formula:
    """L1: communes with a cooperative in a linkage model / communes."""
    return Formula(Declared(FigureKey.LINKED_COMMUNES), Declared(FigureKey.COMMUNES))


def digital_linkage_models(_window: Window) -> Formula:
    """L2: linkage models that use digital technology / linkage models."""
    return Formula(Declared(FigureKey.DIGITAL_LINKAGE_MODELS), Declared(FigureKey.LINKAGE_MODELS))


def units_with_service_and_survey(_window: Window) -> Formula:
    """S1: units with an essential online service and a satisfaction survey / units."""
    return Formula(Declared(FigureKey.SERVICE_UNITS_WITH_SURVEY), Declared(FigureKey.SERVICE_UNITS))
