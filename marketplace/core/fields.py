"""Fields that read what people type and what programs send. marshmallow is the only validator.

Messages are codes (see ``web.messages``); a code with facts is written ``code?name=value&…`` by ``coded``.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from urllib.parse import urlencode

import phonenumbers
from marshmallow import Schema, ValidationError, fields

from marketplace.core.cardnumbers import holds_card_number
from marketplace.core.errors import DomainError, Invalid
from marketplace.core.money import MAX_DONG, Dong, parse_dong
from marketplace.core.text import clean

fields.Field.default_error_messages = {
    **fields.Field.default_error_messages,
    "required": "required",
    "null": "required",
}
Schema.error_messages = {"unknown": "unknown_field", "type": "choice_unknown"}


def coded(code: str, **facts: object) -> str:
    """A message as code with facts, to be put into words by the web floor."""
    return f"{code}?{urlencode(facts)}" if facts else code


def _refuse(error: DomainError) -> ValidationError:
    return ValidationError(coded(error.code, **error.facts))


class CleanText(fields.Field[str]):
    """Text in NFC without control characters; ``shortest`` to ``longest`` characters after cleaning.

    A card number in it is refused (S72, PCI DSS SAQ A): nobody needs it here, and what is not kept cannot be stolen.
    """

    #: Off where a long number is what the field asks for.
    refuses_card_numbers: ClassVar[bool] = True

    def __init__(self, *, shortest: int = 1, longest: int = 200, multiline: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.shortest, self.longest, self.multiline = shortest, longest, multiline

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("not_text")
        try:
            value.encode()
            text = clean(value, multiline=self.multiline)
        except UnicodeEncodeError as error:
            raise ValidationError("not_text") from error
        except Invalid as error:
            raise _refuse(error) from error
        if not text and self.shortest:
            raise ValidationError("required")
        if len(text) < self.shortest:
            raise ValidationError(coded("text_too_short", shortest=self.shortest))
        if len(text) > self.longest:
            raise ValidationError(coded("text_too_long", longest=self.longest))
        if self.refuses_card_numbers and holds_card_number(text):
            raise ValidationError("text_holds_card_number")
        return text


class Reference(CleanText):
    """A number given elsewhere: an account, a receipt, a tax code, a key. Long runs of digits are right here."""

    refuses_card_numbers = False


class WholeNumber(fields.Field[int]):
    """An integer: exactly an int from JSON, plain ASCII digits from a form. Never a bool, float or ``1_0``."""

    def __init__(self, *, lowest: int = 0, highest: int = 2**53 - 1, **options: Any) -> None:
        super().__init__(**options)
        self.lowest, self.highest = lowest, highest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, str):
            if not value.strip():
                raise ValidationError("required")
            if not re.fullmatch(r"-?[0-9]{1,18}", value.strip(), re.ASCII):
                raise ValidationError("number_unreadable")
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("number_unreadable")
        if not self.lowest <= value <= self.highest:
            raise ValidationError(coded("number_out_of_range", lowest=self.lowest, highest=self.highest))
        return value


class DongAmount(fields.Field[Dong]):
    """Whole dong: an int from JSON, ``120.000`` or ``120k`` from a form."""

    def __init__(self, *, lowest: int = 1, highest: int = MAX_DONG, **options: Any) -> None:
        super().__init__(**options)
        self.lowest, self.highest = lowest, highest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Dong:
        if isinstance(value, str):
            if not value.strip():
                raise ValidationError("required")
            if value.strip() == "0":
                value = 0
            else:
                try:
                    value = parse_dong(value)
                except Invalid as error:
                    raise _refuse(error) from error
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("amount_unreadable")
        if not self.lowest <= value <= self.highest:
            raise ValidationError(coded("amount_out_of_range", lowest=self.lowest, highest=self.highest))
        return Dong(value)


class Points(fields.Field[Decimal]):
    """A decimal with at most ``places`` places; comma or dot. JSON may send a string or an int, never a float."""

    def __init__(self, *, lowest: int = 0, highest: int = 100, places: int = 2, **options: Any) -> None:
        super().__init__(**options)
        self.lowest, self.highest, self.places = lowest, highest, places

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise ValidationError("decimal_unreadable")
        typed = value.strip().replace(",", ".")
        if not typed:
            raise ValidationError("required")
        if not re.fullmatch(rf"[0-9]{{1,12}}(\.[0-9]{{1,{self.places}}})?", typed, re.ASCII):
            raise ValidationError("decimal_unreadable")
        try:
            number = Decimal(typed)
        except InvalidOperation as error:
            raise ValidationError("decimal_unreadable") from error
        if not self.lowest <= number <= self.highest:
            raise ValidationError(coded("number_out_of_range", lowest=self.lowest, highest=self.highest))
        return number

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)


class Day(fields.Field[date]):
    """A calendar day: ``2026-11-21`` or ``21/11/2026``, years 1900 to 2100."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not value.strip():
            raise ValidationError("required" if value in ("", None) else "date_unreadable")
        typed = value.strip()
        iso = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", typed, re.ASCII)
        local = re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", typed, re.ASCII)
        parts = iso.groups() if iso else tuple(reversed(local.groups())) if local else None
        if parts is None:
            raise ValidationError("date_unreadable")
        try:
            day = date(*(int(part) for part in parts))
        except ValueError as error:
            raise ValidationError("date_unreadable") from error
        if not 1900 <= day.year <= 2100:
            raise ValidationError("date_unreadable")
        return day

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.isoformat()


class Phone(fields.Field[str]):
    """A Vietnamese phone number as people write it, returned as E.164 (``+84912345678``)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ValidationError("required")
        try:
            return parse_phone(value)
        except Invalid as error:
            raise _refuse(error) from error


def parse_phone(typed: str) -> str:
    """``0912 345 678``, ``+84 912…``, ``84912…`` -> ``+84912345678``. Raises ``Invalid`` (``phone_unreadable``)."""
    text = typed.strip()
    if not re.fullmatch(r"\+?[0-9(][0-9 .()\-]{7,23}", text, re.ASCII):
        raise Invalid("phone_unreadable")
    try:
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException as error:
        raise Invalid("phone_unreadable") from error
    kind = phonenumbers.number_type(number)
    lines = {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
    if number.country_code != 84 or not phonenumbers.is_valid_number(number) or kind not in lines:
        raise Invalid("phone_unreadable")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def format_phone(e164: str) -> str:
    """``+84912345678`` -> ``0912 345 678``, as people in Vietnam write it."""
    try:
        number = phonenumbers.parse(e164, "VN")
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
