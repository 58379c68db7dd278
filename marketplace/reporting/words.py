"""What verdicts, gaps, kinds of record and sides are called."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.reporting.indicators import RecordKind
from marketplace.reporting.queries import Gap, Side, Verdict

VERDICTS: dict[Verdict, LazyString] = {
    Verdict.MET: _l("Met"),
    Verdict.NOT_MET: _l("Not met"),
    Verdict.UNKNOWN: _l("Not enough data"),
    Verdict.NO_TARGET: _l("No target"),
}

TONES: dict[Verdict, str] = {
    Verdict.MET: "good",
    Verdict.NOT_MET: "bad",
    Verdict.UNKNOWN: "wait",
    Verdict.NO_TARGET: "neutral",
}

GAPS: dict[Gap, LazyString] = {
    Gap.NOT_DECLARED: _l("Unknown: nobody has declared the number yet."),
    Gap.PARTS_NOT_DECLARED: _l("Unknown: not every part of the area has declared its number yet."),
    Gap.NOTHING_TO_COUNT: _l("Not applicable: the denominator is zero."),
    Gap.MORE_THAN_DECLARED: _l("Unknown: more was counted than declared. Please check the declared number."),
    Gap.TOO_FEW_STALLS: _l(
        "Unknown: fewer than 3 stalls sold in this month. The figure would tell what a single trader earned."
    ),
}

KINDS: dict[RecordKind, LazyString] = {
    RecordKind.OCOP_PRODUCT: _l("OCOP products"),
    RecordKind.LISTING: _l("Listings"),
    RecordKind.PRODUCER: _l("Producers"),
    RecordKind.ORDER: _l("Orders (one per producer)"),
    RecordKind.STALL: _l("Stalls"),
    RecordKind.MARKET: _l("Markets"),
    RecordKind.SALE: _l("Sales at markets"),
    RecordKind.DECLARATION: _l("Declared numbers"),
}

SIDES: dict[Side, LazyString] = {Side.NUMERATOR: _l("Numerator"), Side.DENOMINATOR: _l("Denominator")}

#: What the ``detail`` of a sale says.
MEANS: dict[str, LazyString] = {"qr": _l("QR transfer"), "cash": _l("Cash")}
