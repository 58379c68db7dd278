"""What may be asked of a report, and the report as a program reads it."""

from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, Schema, fields

from marketplace.core.fields import CleanText, WholeNumber
from marketplace.places.models import Level
from marketplace.programme.models import ValueUnit
from marketplace.reporting.periods import Basis
from marketplace.reporting.queries import Gap, Outside, RecordPage, ReportRow, Verdict


class ReportQuery(Schema):
    """``month`` as ``2026-11`` (default: the running one), ``plan`` by code (default: the area's), ``basis``."""

    class Meta:
        """Other parameters of an address, such as ``lang``, are not ours."""

        unknown = EXCLUDE

    month = CleanText(shortest=0, longest=7, load_default="")
    plan = CleanText(shortest=0, longest=40, load_default="")
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.REPORTED, error_messages={"unknown": "choice_unknown"})


class ReportRecordQuery(ReportQuery):
    """The same, and the page of the records."""

    page = WholeNumber(lowest=1, highest=100_000, load_default=1)


class ReportUnitOut(Schema):
    """The unit a report is about."""

    id = fields.Integer()
    code = fields.String()
    vintage = fields.String()
    level = fields.Enum(Level, by_value=True)
    name = fields.String(attribute="full_name")
    address = fields.String()


class ReportAreaListOut(Schema):
    """The areas whose reports a person answers for."""

    items = fields.Nested(ReportUnitOut, many=True)
    next = fields.String(allow_none=True)


class ReportPlanOut(Schema):
    """The plan a report is held against."""

    code = fields.String()
    number = fields.String()
    name_vi = fields.String()
    name_en = fields.String()
    issuer = fields.String()
    issued_on = fields.Date(allow_none=True)
    targets_until = fields.Integer(allow_none=True, metadata={"description": "Last year the targets were set for."})
    source = fields.String()


class DeclarationOut(Schema):
    """A declared number that counts."""

    value = fields.Integer()
    counted_on = fields.Date()
    source = fields.String()


class IndicatorOut(Schema):
    """One indicator: numbers are numbers; ``value`` is null with the reason in ``gap``."""

    code = fields.String(attribute="definition.code")
    version = fields.Integer(attribute="definition.version")
    name_vi = fields.String(attribute="definition.name_vi")
    name_en = fields.String(attribute="definition.name_en")
    unit = fields.Enum(ValueUnit, by_value=True, attribute="definition.unit")
    numerator = fields.Integer(attribute="figure.numerator", allow_none=True)
    denominator = fields.Integer(attribute="figure.denominator", allow_none=True)
    value = fields.Method("get_value", metadata={"type": "number", "nullable": True})
    gap = fields.Enum(Gap, by_value=True, attribute="figure.gap", allow_none=True)
    target = fields.Method("get_target", metadata={"type": "number", "nullable": True})
    target_words = fields.String(attribute="target.quotation", dump_default="")
    verdict = fields.Enum(Verdict, by_value=True)
    declared = fields.Nested(DeclarationOut, many=True, attribute="figure.declarations")
    definition = fields.Method("get_definition", metadata={"type": "object"})
    trend = fields.Method("get_trend", metadata={"type": "array", "items": {"type": "object"}})

    def get_value(self, row: ReportRow) -> int | float | None:
        """The published value: a percentage with one decimal, a count, dong."""
        return _number(row.published)

    def get_target(self, row: ReportRow) -> int | float | None:
        """The plan's target in the indicator's unit."""
        return None if row.target is None else _number(row.target.value)

    def get_definition(self, row: ReportRow) -> dict[str, str]:
        """What is counted over what, and by which source."""
        names = ("numerator_vi", "numerator_en", "denominator_vi", "denominator_en", "source")
        return {name: getattr(row.definition, name) for name in names}

    def get_trend(self, row: ReportRow) -> list[dict[str, Any]]:
        """The months before and this one, oldest first."""
        return [{"month": point.period.key, "value": _number(row.publish(point.value))} for point in row.trend]


class ReportOut(Schema):
    """The report of an area in a month."""

    unit = fields.Nested(ReportUnitOut, attribute="window.area.unit")
    month = fields.String(attribute="window.period.key")
    basis = fields.Enum(Basis, by_value=True, attribute="window.basis")
    exists = fields.Boolean(attribute="window.exists")
    is_running = fields.Boolean(attribute="window.period.is_running")
    data_time = fields.AwareDateTime(format="iso", attribute="window.period.data_time")
    simulated = fields.Boolean(attribute="is_simulated")
    plan = fields.Nested(ReportPlanOut, allow_none=True)
    outside_plan = fields.Enum(
        Outside,
        by_value=True,
        allow_none=True,
        metadata={"description": "Where the month lies when the targets were not set for it: `before` or `after`."},
    )
    indicators = fields.Nested(IndicatorOut, many=True, attribute="rows")


class ReportRecordOut(Schema):
    """One record behind a figure."""

    id = fields.Integer(attribute="record_id")
    label = fields.String()
    detail = fields.String()
    at = fields.AwareDateTime(format="iso", allow_none=True)
    amount = fields.Integer(allow_none=True)
    counted_on = fields.Date(allow_none=True)
    state = fields.String(
        metadata={"description": "T1: how the trace links stood: `works`, `broken`, `unknown`, `no_link`; else empty."}
    )


class ReportRecordListOut(Schema):
    """A page of records; ``figure`` is the number in the report that all of them make.

    ``gap`` says why no record is shown though there are some; it is null as a rule.
    """

    items = fields.Nested(ReportRecordOut, many=True, attribute="page.items")
    next = fields.Method("get_next", metadata={"type": "string", "nullable": True})
    figure = fields.Integer(allow_none=True)
    total = fields.Integer(attribute="page.total")
    gap = fields.Enum(Gap, by_value=True, allow_none=True)

    def get_next(self, found: RecordPage) -> str | None:
        """The number of the next page, or None at the end."""
        return str(found.page.number + 1) if found.page.number < found.page.pages else None


def _number(value: int | Decimal | None) -> int | float | None:
    """A JSON number: whole where it is whole, else with one decimal."""
    if value is None or isinstance(value, int):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
