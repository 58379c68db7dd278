"""What a request for figures asks: whose area, which month, which plan. Shared by the doors of this room."""

from typing import Any

from marketplace.programme import queries as programme
from marketplace.programme.areas import get_readable_area
from marketplace.programme.models import Plan
from marketplace.reporting.periods import Window, read_month, this_month
from marketplace.web.auth import require_user


def read_window(unit_id: int, asked: dict[str, Any]) -> tuple[Window, Plan | None]:
    """Area, month, basis and plan as loaded by ``ReportQuery``.

    Raises ``PlaceNotFound`` alike for an unknown area and for one of others (P20), ``Invalid`` for a bad month and
    ``PlanNotFound`` for an unknown plan.
    """
    area = get_readable_area(unit_id, require_user().scopes)
    period = read_month(asked["month"]) if asked["month"] else this_month()
    plan = programme.get_plan(asked["plan"]) if asked["plan"] else programme.default_plan(area, period.first.year)
    return Window(area, period, asked["basis"]), plan
