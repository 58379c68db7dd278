"""Forms of checkout and of the pages of an order."""

from collections.abc import Mapping
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.checkout.messages import AT_THE_DOOR, RETURN_REASONS
from marketplace.checkout.schemas import (
    COUNTED,
    AnswerIn,
    AtTheDoorIn,
    BackIn,
    CardChoiceIn,
    DeliveryIn,
    FeeRuleIn,
    InvoiceIn,
    OrderIn,
    RefundIn,
    ReturnIn,
)
from marketplace.core.fields import WholeNumber
from marketplace.ocop.words import GROUPS
from marketplace.producers.words import KINDS
from marketplace.web.forms import SchemaForm


class DeliveryForm(SchemaForm):
    """The second step: who and where."""

    schema_class = DeliveryIn
    contact_name = StringField(_l("Name of the recipient"))
    contact_phone = StringField(_l("Phone number"))
    contact_email = StringField(_l("E-mail address (optional)"))
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
    contact_email = HiddenField()
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
    quantity = StringField(_l("or a number of packs"))
    reason = TextAreaField(_l("Reason, as the buyer will read it"))


class ReturnForm(SchemaForm):
    """A buyer calls goods off or sends them back."""

    schema_class = ReturnIn
    idempotency_key = HiddenField()
    reason = SelectField(
        _l("Why?"),
        choices=[
            SelectChoice("", _l("Please choose")),
            *(SelectChoice(code, words) for code, words in RETURN_REASONS.items()),
        ],
    )
    note = TextAreaField(_l("What happened? (optional)"))


class InvoiceForm(SchemaForm):
    """In whose name the invoice is to be issued."""

    schema_class = InvoiceIn
    buyer_name = StringField(_l("Name of the buyer or company on the invoice"))
    tax_code = StringField(_l("Tax code (if you have one)"))
    address = StringField(_l("Address on the invoice"))
    email = StringField(_l("E-mail address for the invoice"))


class AnswerForm(SchemaForm):
    """A producer or the operator answers."""

    schema_class = AnswerIn
    answer = TextAreaField(_l("What you want to tell the buyer"))


class BackForm(SchemaForm):
    """Goods came back."""

    schema_class = BackIn


class AtTheDoorForm(SchemaForm):
    """A parcel came back from the door."""

    schema_class = AtTheDoorIn
    why = SelectField(_l("What happened?"), choices=[SelectChoice(code, words) for code, words in AT_THE_DOOR.items()])


F = TypeVar("F", bound=SchemaForm)


def counting(form_class: type[F], lines: Mapping[int, tuple[str, int]], **options: Any) -> F:
    """The form with one more field per line that counts its packs: ``packs_<id>``, from 0 to the number given."""
    controls = {f"{COUNTED}{line_id}": StringField(label) for line_id, (label, _most) in lines.items()}
    rules = {f"{COUNTED}{line_id}": WholeNumber(highest=most, load_default=0) for line_id, (_, most) in lines.items()}
    schema = type("Counted", (form_class.schema_class,), rules)
    made: F = type("CountingForm", (form_class,), {"schema_class": schema, **controls})(**options)
    return made


def counted(form: SchemaForm) -> dict[int, int]:
    """Packs by line as the form counted them; lines with none are left out."""
    packs = {name.removeprefix(COUNTED): value for name, value in form.loaded.items() if name.startswith(COUNTED)}
    return {int(line_id): value for line_id, value in packs.items() if value}


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
