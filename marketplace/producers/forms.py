"""Forms about producers."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.producers.schemas import AccountNumberIn, DecisionIn, PayoutAccountIn, ProfileIn
from marketplace.producers.words import KINDS
from marketplace.web.forms import SchemaForm


class ProfileForm(SchemaForm):
    """What a producer says about itself; province and commune are drawn by the place picker."""

    schema_class = ProfileIn
    kind = SelectField(
        _l("Kind of producer"), choices=[SelectChoice(kind.value, words) for kind, words in KINDS.items()]
    )
    name = StringField(_l("Name as registered"))
    tax_code = StringField(_l("Tax code (if you have one)"))
    province = StringField()
    commune = StringField()
    address_line = StringField(_l("House number, street, hamlet"))
    phone = StringField(_l("Phone for buyers"))
    delivery_fee = StringField(_l("Delivery fee per order (đồng)"))
    about = TextAreaField(_l("About you"))


class DecisionForm(SchemaForm):
    """The operator's reason."""

    schema_class = DecisionIn
    reason = TextAreaField(_l("Reason"))


class PayoutAccountForm(SchemaForm):
    """Where a producer's money goes."""

    schema_class = PayoutAccountIn
    bank_bin = StringField(_l("Code of the bank (BIN)"))
    account_number = StringField(_l("Account number"))
    holder = StringField(_l("Account holder"))


class AccountNumberForm(SchemaForm):
    """The operator types the number that the producer told."""

    schema_class = AccountNumberIn
    account_number = StringField(_l("Account number as the producer told you"))
