"""Words for what can go wrong with messages."""

from flask_babel import lazy_gettext as _l

MESSAGES = {"message_unknown": _l("There is no dead message with this number.")}
