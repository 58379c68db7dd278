"""What people type about themselves, and what an operator types about others."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate

from marketplace.accounts.passwords import LONGEST
from marketplace.core.fields import CleanText, Phone, WholeNumber, coded
from marketplace.core.roles import Role

_EMAIL = re.compile(r"[a-z0-9._+-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}", re.ASCII)
_ONE_OF = "choice_unknown"


class Email(fields.Field[str]):
    """An e-mail address in lower case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        typed = value.strip().lower() if isinstance(value, str) else ""
        if len(typed) > 254 or not _EMAIL.fullmatch(typed):
            raise ValidationError("email_unreadable")
        return typed


class Password(fields.Field[str]):
    """A password exactly as typed: blanks and marks belong to it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not value:
            raise ValidationError("required")
        if len(value) > LONGEST:
            raise ValidationError(coded("text_too_long", longest=LONGEST))
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValidationError("not_text") from error
        return value


class _Blanks(Schema):
    """Fields of a form that were left empty count as not given where they may be left out."""

    @pre_load
    def _drop_empty(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        optional = {name for name, field in self.fields.items() if not field.required}
        return {
            name: value
            for name, value in data.items()
            if not (name in optional and isinstance(value, str) and not value.strip())
        }


class SignInIn(Schema):
    """``identifier``: phone or e-mail, as typed; ``next``: where to go, checked by the door."""

    identifier = CleanText(longest=254, required=True)
    password = Password(required=True)
    next = fields.String(load_default="")


class CodeIn(Schema):
    """Six digits of an authenticator app; blanks between them are fine."""

    code = CleanText(longest=12, required=True)
    next = fields.String(load_default="")


class SignUpIn(_Blanks):
    """A new buyer."""

    name = CleanText(longest=120, required=True)
    phone = Phone(required=True)
    email = Email(load_default=None)
    password = Password(required=True)


class ProfileIn(Schema):
    """What a person may change about themselves without a password."""

    name = CleanText(longest=120, required=True)
    locale = fields.String(required=True, validate=validate.OneOf(("vi", "en"), error=_ONE_OF))


class PasswordIn(Schema):
    """The present password and the one that shall follow it."""

    old_password = Password(required=True)
    password = Password(required=True)


class SecondFactorIn(Schema):
    """The password, and the first code of the app that is being connected."""

    old_password = Password(required=True)
    code = CleanText(longest=12, required=True)


class TokenIn(Schema):
    """A token for a program: what it is for, and whether it may write."""

    name = CleanText(longest=80, required=True)
    scopes = fields.String(required=True, validate=validate.OneOf(("read", "read write"), error=_ONE_OF))


class GrantIn(_Blanks):
    """A role with its scope: the code of an officer's unit, or the number of a producer, stall or market."""

    role = fields.Enum(Role, by_value=True, required=True, error_messages={"unknown": _ONE_OF})
    unit_code = CleanText(longest=5, load_default=None)
    subject_id = WholeNumber(lowest=1, load_default=None)
