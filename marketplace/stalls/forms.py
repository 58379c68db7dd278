"""Forms of the market; the schemas decide."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.producers.forms import AccountNumberForm
from marketplace.stalls import schemas
from marketplace.stalls.models import MarketKind
from marketplace.web.forms import SchemaForm


class MarketForm(SchemaForm):
    """A market; the commune comes from the place picker."""

    schema_class = schemas.MarketIn

    kind = SelectField(
        _l("Kind"),
        choices=[
            SelectChoice(MarketKind.MARKET.value, _l("Market")),
            SelectChoice(MarketKind.STREET.value, _l("Cashless street")),
        ],
        validate_choice=False,
    )
    name = StringField(_l("Name"))
    commune = StringField()
    former_commune = SelectField(_l("Former commune"), choices=[], validate_choice=False)
    collects_fees_cashless = BooleanField(_l("The market collects its fees without cash"))


class StallForm(SchemaForm):
    """A stall that is known."""

    schema_class = schemas.StallIn

    number = StringField(_l("Number of the stall"))
    name = StringField(_l("Name of the stall"))
    goods = StringField(_l("What is sold"))
    is_active = BooleanField(_l("The stall is open"), default=True)


class _BankAccountFields(SchemaForm):
    bank_bin = StringField(_l("Bank code (BIN)"))
    bank_account = StringField(_l("Account number"))
    bank_holder = StringField(_l("Account holder"))


class BankAccountForm(_BankAccountFields):
    """Where the trader is paid."""

    schema_class = schemas.BankAccountIn


class StallNumberForm(AccountNumberForm):
    """The market's management types the number that stands in the trader's bank app."""

    account_number = StringField(_l("Account number as it stands in the trader's bank app"))


class NewStallForm(StallForm, _BankAccountFields):
    """A stall that is registered, perhaps with its account."""

    schema_class = schemas.NewStallIn


class PersonForm(SchemaForm):
    """Somebody by phone."""

    schema_class = schemas.PersonIn

    phone = StringField(_l("Phone of the person"))


class TillForm(SchemaForm):
    """The keypad: the means is the button that was pressed."""

    schema_class = schemas.TillIn

    client_id = HiddenField()
    amount = StringField(_l("Amount"))
    means = HiddenField()


class OpeningForm(SchemaForm):
    """A shift begun by hand."""

    schema_class = schemas.OpeningIn

    opening_cash = StringField(_l("Change in the drawer"))


class ClosingForm(SchemaForm):
    """What lies in the drawer at the end."""

    schema_class = schemas.ClosingIn

    up_to = HiddenField()
    counted_cash = StringField(_l("Cash counted"))
    reason = StringField(_l("Why it differs"))


class ConfirmationForm(SchemaForm):
    """The sale that a transfer paid: the button beside it."""

    schema_class = schemas.ConfirmationIn

    sale_id = HiddenField()


class StickerForm(SchemaForm):
    """What the printed code says."""

    schema_class = schemas.StickerIn

    payload = TextAreaField(_l("Text of the code"))
    read_bin = StringField(_l("Bank code (BIN)"))
    read_account = StringField(_l("Account number"))


class OutcomeForm(SchemaForm):
    """What was done about a foreign code."""

    schema_class = schemas.OutcomeIn

    outcome = StringField(_l("What was done"))


class FeesForm(SchemaForm):
    """The fee of a month."""

    schema_class = schemas.FeesIn

    amount = StringField(_l("Fee per stall"))
    due_on = StringField(_l("To be paid by"))


class CashFeeForm(SchemaForm):
    """A fee taken in cash."""

    schema_class = schemas.CashFeeIn

    receipt_number = StringField(_l("Number of the receipt"))


class WaivingForm(SchemaForm):
    """A stall is let off a fee."""

    schema_class = schemas.WaivingIn

    reason = StringField(_l("Reason"))


class GoodsForm(SchemaForm):
    """A sale of goods from the store: the means is the button that was pressed."""

    schema_class = schemas.GoodsIn

    client_id = HiddenField()
    means = HiddenField()


class ProducerForm(SchemaForm):
    """Whose goods a stall sells from the store."""

    schema_class = schemas.ProducerIn

    producer = StringField(_l("Producer (last part of the address in the shop)"))
