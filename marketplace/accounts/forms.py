"""Forms over the schemas of this room."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, PasswordField, SelectChoice, SelectField, StringField, TelField

from marketplace.accounts import schemas
from marketplace.core.roles import Role
from marketplace.web.forms import SchemaForm

ROLE_WORDS: dict[Role, LazyString] = {
    Role.BUYER: _l("Buyer"),
    Role.PRODUCER: _l("Member of a producer"),
    Role.VENDOR: _l("Stall vendor"),
    Role.MARKET_MANAGER: _l("Market manager"),
    Role.COMMUNE_OFFICER: _l("Commune officer"),
    Role.PROVINCE_OFFICER: _l("Province officer"),
    Role.OPERATOR: _l("Operator"),
}
_LANGUAGES = [SelectChoice("vi", "Tiếng Việt"), SelectChoice("en", "English")]


class SignInForm(SchemaForm):
    """Phone or e-mail, and password."""

    schema_class = schemas.SignInIn
    identifier = StringField(_l("Phone number or e-mail"))
    password = PasswordField(_l("Password"))
    next = HiddenField()


class CodeForm(SchemaForm):
    """The second step."""

    schema_class = schemas.CodeIn
    code = StringField(_l("Code from the authenticator app"))
    next = HiddenField()


class SignUpForm(SchemaForm):
    """A new buyer."""

    schema_class = schemas.SignUpIn
    name = StringField(_l("Full name"))
    phone = TelField(_l("Phone number"))
    email = EmailField(_l("E-mail (if you have one)"))
    password = PasswordField(_l("Password"))


class ProfileForm(SchemaForm):
    """Name and language."""

    schema_class = schemas.ProfileIn
    name = StringField(_l("Full name"))
    locale = SelectField(_l("Language"), choices=_LANGUAGES, validate_choice=False)


class PasswordForm(SchemaForm):
    """A new password."""

    schema_class = schemas.PasswordIn
    old_password = PasswordField(_l("Present password"))
    password = PasswordField(_l("New password"))


class SecondFactorForm(SchemaForm):
    """The first code of an app."""

    schema_class = schemas.SecondFactorIn
    old_password = PasswordField(_l("Your password"))
    code = StringField(_l("Code that the app shows now"))


class TokenForm(SchemaForm):
    """A token for a program."""

    schema_class = schemas.TokenIn
    name = StringField(_l("What is it for?"))
    scopes = SelectField(
        _l("What may it do?"),
        choices=[SelectChoice("read", _l("Only read")), SelectChoice("read write", _l("Read and write"))],
        validate_choice=False,
    )


class GrantForm(SchemaForm):
    """A role for a person."""

    schema_class = schemas.GrantIn
    role = SelectField(
        _l("Role"),
        choices=[SelectChoice(role.value, words) for role, words in ROLE_WORDS.items() if role != Role.BUYER],
        validate_choice=False,
    )
    unit_code = StringField(_l("Code of the commune or province (officers)"))
    subject_id = StringField(_l("Number of the producer, stall or market (members, vendors, managers)"))
