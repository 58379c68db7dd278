"""Forms of the operator's money page."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from marketplace.settlement.schemas import ApplyIn, RefundedIn, ReturnIn
from marketplace.web.forms import SchemaForm


class ApplyForm(SchemaForm):
    """Let a transfer pay for a payment."""

    schema_class = ApplyIn
    payment = StringField(_l("Number of the payment"))


class ReturnForm(SchemaForm):
    """The money was sent back."""

    schema_class = ReturnIn
    note = StringField(_l("Reason, and how it was sent back"))


class RefundedForm(SchemaForm):
    """A refund was paid by hand."""

    schema_class = RefundedIn
    reference = StringField(_l("Bank reference of the refund"))
