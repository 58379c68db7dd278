"""What an operator types to decide about money."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from marketplace.core.fields import CleanText, DongAmount, Reference
from marketplace.core.money import Dong

#: How many payments one transfer can be divided over on the page.
MOST_PARTS = 4


class NoteIn(Schema):
    """Why somebody decides as they do."""

    note = CleanText(required=True, shortest=3, longest=500)


class ApplyIn(NoteIn):
    """Which payment a transfer is to pay: its number or its transfer code."""

    payment = CleanText(required=True, shortest=8, longest=24)


class DivideIn(NoteIn):
    """Parts of a transfer: up to four payments, each with its dong; ``parts`` holds them as pairs."""

    payment_1 = CleanText(load_default="", shortest=0, longest=24)
    amount_1 = DongAmount(load_default=None)
    payment_2 = CleanText(load_default="", shortest=0, longest=24)
    amount_2 = DongAmount(load_default=None)
    payment_3 = CleanText(load_default="", shortest=0, longest=24)
    amount_3 = DongAmount(load_default=None)
    payment_4 = CleanText(load_default="", shortest=0, longest=24)
    amount_4 = DongAmount(load_default=None)

    @pre_load
    def leave_out_empty(self, data: Any, **_options: Any) -> Any:
        """A row that nobody filled in is no row."""
        return {name: value for name, value in data.items() if value != ""} if isinstance(data, dict) else data

    @validates_schema
    def are_pairs(self, data: dict[str, Any], **_options: Any) -> None:
        """Each payment has an amount, and the other way round; at least two."""
        problems = {}
        for place in range(1, MOST_PARTS + 1):
            number, amount = data.get(f"payment_{place}"), data.get(f"amount_{place}")
            if number and amount is None:
                problems[f"amount_{place}"] = ["required"]
            if amount is not None and not number:
                problems[f"payment_{place}"] = ["required"]
        if not problems and not data.get("payment_2"):
            problems["payment_2"] = ["required"]
        if problems:
            raise ValidationError(problems)

    @post_load
    def gather(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """The parts that were filled in."""
        pairs = [(data[f"payment_{place}"], data[f"amount_{place}"]) for place in range(1, MOST_PARTS + 1)]
        parts: list[tuple[str, Dong]] = [(number, amount) for number, amount in pairs if number]
        return {"note": data["note"], "parts": parts}


class PayeeIn(Schema):
    """Whose account money is to go to."""

    bin = fields.String(required=True, validate=validate.Regexp(r"\A[0-9]{6}\Z", error="payee_unusable"))
    account = fields.String(required=True, validate=validate.Regexp(r"\A[A-Za-z0-9]{1,19}\Z", error="payee_unusable"))
    holder = CleanText(required=True, shortest=2, longest=120)


class SendBackIn(PayeeIn, NoteIn):
    """An account to send a transfer back to, and why."""


class ReturnIn(NoteIn):
    """Why and how the money went back, and the bank's reference of it."""

    reference = Reference(load_default="", shortest=0, longest=80)


class RefundedIn(Schema):
    """The reference under which a refund was paid by hand."""

    reference = Reference(required=True, shortest=3, longest=80)


class ResolveIn(Schema):
    """Why a difference is none any more."""

    reason = CleanText(required=True, shortest=3, longest=500)


class StatementIn(Schema):
    """Nothing is typed beside the file, which is read by itself."""
