"""Doors of the officer: the own areas, the report of one, its files, and the records behind each number."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError

from marketplace.core.errors import Invalid, NotFound
from marketplace.core.money import format_dong
from marketplace.core.roles import OFFICERS, Role
from marketplace.places import queries as places
from marketplace.places.models import VINTAGE_2025, AdminUnit, Level
from marketplace.programme import queries as programme
from marketplace.programme.areas import former_units_inside, may_declare, may_read, own_units
from marketplace.programme.models import Plan, ValueUnit
from marketplace.programme.words import FIGURES
from marketplace.reporting import charts, exports, words
from marketplace.reporting.periods import EARLIEST, Basis, Window, this_month
from marketplace.reporting.queries import Report, ReportRow, Side, Verdict, build_report, list_records, read_side
from marketplace.reporting.requests import read_window
from marketplace.reporting.schemas import ReportOut, ReportQuery, ReportRecordQuery
from marketplace.web.access import allow
from marketplace.web.auth import require_user
from marketplace.web.navigation import MenuItem, add
from marketplace.web.templating import show_number, show_percent

blueprint = Blueprint("reporting", __name__, url_prefix="/reports")

READERS = (*OFFICERS, Role.OPERATOR)

add(
    MenuItem(
        _l("Reports"),
        "reporting.start",
        position=60,
        roles=frozenset(READERS),
        icon="bar-chart",
        on_desk_of=frozenset({Role.OPERATOR}),
    )
)

_FILES = {
    "csv": ("text/csv; charset=utf-8", exports.as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", exports.as_xlsx),
}


@blueprint.get("")
@allow(*READERS)
def start() -> ResponseReturnValue:
    """The areas that a person answers for, with the months of which there is a report."""
    months = [this_month().earlier(back) for back in range(6)]
    areas = [(unit, _inside(unit)) for unit in own_units(require_user().scopes)]
    return render_template("reporting/start.html", areas=areas, months=months)


@blueprint.get("/<int:unit_id>")
@allow(*READERS)
def report(unit_id: int) -> ResponseReturnValue:
    """The report of an area. Query: ``month``, ``plan``, ``basis``. 404 for an area of others."""
    asked = _asked(ReportQuery())
    found = _load(unit_id, asked)
    unit, scopes = found.window.area.unit, require_user().scopes
    return render_template(
        "reporting/report.html",
        report=found,
        unit=unit,
        address=_address(found.window, found.plan),
        plans=programme.list_plans(),
        trend_words=_trend_words,
        sparklines=[charts.sparkline(row.trend, row.definition.unit) for row in found.rows],
        bars=charts.bars(found),
        words=words,
        outside=words.outside_plan(found),
        is_default_month=not asked["month"],
        figure_words={key.value: name for key, name in FIGURES.items()},
        Verdict=Verdict,
        Basis=Basis,
        Side=Side,
        earliest=EARLIEST,
        latest=this_month(),
        inside=_inside(unit),
        successors=[part for part in _successors(unit) if may_read(part, scopes)],
        may_declare=may_declare(unit, scopes),
    )


@blueprint.get("/<int:unit_id>/report.<kind>")
@allow(*READERS)
def download(unit_id: int, kind: str) -> ResponseReturnValue:
    """The same figures as a file: CSV, XLSX or JSON. 404 for another kind."""
    if kind not in (*_FILES, "json"):
        raise NotFound("file_kind_unknown")
    found = _load(unit_id, _asked(ReportQuery()))
    unit, month = found.window.area.unit, found.window.period.key
    if kind == "json":
        response = make_response(current_app.json.response(ReportOut().dump(found)))
    else:
        media_type, write = _FILES[kind]
        response = make_response(write(found))
        response.headers["Content-Type"] = media_type
    name = f"report-{unit.vintage}-{unit.code}-{month}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/<int:unit_id>/<code>/<side>")
@allow(*READERS)
def records(unit_id: int, code: str, side: str) -> ResponseReturnValue:
    """The very records behind one number of the report. Query: as the report's, and ``page``."""
    asked = _asked(ReportRecordQuery())
    window, plan = read_window(unit_id, asked)
    found = list_records(window, code, read_side(side), number=asked["page"])
    return render_template(
        "reporting/records.html",
        found=found,
        window=window,
        unit=window.area.unit,
        plan=plan,
        words=words,
        figure_words={key.value: name for key, name in FIGURES.items()},
        Side=Side,
        Basis=Basis,
        address=_address(window, plan),
    )


def _load(unit_id: int, asked: dict[str, Any]) -> Report:
    """The report that was asked for, of an area that the person behind this request may read."""
    window, plan = read_window(unit_id, asked)
    return build_report(window, plan, is_simulated=bool(current_app.config["BANK_APP_URL"]))


def _asked(schema: ReportQuery) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(request.args.to_dict())
    except ValidationError as error:
        raise Invalid(
            "choice_unknown", fields={name: list(found) for name, found in error.messages_dict.items()}
        ) from error
    return loaded


def _address(window: Window, plan: Plan | None) -> dict[str, str]:
    """The query that leads to the same figures again."""
    query = {"month": window.period.key, "basis": window.basis.value}
    return query | ({"plan": plan.code} if plan else {})


def _trend_words(row: ReportRow) -> str:
    """The small line in words: ``06/2026: 45,3 %; 07/2026: –; …``."""
    return "; ".join(f"{point.period.first:%m/%Y}: {_in_words(row, point.value)}" for point in row.trend)


def _in_words(row: ReportRow, value: Decimal | None) -> str:
    published = row.publish(value)
    if published is None or row.definition.unit is ValueUnit.PERCENT:
        return show_percent(value)
    return format_dong(int(published)) if row.definition.unit is ValueUnit.DONG else show_number(published)


def _inside(unit: AdminUnit) -> list[AdminUnit]:
    """Areas below ``unit`` with reports of their own: communes of a province, former units of a commune."""
    if unit.level is Level.PROVINCE:
        return places.list_communes(unit)
    return list(former_units_inside(unit))


def _successors(unit: AdminUnit) -> tuple[AdminUnit, ...]:
    return () if unit.vintage == VINTAGE_2025 else places.resolve_to_current(unit).units
