"""Reports for programs: the same figures as the page, and the records behind them."""

from typing import Any

from flask import current_app
from flask.views import MethodView
from flask_smorest import Blueprint

from marketplace.core.roles import OFFICERS, Role
from marketplace.programme.areas import own_units
from marketplace.reporting.queries import RecordPage, Report, build_report, list_records, read_side
from marketplace.reporting.requests import read_window
from marketplace.reporting.schemas import (
    ReportAreaListOut,
    ReportOut,
    ReportQuery,
    ReportRecordListOut,
    ReportRecordQuery,
)
from marketplace.web.access import allow
from marketplace.web.auth import require_user

blueprint = Blueprint("reports_api", __name__, description="Indicators of an area")


@blueprint.route("/reports")
@allow(*OFFICERS, Role.OPERATOR)
class OwnAreas(MethodView):
    """The areas that a person answers for."""

    @blueprint.response(200, ReportAreaListOut)
    def get(self) -> dict[str, Any]:
        """Your own areas by name, all on one page; `id` leads to the report of each."""
        return {"items": own_units(require_user().scopes), "next": None}


@blueprint.route("/reports/<int:unit_id>")
@allow(*OFFICERS, Role.OPERATOR)
class AreaReport(MethodView):
    """The report of one area."""

    @blueprint.arguments(ReportQuery, location="query")
    @blueprint.response(200, ReportOut)
    def get(self, asked: dict[str, Any], unit_id: int) -> Report:
        """Every indicator of the area in the month, with numerator, denominator, value, target and verdict.

        A value that cannot be known is null, with the reason in `gap`; it is never taken for 0 or 100 %.
        """
        window, plan = read_window(unit_id, asked)
        return build_report(window, plan, is_simulated=bool(current_app.config["BANK_APP_URL"]))


@blueprint.route("/reports/<int:unit_id>/<code>/<side>")
@allow(*OFFICERS, Role.OPERATOR)
class AreaRecords(MethodView):
    """The records behind one number."""

    @blueprint.arguments(ReportRecordQuery, location="query")
    @blueprint.response(200, ReportRecordListOut)
    def get(self, asked: dict[str, Any], unit_id: int, code: str, side: str) -> RecordPage:
        """A page of the records that the figure was counted from; `page` takes the `next` of the page before."""
        window, _plan = read_window(unit_id, asked)
        return list_records(window, code, read_side(side), number=asked["page"])
