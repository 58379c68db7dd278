"""What is known of markets, their stalls and people."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from marketplace.core.fields import CleanText, Phone, Reference
from marketplace.producers.models import PayoutAccountState
from marketplace.stalls.models import MarketKind
from marketplace.stalls.schemas.parts import UNKNOWN_CHOICE


class MarketIn(Schema):
    """A market as the operator or its manager types it; communes by code, the former one of before July 2025."""

    kind = fields.Enum(MarketKind, by_value=True, required=True, error_messages=UNKNOWN_CHOICE)
    name = CleanText(shortest=3, longest=160, required=True)
    commune = CleanText(longest=5, required=True)
    former_commune = CleanText(shortest=0, longest=5, load_default="")
    collects_fees_cashless = fields.Boolean(load_default=False)


class BankAccountIn(Schema):
    """A trader's bank account, complete."""

    bank_bin = CleanText(longest=6, required=True)
    bank_account = Reference(longest=19, required=True)
    bank_holder = CleanText(longest=70, required=True)


class StallIn(Schema):
    """A stall as it is corrected."""

    number = CleanText(longest=20, required=True)
    name = CleanText(longest=120, required=True)
    goods = CleanText(shortest=0, longest=120, load_default="")
    is_active = fields.Boolean(load_default=True)


class NewStallIn(StallIn):
    """A stall as it is registered; the bank account may come later from the trader, but not in part."""

    bank_bin = CleanText(shortest=0, longest=6, load_default="")
    bank_account = Reference(shortest=0, longest=19, load_default="")
    bank_holder = CleanText(shortest=0, longest=70, load_default="")

    @validates_schema
    def complete(self, data: dict[str, Any], **_more: Any) -> None:
        """All three parts of the account, or none."""
        parts = [bool(data.get(name)) for name in ("bank_bin", "bank_account", "bank_holder")]
        if any(parts) and not all(parts):
            raise ValidationError("bank_account_incomplete", "bank_account")


class ProducerIn(Schema):
    """Whose goods a stall sells: the producer's address in the shop, or nothing."""

    producer = CleanText(shortest=0, longest=120, load_default="")


class PersonIn(Schema):
    """Somebody who has signed up, by phone."""

    phone = Phone(required=True)


class MarketOut(Schema):
    """A market or cashless street, with how many of its stalls take a QR payment."""

    slug = fields.String(attribute="market.slug", required=True)
    kind = fields.Enum(MarketKind, by_value=True, attribute="market.kind", required=True)
    name = fields.String(attribute="market.name", required=True)
    commune_code = fields.String(attribute="market.commune.code", required=True)
    commune = fields.String(attribute="market.commune.address", required=True)
    former_commune_code = fields.String(attribute="market.former_commune.code", dump_default=None, allow_none=True)
    collects_fees_cashless = fields.Boolean(attribute="market.collects_fees_cashless", required=True)
    stalls = fields.Integer(required=True)
    stalls_with_qr = fields.Integer(attribute="with_qr", required=True)


class MarketListOut(Schema):
    """A page of markets."""

    items = fields.List(fields.Nested(MarketOut), required=True)
    next = fields.String(allow_none=True, required=True)


class OpenStallOut(Schema):
    """A stall as everybody may see it."""

    number = fields.String(required=True)
    name = fields.String(required=True)
    goods = fields.String(required=True)
    takes_qr = fields.Boolean(required=True)


class MarketDetailOut(MarketOut):
    """A market with its open stalls."""

    open_stalls = fields.List(fields.Nested(OpenStallOut), required=True)


_IN_FORCE = {"description": "Of the account in force, to which codes lead; null until one was verified."}


class NamedAccountOut(Schema):
    """The account that was named last for a stall, and what the market's management found about it."""

    state = fields.Enum(PayoutAccountState, by_value=True, required=True)
    is_taken_over = fields.Boolean(
        required=True, metadata={"description": "In use since before accounts were verified."}
    )
    bank_bin = fields.String(required=True)
    bank_account = fields.String(attribute="account_number", required=True)
    bank_holder = fields.String(attribute="holder", required=True)
    named_at = fields.AwareDateTime(attribute="changed_at", required=True)
    decided_at = fields.AwareDateTime(allow_none=True, required=True)
    reason = fields.String(required=True, metadata={"description": "Why it was refused."})


class StallOut(OpenStallOut):
    """A stall as its trader sees it."""

    id = fields.Integer(required=True)
    market = fields.String(attribute="market.slug", required=True)
    is_active = fields.Boolean(required=True)
    bank_bin = fields.String(allow_none=True, required=True, metadata=_IN_FORCE)
    bank_account = fields.String(allow_none=True, required=True, metadata=_IN_FORCE)
    bank_holder = fields.String(allow_none=True, required=True, metadata=_IN_FORCE)
    newest_account = fields.Nested(NamedAccountOut, allow_none=True, required=True)


class StallListOut(Schema):
    """The own stalls, all on one page."""

    items = fields.List(fields.Nested(StallOut), required=True)
    next = fields.String(allow_none=True, required=True)
