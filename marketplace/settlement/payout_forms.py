"""What an operator types about payouts."""

import re

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, fields
from wtforms import SelectMultipleField, StringField, TextAreaField

from marketplace.core.fields import CleanText, WholeNumber
from marketplace.producers.forms import AccountNumberForm
from marketplace.web.forms import SchemaForm


class ChosenIn(Schema):
    """The producers, and the markets whose boards, are to be paid."""

    producers = fields.List(WholeNumber(lowest=1), load_default=list)
    markets = fields.List(WholeNumber(lowest=1), load_default=list)


class RefusalIn(Schema):
    """Why a batch is refused."""

    reason = CleanText(required=True, shortest=3, longest=500, multiline=True)


class InSpiteIn(ChosenIn):
    """One payee whose account the bank called closed, and how it is known that the account works."""

    reason = CleanText(required=True, shortest=3, longest=500)


class ChosenForm(SchemaForm):
    """One tick box per producer and per market, drawn by the page."""

    schema_class = ChosenIn
    producers = SelectMultipleField(validate_choice=False)
    markets = SelectMultipleField(validate_choice=False)

    def chosen(self) -> frozenset[int] | None:
        """Ids of producers that were ticked when the form was sent; None when it is shown first."""
        return _ticked(self.producers) if self.is_submitted() else None

    def chosen_markets(self) -> frozenset[int] | None:
        """As ``chosen``, for markets."""
        return _ticked(self.markets) if self.is_submitted() else None


def _ticked(boxes: SelectMultipleField) -> frozenset[int]:
    return frozenset(int(value) for value in boxes.data or () if re.fullmatch("[0-9]{1,18}", value))


class BoardNumberForm(AccountNumberForm):
    """The operator types the number that the board told."""

    account_number = StringField(_l("Account number as the board told you"))


class RefusalForm(SchemaForm):
    """The reason, which the colleague who asked reads."""

    schema_class = RefusalIn
    reason = TextAreaField(_l("Reason for refusing"))


class InSpiteForm(ChosenForm):
    """Ask for a payout to an account that the bank called closed."""

    schema_class = InSpiteIn
    reason = StringField(_l("How do you know that the account works?"))
