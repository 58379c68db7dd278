"""Words for the refusals of this room."""

from flask_babel import lazy_gettext as _l

MESSAGES = {"trace_not_found": _l("No lot has this trace code. Please compare it with the label.")}
