"""Forms of the operator's money page."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import StringField

from marketplace.settlement.schemas import (
    ApplyIn,
    DivideIn,
    NoteIn,
    PayeeIn,
    RefundedIn,
    ResolveIn,
    ReturnIn,
    SendBackIn,
    StatementIn,
)
from marketplace.web.forms import SchemaForm


class ApplyForm(SchemaForm):
    """Let a transfer pay for a payment."""

    schema_class = ApplyIn
    payment = StringField(_l("Transfer code or number of the payment"))
    note = StringField(_l("Why"))


class DivideForm(SchemaForm):
    """Divide a transfer over several payments."""

    schema_class = DivideIn
    payment_1 = StringField(_l("Transfer code or number of the payment"))
    amount_1 = StringField(_l("Amount in đồng"))
    payment_2 = StringField(_l("Transfer code or number of the payment"))
    amount_2 = StringField(_l("Amount in đồng"))
    payment_3 = StringField(_l("Transfer code or number of the payment"))
    amount_3 = StringField(_l("Amount in đồng"))
    payment_4 = StringField(_l("Transfer code or number of the payment"))
    amount_4 = StringField(_l("Amount in đồng"))
    note = StringField(_l("Why"))


class PayeeForm(SchemaForm):
    """Transfer a refund to an account that a person found out."""

    schema_class = PayeeIn
    bin = StringField(_l("Bank (BIN, six digits)"))
    account = StringField(_l("Account number"))
    holder = StringField(_l("Account holder"))


class SendBackForm(PayeeForm):
    """Transfer the money back to an account that a person typed."""

    schema_class = SendBackIn
    note = StringField(_l("Why"))


class NoteForm(SchemaForm):
    """A decision that needs nothing but its reason."""

    schema_class = NoteIn
    note = StringField(_l("Why"))


class CloseForm(NoteForm):
    """Close an item that needs no posting."""


class EventForm(NoteForm):
    """Close a message that changed nothing."""


class AgainForm(NoteForm):
    """Give a refund once more the way the money came."""


class AgainToForm(SendBackForm):
    """Give a refund once more, to an account that a person typed."""


class ReturnForm(SchemaForm):
    """The money was sent back outside this house."""

    schema_class = ReturnIn
    reference = StringField(_l("Bank reference of the transfer back, if there is one"))
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
