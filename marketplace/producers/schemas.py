"""What is typed about producers, and what the API tells of them."""

from typing import Any

from marshmallow import Schema, fields, post_load
from marshmallow.validate import Regexp

from marketplace.core.fields import CleanText, DongAmount, Phone, Reference, WholeNumber
from marketplace.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from marketplace.producers.models import ProducerKind

_CHOICE: dict[str, Any] = {"unknown": "choice_unknown"}


class ProfileIn(Schema):
    """What a producer says about itself; ``commune`` is a code of today."""

    kind = fields.Enum(ProducerKind, by_value=True, required=True, error_messages=_CHOICE)
    name = CleanText(shortest=3, longest=200, required=True)
    tax_code = Reference(
        shortest=0,
        longest=14,
        load_default="",
        validate=Regexp(r"^([0-9]{10}(-[0-9]{3})?|[0-9]{12})?$", error="tax_code_unreadable"),
    )
    commune = CleanText(longest=5, required=True, error_messages={"required": "commune_needed"})
    address_line = CleanText(shortest=0, longest=200, load_default="")
    phone = Phone(required=True)
    delivery_fee = DongAmount(lowest=0, highest=10_000_000, required=True)
    about = CleanText(shortest=0, longest=4000, multiline=True, load_default="")

    @post_load
    def no_empty_code(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """An empty tax code is none."""
        return {**loaded, "tax_code": loaded["tax_code"] or None}


class DecisionIn(Schema):
    """The operator's reason; which decisions need one is the service's rule."""

    reason = CleanText(shortest=0, longest=2000, multiline=True, load_default="")


class PayoutAccountIn(Schema):
    """Where a producer's money goes; the service reads blanks and marks away."""

    bank_bin = CleanText(longest=6, required=True)
    account_number = Reference(longest=30, required=True)
    holder = CleanText(longest=70, required=True)


class AccountNumberIn(Schema):
    """The number as the producer told it to the operator."""

    account_number = Reference(longest=30, required=True)


class ProducerQuery(Schema):
    """What a list of producers is asked for."""

    kind = fields.Enum(ProducerKind, by_value=True, error_messages=_CHOICE)
    province = CleanText(longest=5, metadata={"description": "Code of a province of today."})
    q = CleanText(longest=120, metadata={"description": "Part of the name, with or without marks."})
    after = WholeNumber(lowest=1, metadata={"description": "`next` of the page before."})
    limit = WholeNumber(lowest=1, highest=MAX_LIMIT, load_default=DEFAULT_LIMIT)


class ProducerOut(Schema):
    """A producer that sells here."""

    slug = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.Enum(ProducerKind, by_value=True, required=True)
    commune_code = fields.String(required=True, attribute="commune.code")
    commune = fields.String(required=True, attribute="commune.address")
    address_line = fields.String(required=True)
    phone = fields.String(allow_none=True, required=True, metadata={"description": "E.164"})
    about = fields.String(required=True)
    delivery_fee = fields.Integer(required=True, metadata={"description": "Dong per delivery."})
    currency = fields.Constant("VND")
    is_illustrative = fields.Boolean(required=True, metadata={"description": "Invented for the demonstration."})


class ProducerListOut(Schema):
    """A page of producers."""

    items = fields.List(fields.Nested(ProducerOut), required=True)
    next = fields.String(allow_none=True, required=True)
