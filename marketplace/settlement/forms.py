"""Forms of the operator's money page."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import StringField

from marketplace.settlement.schemas import ApplyIn, RefundedIn, ResolveIn, ReturnIn, StatementIn
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


class ResolveForm(SchemaForm):
    """Close a difference with a reason."""

    schema_class = ResolveIn
    reason = StringField(_l("Reason"))


class StatementForm(SchemaForm):
    """Choose a statement file."""

    schema_class = StatementIn
    file = FileField(_l("Statement file"))
