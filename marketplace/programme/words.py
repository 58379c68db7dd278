"""What the declared quantities are called."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.programme.figures import FigureKey

FIGURES: dict[FigureKey, LazyString] = {
    FigureKey.PRODUCER_UNITS: _l("Producing and trading units of the area"),
    FigureKey.GOODS_VALUE: _l("Value of key products in the year (đồng)"),
    FigureKey.COOPERATIVE_GOODS_VALUE: _l("Value of cooperatives' OCOP products in the year (đồng)"),
    FigureKey.TRADERS: _l("Traders"),
    FigureKey.COMMUNES: _l("Communes"),
    FigureKey.LINKED_COMMUNES: _l("Communes with a cooperative in a linkage model"),
    FigureKey.LINKAGE_MODELS: _l("Linkage models"),
    FigureKey.DIGITAL_LINKAGE_MODELS: _l("Linkage models that use digital technology"),
    FigureKey.SERVICE_UNITS: _l("Units that should offer essential services online"),
    FigureKey.SERVICE_UNITS_WITH_SURVEY: _l("Units with an essential online service and a satisfaction survey"),
}
