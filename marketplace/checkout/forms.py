"""Forms of checkout and of the pages of an order."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, TextAreaField

from marketplace.checkout.schemas import CardChoiceIn, DeliveryIn, OrderIn, RefundIn
from marketplace.web.forms import SchemaForm


class DeliveryForm(SchemaForm):
    """The second step: who and where."""

    schema_class = DeliveryIn
    contact_name = StringField(_l("Name of the recipient"))
    contact_phone = StringField(_l("Phone number"))
    commune = StringField()
    address_line = StringField(_l("House number, street, hamlet"))
    note = TextAreaField(_l("Note for the producer (optional)"))


class OrderForm(SchemaForm):
    """The third step: how to pay. Carries what the second step said, the one-time key and the cart's mark."""

    schema_class = OrderIn
    idempotency_key = HiddenField()
    quote = HiddenField()
    contact_name = HiddenField()
    contact_phone = HiddenField()
    commune = HiddenField()
    address_line = HiddenField()
    note = HiddenField()
    payment_method = StringField(_l("How do you want to pay?"))
    card = StringField(_l("Test card"))


class CardForm(SchemaForm):
    """Pay an order with another card."""

    schema_class = CardChoiceIn
    card = StringField(_l("Test card"))


class RefundForm(SchemaForm):
    """Give money back on one parcel."""

    schema_class = RefundIn
    idempotency_key = HiddenField()
    line_id = StringField(_l("What for?"))
    amount = StringField(_l("Amount to give back"))
    reason = TextAreaField(_l("Reason, as the buyer will read it"))
