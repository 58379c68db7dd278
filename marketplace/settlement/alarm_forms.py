"""What an operator says of a broken promise."""

from flask_babel import lazy_gettext as _l
from marshmallow import Schema
from wtforms import TextAreaField

from marketplace.core.fields import CleanText
from marketplace.web.forms import SchemaForm


class AcknowledgeIn(Schema):
    """Why an alarm is there, as far as one knows."""

    reason = CleanText(required=True, shortest=5, longest=500)


class AcknowledgeForm(SchemaForm):
    """Somebody has seen the alarm."""

    schema_class = AcknowledgeIn
    reason = TextAreaField(_l("What you know about it, and what is being done"))
