"""A movement on a bank account, as a notice or a statement line tells it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validate

from marketplace.core.cardnumbers import mask_card_numbers
from marketplace.core.fields import DongAmount
from marketplace.core.money import Dong
from marketplace.core.text import fold
from marketplace.payments import transfer_codes

#: Begins the name that we give to a row of a statement to which the bank gave no reference.
ROW_KEY: Final = "CSV-"


@dataclass(frozen=True)
class Movement:
    """Money that came in or went out: whole dong, bank time as aware moment, memo as the bank wrote it.

    ``payer_...`` is the other side: who paid what came in, who received what went out.
    """

    id: str
    bank_reference: str
    bin: str
    account: str
    direction: str
    amount: Dong
    currency: str
    memo: str
    transacted_at: datetime
    payer_name: str = ""
    payer_account: str = ""
    #: BIN of the other side's bank; empty where the bank does not tell it.
    payer_bin: str = ""
    #: The booking that this one takes back: a reversal, or a transfer that came back.
    related_reference: str = ""
    #: The key under which we ordered an outgoing transfer.
    client_reference: str = ""
    #: The row of a file without a reference that tells it; also once its reference is known.
    row_key: str = ""

    @property
    def is_named(self) -> bool:
        """Whether the bank itself gave the reference; a row of a file without one has a name of ours."""
        return not self.bank_reference.startswith(ROW_KEY)


class BankMoment(fields.Field[datetime]):
    """A moment in ISO 8601 with its offset, such as ``2026-11-21T07:12:00+07:00``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise ValidationError("date_unreadable") from error
        if moment.tzinfo is None or not 2000 <= moment.year <= 2100:
            raise ValidationError("date_unreadable")
        return moment


def _printable(name: str) -> None:
    """Refuse a name that a database or a page could not keep as it is: with a NUL or half a character in it."""
    if not name.isprintable():
        raise ValidationError("not_text")


class MovementIn(Schema):
    """One movement as the bank writes it. Unknown members are left alone: banks add some over the years."""

    class Meta:
        """Members that we do not use may come and go."""

        unknown = EXCLUDE

    id = fields.String(required=True, validate=[validate.Length(1, 76), _printable])
    bank_reference = fields.String(required=True, validate=[validate.Length(1, 80), _printable])
    bin = fields.String(required=True, validate=validate.Regexp(r"\A[0-9]{6}\Z"))
    account = fields.String(required=True, validate=validate.Regexp(r"\A[A-Za-z0-9]{1,19}\Z"))
    direction = fields.String(required=True, validate=validate.OneOf(("in", "out")))
    amount = DongAmount(required=True)
    currency = fields.String(required=True, validate=validate.Length(3, 3))
    memo = fields.String(load_default="")
    transacted_at = BankMoment(required=True)
    payer_name = fields.String(load_default="")
    payer_account = fields.String(load_default="")
    payer_bin = fields.String(load_default="", validate=validate.Regexp(r"\A([0-9]{6})?\Z"))
    related_reference = fields.String(load_default="", validate=validate.Length(0, 80))
    client_reference = fields.String(load_default="", validate=validate.Length(0, 80))

    @pre_load
    def amounts_are_numbers(self, data: Any, **_options: Any) -> Any:
        """Texts stand for amounts on forms, never between machines."""
        if not isinstance(data, dict) or isinstance(data.get("amount"), str):
            raise ValidationError("amount_unreadable")
        return {name: value for name, value in data.items() if value is not None}

    @post_load
    def make(self, data: dict[str, Any], **_options: Any) -> Movement:
        """The movement, its texts no longer than the columns that keep them and without card numbers (S72)."""
        data["memo"] = _plain(transfer_codes.masked(data["memo"]), 210)
        data["payer_name"] = _plain(mask_card_numbers(data["payer_name"]), 120)
        data["payer_account"] = _plain(data["payer_account"], 34)
        data["related_reference"] = _plain(data["related_reference"], 80)
        data["client_reference"] = _plain(data["client_reference"], 80)
        return Movement(**data)


def bare_text(memo: str) -> str:
    """A memo without case, marks, blanks and punctuation: two tellings of one booking have the same."""
    return fold(memo).replace(" ", "")


def _plain(text: str, longest: int) -> str:
    """Text of a bank without control characters (a NUL would not pass PostgreSQL), cut to the column."""
    return "".join(character if character.isprintable() else " " for character in text)[:longest]
