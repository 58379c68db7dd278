"""Forms of checkout and of the pages of an order."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.checkout.schemas import CardChoiceIn, DeliveryIn, FeeRuleIn, OrderIn, RefundIn
from marketplace.ocop.words import GROUPS
from marketplace.producers.words import KINDS
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


class FeeRuleForm(SchemaForm):
    """From which day on the platform keeps which part of the price of goods."""

    schema_class = FeeRuleIn
    producer_kind = SelectField(
        _l("Kind of producer"),
        choices=[
            SelectChoice("", _l("All kinds")),
            *(SelectChoice(kind.value, words) for kind, words in KINDS.items()),
        ],
    )
    product_group = SelectField(
        _l("Product group"),
        choices=[
            SelectChoice("", _l("All groups")),
            *(SelectChoice(group.value, words) for group, words in GROUPS.items()),
        ],
    )
    percent = StringField(_l("Percent of the price of the goods"))
    valid_from = StringField(_l("First day"))
    source = TextAreaField(_l("What it rests on"))
