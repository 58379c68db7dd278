"""What officers type about certificates, and what the API tells of them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load

from marketplace.core.fields import CleanText, Day, Points, WholeNumber
from marketplace.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from marketplace.ocop.models import AuthorityLevel, CertificateState, ProductGroup
from marketplace.ocop.rules import HIGHEST_STARS, LOWEST_STARS

_CHOICE: dict[str, Any] = {"unknown": "choice_unknown"}


class Stars(WholeNumber):
    """Awarded stars: 3, 4 or 5 as a whole number; ``2``, ``4.5`` and ``5 sao (đề xuất)`` are refused (S9)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(lowest=LOWEST_STARS, highest=HIGHEST_STARS, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except ValidationError as error:
            raise ValidationError("stars_unreadable") from error


class _OptionalBlanks(Schema):
    """Fields left empty in a form count as not sent."""

    blank_is_none = ("score", "issued_on", "ocop_product", "name", "group", "commune")

    @pre_load
    def drop_blanks(self, typed: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Take empty optional values out."""
        return {name: value for name, value in typed.items() if value != "" or name not in self.blank_is_none}


class CertificateIn(_OptionalBlanks):
    """A decision about one product: a recognised one (``ocop_product``) or a new one (name, group, commune)."""

    ocop_product = WholeNumber(lowest=0, load_default=0)
    name = CleanText(shortest=2, longest=200, load_default=None)
    group = fields.Enum(ProductGroup, by_value=True, load_default=None, error_messages=_CHOICE)
    is_alcohol = fields.Boolean(load_default=False)
    commune = CleanText(longest=5, load_default=None)
    stars = Stars(required=True)
    is_potential_five_star = fields.Boolean(load_default=False)
    score = Points(load_default=None)
    decision_number = CleanText(shortest=3, longest=60, required=True)
    decided_on = Day(required=True)
    issued_on = Day(load_default=None)
    authority_level = fields.Enum(AuthorityLevel, by_value=True, required=True, error_messages=_CHOICE)
    authority_name = CleanText(shortest=3, longest=160, required=True)
    replaces = fields.Boolean(load_default=False)

    @post_load
    def one_product(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """No choice is None."""
        return {**loaded, "ocop_product": loaded["ocop_product"] or None}


class WithdrawalIn(Schema):
    """Why and since when a certificate counts no more."""

    reason = CleanText(shortest=0, longest=2000, multiline=True, load_default="")
    ended_on = Day(required=True)


class CertificateQuery(Schema):
    """What a list of certificates is asked for."""

    commune = CleanText(longest=5, metadata={"description": "Code of a commune of today."})
    producer = CleanText(longest=120, metadata={"description": "Slug of a producer."})
    valid_on = Day(metadata={"description": "Only those that count on that day in Vietnam."})
    after = WholeNumber(lowest=1, metadata={"description": "`next` of the page before."})
    limit = WholeNumber(lowest=1, highest=MAX_LIMIT, load_default=DEFAULT_LIMIT)


class CertificateOut(Schema):
    """A certificate: valid on a day when ``issued_on <= day < expires_on`` and, if it ended, ``day < ended_on``."""

    id = fields.Integer(required=True)
    product = fields.String(required=True, attribute="ocop_product.name")
    group = fields.Enum(ProductGroup, by_value=True, required=True, attribute="ocop_product.group")
    producer = fields.String(required=True, attribute="ocop_product.producer.slug")
    commune_code = fields.String(required=True, attribute="ocop_product.commune.code")
    stars = fields.Integer(required=True)
    is_potential_five_star = fields.Boolean(required=True)
    score = fields.Decimal(as_string=True, allow_none=True, required=True)
    rule_set = fields.String(required=True)
    decision_number = fields.String(required=True)
    decided_on = fields.Date(required=True)
    authority_level = fields.Enum(AuthorityLevel, by_value=True, required=True)
    authority_name = fields.String(required=True)
    issued_on = fields.Date(required=True)
    expires_on = fields.Date(required=True, metadata={"description": "First day on which it no longer counts."})
    state = fields.Enum(CertificateState, by_value=True, required=True)
    ended_on = fields.Date(allow_none=True, required=True)
    is_illustrative = fields.Boolean(required=True, metadata={"description": "Invented for the demonstration."})


class CertificateListOut(Schema):
    """A page of certificates."""

    items = fields.List(fields.Nested(CertificateOut), required=True)
    next = fields.String(allow_none=True, required=True)
