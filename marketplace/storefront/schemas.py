"""What the list takes, and what the API of products gives."""

from typing import Any

from marshmallow import Schema, fields, pre_load
from marshmallow.validate import OneOf

from marketplace.core.fields import CleanText, DongAmount, WholeNumber
from marketplace.core.paging import PageQuery
from marketplace.ocop.models import ProductGroup
from marketplace.producers.models import ProducerKind
from marketplace.storefront.listing import Filters, Sort
from marketplace.trace.models import LinkState

_CHOICE: dict[str, Any] = {"unknown": "choice_unknown"}


class FiltersIn(Schema):
    """How the list is narrowed and ordered. What was left empty narrows nothing."""

    q = CleanText(longest=120, metadata={"description": "Words of name, producer or place, with or without marks."})
    stars = fields.List(WholeNumber(validate=OneOf([3, 4, 5], error="choice_unknown")))
    group = fields.Enum(ProductGroup, by_value=True, error_messages=_CHOICE)
    province = CleanText(longest=5, metadata={"description": "Code of a province of today."})
    commune = CleanText(longest=5, metadata={"description": "Code of a commune of today."})
    kind = fields.Enum(ProducerKind, by_value=True, error_messages=_CHOICE)
    price_from = DongAmount(lowest=0, metadata={"description": "Dong."})
    price_to = DongAmount(lowest=0, metadata={"description": "Dong."})
    sort = fields.Enum(Sort, by_value=True, error_messages=_CHOICE)

    @pre_load
    def drop_empty(self, typed: Any, **_options: Any) -> dict[str, Any]:
        """A form sends every field, also the empty ones; several boxes of one name are a list."""
        found = typed.to_dict(flat=False) if hasattr(typed, "to_dict") else dict(typed)
        plain = {name: value if name == "stars" else _single(value) for name, value in found.items()}
        return {name: value for name, value in plain.items() if value not in ("", None, [], [""])}


class ProductQuery(FiltersIn, PageQuery):
    """The list for programs, page by page, by id."""


def filters_of(loaded: dict[str, Any]) -> Filters:
    """The typed filters among loaded values."""
    names = Filters.__dataclass_fields__
    known = {name: value for name, value in loaded.items() if name in names}
    return Filters(**{**known, "stars": tuple(known.get("stars", ()))})


def _single(value: Any) -> Any:
    return value[-1] if isinstance(value, list) and value else value


class PackOut(Schema):
    """A size in which the product is sold; ``available`` counts packs that can be ordered now."""

    id = fields.Integer(required=True)
    label = fields.String(required=True)
    price = fields.Integer(required=True, metadata={"description": "Dong."})
    currency = fields.Constant("VND")
    price_per_kilogram = fields.Integer(allow_none=True)
    net_weight_grams = fields.Integer(allow_none=True)
    available = fields.Integer(required=True)


class ProductCardOut(Schema):
    """A product in a list; the price is that of the cheapest pack."""

    id = fields.Integer(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True)
    producer = fields.String(required=True)
    commune = fields.String(required=True)
    province = fields.String(required=True)
    group = fields.Enum(ProductGroup, by_value=True, required=True)
    stars = fields.Integer(required=True)
    decision_number = fields.String(required=True)
    price = fields.Integer(allow_none=True, metadata={"description": "Dong."})
    currency = fields.Constant("VND")
    price_per_kilogram = fields.Integer(allow_none=True)


class ProductListOut(Schema):
    """One page; ``next`` is the cursor of the following one, null at the end."""

    items = fields.List(fields.Nested(ProductCardOut), required=True)
    next = fields.String(allow_none=True)


class TraceLinkOut(Schema):
    """A link to a portal, what is known of it, and when it was looked at last (UTC; null: never)."""

    url = fields.String(required=True)
    state = fields.Enum(LinkState, by_value=True, required=True)
    looked_at = fields.AwareDateTime(allow_none=True, required=True)


class ProductOut(Schema):
    """A product; ``reasons`` are codes of why it cannot be bought, none when it can."""

    id = fields.Integer(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    producer = fields.String(required=True)
    origin = fields.String(required=True)
    group = fields.Enum(ProductGroup, by_value=True, required=True)
    is_alcohol = fields.Boolean(required=True)
    stars = fields.Integer(allow_none=True)
    decision_number = fields.String(allow_none=True)
    certificate_expires_on = fields.Date(allow_none=True)
    delivery_fee = fields.Integer(required=True, metadata={"description": "Dong, per delivery of this producer."})
    packs = fields.List(fields.Nested(PackOut), required=True)
    traces = fields.List(fields.String(), required=True)
    trace_links = fields.List(fields.String(), required=True)
    trace_link_states = fields.List(fields.Nested(TraceLinkOut), required=True)
    can_be_bought = fields.Boolean(required=True)
    reasons = fields.List(fields.String(), required=True)
