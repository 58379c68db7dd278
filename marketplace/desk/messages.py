"""Words for the refusals of this room."""

from flask_babel import lazy_gettext as _l

MESSAGES = {"list_not_found": _l("There is no such list on your desk.")}
