"""Reading figures: the report of an area, and the records behind each number of it."""

from marketplace.reporting.queries.records import RecordPage, RecordRow, Side, list_records, read_side
from marketplace.reporting.queries.report import (
    Figure,
    Gap,
    Outside,
    Point,
    Report,
    ReportRow,
    Verdict,
    build_report,
    compute_figures,
)

__all__ = [
    "Figure",
    "Gap",
    "Outside",
    "Point",
    "RecordPage",
    "RecordRow",
    "Report",
    "ReportRow",
    "Side",
    "Verdict",
    "build_report",
    "compute_figures",
    "list_records",
    "read_side",
]
