"""The producer's forms; their rules are the schemas'."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField

from marketplace.inventory.schemas import AdjustIn, RecallIn, ReceiveIn, StateIn
from marketplace.web.forms import SchemaForm


class ReceiveForm(SchemaForm):
    """A new lot."""

    schema_class = ReceiveIn
    pack_id = SelectField(_l("Product and pack"), validate_choice=False)
    code = StringField(_l("Lot code on the label"))
    quantity = StringField(_l("Number of packs"))
    made_on = StringField(_l("Made on"))
    best_before = StringField(_l("Best before (leave empty without a shelf life)"))
    planting_area_code = StringField(_l("Planting-area code, if there is one"))


class AdjustForm(SchemaForm):
    """A correction."""

    schema_class = AdjustIn
    delta = StringField(_l("More or fewer packs, for example -2"))
    note = StringField(_l("Reason"))
    key = HiddenField()


class StateForm(SchemaForm):
    """Hold back or put back."""

    schema_class = StateIn
    action = HiddenField()
    reason = StringField(_l("Reason"))


class RecallForm(SchemaForm):
    """Recall for good."""

    schema_class = RecallIn
    reason = StringField(_l("Reason of the recall"))
    code = StringField(_l("Code of the lot, once more"))
