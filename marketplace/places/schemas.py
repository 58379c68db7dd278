"""What the API of places takes and gives."""

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from marketplace.core.fields import CleanText, WholeNumber
from marketplace.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from marketplace.places.models import VINTAGE_2025, VINTAGE_BEFORE, Level

_VINTAGES = OneOf([VINTAGE_2025, VINTAGE_BEFORE], error="vintage_unknown")


class PlaceQuery(Schema):
    """What a list of places is asked for. With ``q`` it is a search, without it a list in order of code."""

    q = CleanText(longest=120, metadata={"description": "Present or former name, with or without marks."})
    level = fields.Enum(Level, by_value=True, error_messages={"unknown": "choice_unknown"})
    parent = CleanText(longest=5, metadata={"description": "Code of the unit above; of the province in a search."})
    vintage = CleanText(longest=10, load_default=VINTAGE_2025, validate=_VINTAGES)
    after = CleanText(longest=5, metadata={"description": "`next` of the page before."})
    limit = WholeNumber(lowest=1, highest=MAX_LIMIT, load_default=DEFAULT_LIMIT)


class VintageQuery(Schema):
    """Which list a code belongs to."""

    vintage = CleanText(longest=10, load_default=VINTAGE_2025, validate=_VINTAGES)


class PlaceOut(Schema):
    """A unit. ``code`` names it only together with ``vintage``."""

    code = fields.String(required=True)
    vintage = fields.String(required=True)
    level = fields.Enum(Level, by_value=True, required=True)
    kind = fields.String(required=True, metadata={"description": "xã, phường, đặc khu, tỉnh, thành phố …"})
    name = fields.String(required=True)
    full_name = fields.String(required=True)
    address = fields.String(required=True, metadata={"description": "The full name with the units above it."})
    parent_code = fields.String(allow_none=True, metadata={"description": "The unit above, of the same vintage."})
    valid_from = fields.Date(allow_none=True)
    valid_to = fields.Date(allow_none=True, metadata={"description": "First day on which it was no more."})


class _AboutPlace(PlaceOut):
    """A unit's own fields, taken from ``unit`` of an object that says more about it."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """``attr`` of the object itself where it has it, else of its unit."""
        source = obj if hasattr(obj, attr.split(".")[0]) else getattr(obj, "unit", obj)
        return super().get_attribute(source, attr, default)


class PlaceHitOut(_AboutPlace):
    """A unit of a list; in a search with the former unit whose name was found."""

    formerly = fields.String(
        attribute="formerly.address", dump_default=None, metadata={"description": "The former unit, None otherwise."}
    )
    needs_choice = fields.Boolean(
        dump_default=False,
        metadata={"description": "The former unit was split: other present units hold a part of it too."},
    )


class PlaceListOut(Schema):
    """A page of places."""

    items = fields.List(fields.Nested(PlaceHitOut), required=True)
    next = fields.String(allow_none=True, required=True)


class PredecessorOut(Schema):
    """A former unit that became this one, whole or in part."""

    place = fields.Nested(PlaceOut, attribute="unit", required=True)
    is_split = fields.Boolean(required=True)
    share = fields.Decimal(as_string=True, allow_none=True, required=True)


class ChangeOut(Schema):
    """A change of kind or name under the same code."""

    changed_on = fields.Date(required=True)
    field = fields.String(required=True)
    old_value = fields.String(required=True)
    new_value = fields.String(required=True)
    source = fields.String(required=True)


class PlaceDetailOut(_AboutPlace):
    """A unit with what it is today, what it was made of, and what changed meanwhile."""

    current = fields.List(fields.Nested(PlaceOut), required=True)
    needs_choice = fields.Boolean(required=True)
    predecessors = fields.List(fields.Nested(PredecessorOut), required=True)
    changes = fields.List(fields.Nested(ChangeOut), required=True)
