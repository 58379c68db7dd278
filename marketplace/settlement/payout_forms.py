"""What an operator types about payouts."""

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, fields
from wtforms import SelectMultipleField, TextAreaField

from marketplace.core.fields import CleanText, WholeNumber
from marketplace.web.forms import SchemaForm


class ChosenIn(Schema):
    """The producers that are to be paid."""

    producers = fields.List(WholeNumber(lowest=1), load_default=list)


class RefusalIn(Schema):
    """Why a batch is refused."""

    reason = CleanText(required=True, shortest=3, longest=500, multiline=True)


class ChosenForm(SchemaForm):
    """One tick box per producer, drawn by the page."""

    schema_class = ChosenIn
    producers = SelectMultipleField(validate_choice=False)

    def chosen(self) -> frozenset[int] | None:
        """Ids that were ticked when the form was sent; None when it is shown first."""
        if not self.is_submitted():
            return None
        return frozenset(int(value) for value in self.producers.data or () if value.isascii() and value.isdigit())


class RefusalForm(SchemaForm):
    """The reason, which the colleague who asked reads."""

    schema_class = RefusalIn
    reason = TextAreaField(_l("Reason for refusing"))
