"""Forms of checkout and of the pages of an order."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, StringField, TextAreaField

from marketplace.checkout.cards import TEST_CARDS
from marketplace.checkout.schemas import CardChoiceIn, DeliveryIn, OrderIn, RefundIn
from marketplace.orders.messages import PAYMENT_METHODS
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
    payment_method = RadioField(
        _l("How do you want to pay?"),
        choices=[SelectChoice(*pair) for pair in PAYMENT_METHODS.items()],
        validate_choice=False,
    )
    card = RadioField(
        _l("Test card"), choices=[SelectChoice(*pair) for pair in TEST_CARDS.items()], validate_choice=False
    )


class CardForm(SchemaForm):
    """Pay an order with another card."""

    schema_class = CardChoiceIn
    card = RadioField(
        _l("Test card"), choices=[SelectChoice(*pair) for pair in TEST_CARDS.items()], validate_choice=False
    )


class RefundForm(SchemaForm):
    """Give money back on one parcel."""

    schema_class = RefundIn
    idempotency_key = HiddenField()
    line_id = RadioField(_l("What for?"), validate_choice=False)
    amount = StringField(_l("Amount to give back"))
    reason = TextAreaField(_l("Reason, as the buyer will read it"))
