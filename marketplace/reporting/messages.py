"""Words for what can go wrong with reports."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "month_out_of_range": _l("There are figures from January 2020 up to this month only."),
    "file_kind_unknown": _l("A report is there as CSV, XLSX or JSON."),
    "indicator_not_found": _l("This report has no such indicator."),
}
