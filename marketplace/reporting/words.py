"""What verdicts, gaps, kinds of record and sides are called."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.reporting.indicators import RecordKind
from marketplace.reporting.queries import Gap, Outside, Report, Side, Verdict

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

#: What is said when the targets were not set for the month of the report.
OUTSIDE: dict[Outside, LazyString] = {
    Outside.AFTER: _l(
        "The targets of %(plan)s were set for the years until %(year)s. %(month)s lies after them: “Met” and “Not met” "
        "only compare with the old targets. Newer targets count as soon as the operator has loaded a newer plan."
    ),
    Outside.BEFORE: _l(
        "%(plan)s was issued after %(month)s: “Met” and “Not met” compare with targets that did not exist yet."
    ),
}

KINDS: dict[RecordKind, LazyString] = {
    RecordKind.OCOP_PRODUCT: _l("OCOP products"),
    RecordKind.LISTING: _l("Listings"),
    RecordKind.TRACED_LISTING: _l("Listings"),
    RecordKind.PRODUCER: _l("Producers"),
    RecordKind.ORDER: _l("Orders (one per producer)"),
    RecordKind.STALL: _l("Stalls"),
    RecordKind.MARKET: _l("Markets"),
    RecordKind.SALE: _l("Sales at markets"),
    RecordKind.DECLARATION: _l("Declared numbers"),
}

SIDES: dict[Side, LazyString] = {Side.NUMERATOR: _l("Numerator"), Side.DENOMINATOR: _l("Denominator")}

#: What the ``state`` of a listing of T1 says, and its tone.
TRACED: dict[str, LazyString] = {
    "works": _l("Works"),
    "broken": _l("Broken"),
    "unknown": _l("Unknown: not called lately"),
    "no_link": _l("No trace link"),
}
TRACED_TONES = {"works": "good", "broken": "bad", "unknown": "neutral", "no_link": "neutral"}

#: What the ``detail`` of a sale says.
MEANS: dict[str, LazyString] = {"qr": _l("QR transfer"), "cash": _l("Cash")}


def outside_plan(report: Report) -> str:
    """That the month lies outside the time of the plan's targets, in words; empty when it does not."""
    if report.plan is None or report.outside_plan is None:
        return ""
    first = report.window.period.first
    facts = {"plan": report.plan.number, "year": report.plan.targets_until, "month": f"{first:%m/%Y}"}
    return str(OUTSIDE[report.outside_plan]) % facts
