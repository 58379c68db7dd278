"""What producers and approvers type about products."""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load, pre_load
from marshmallow.validate import Regexp

from marketplace.catalogue.services import PLANTING_AREA_CODE
from marketplace.core.fields import CleanText, DongAmount, WholeNumber

_PLACE = {"required": "commune_needed"}


class PackIn(Schema):
    """A size and its price in dong, 1.000 to 99.999.999 (the most that one card payment takes)."""

    class Meta:
        unknown = EXCLUDE

    id = WholeNumber(lowest=1, load_default=None)
    label = CleanText(longest=80, required=True)
    price = DongAmount(lowest=1000, highest=99_999_999, required=True)
    net_weight_grams = WholeNumber(lowest=1, highest=1_000_000, load_default=None)
    is_offered = fields.Boolean(load_default=True)

    @pre_load
    def drop_blanks(self, typed: dict[str, Any], **_: Any) -> dict[str, Any]:
        """An empty id or weight is none."""
        return {name: value for name, value in typed.items() if value not in ("", None)}


class PhotoIn(Schema):
    """A picture that lies in the store already, with words for those who cannot see it."""

    class Meta:
        unknown = EXCLUDE

    sha256 = fields.String(required=True, validate=Regexp(r"^[0-9a-f]{64}$", error="photo_unknown"))
    alternative_text = CleanText(longest=200, required=True)
    position = WholeNumber(lowest=0, highest=99, load_default=99)

    @pre_load
    def drop_blanks(self, typed: dict[str, Any], **_: Any) -> dict[str, Any]:
        """An empty place in the order is the last."""
        return {name: value for name, value in typed.items() if name != "position" or value not in ("", None)}


class ProductIn(Schema):
    """Everything that a producer writes; empty rows count as none. Stars are never typed."""

    version = WholeNumber(lowest=0, load_default=0)
    ocop_product = WholeNumber(lowest=1, load_default=None)
    name = CleanText(shortest=3, longest=160, required=True)
    description = CleanText(shortest=0, longest=4000, multiline=True, load_default="")
    story = CleanText(shortest=0, longest=8000, multiline=True, load_default="")
    commune = CleanText(longest=5, required=True, error_messages=dict(_PLACE))
    planting_area_code = CleanText(
        shortest=0,
        longest=40,
        load_default="",
        validate=Regexp(rf"^({PLANTING_AREA_CODE.pattern})?$", error="planting_area_code_unreadable"),
    )
    packs = fields.List(fields.Nested(PackIn), load_default=list)
    photos = fields.List(fields.Nested(PhotoIn), load_default=list)
    trace_links = fields.List(fields.String(), load_default=list)

    @pre_load
    def drop_empty_rows(self, typed: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Rows that were left empty, and pictures that are to go, are taken out."""
        rows = dict(typed)
        rows["packs"] = [row for row in typed.get("packs", []) if row.get("label") or row.get("price")]
        photos = typed.get("photos", [])
        rows["photos"] = [row for row in photos if row.get("sha256") and not row.get("is_removed")]
        rows["trace_links"] = [link for link in typed.get("trace_links", []) if link and link.strip()]
        return rows

    @post_load
    def in_order(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Pictures in their order; no code is None."""
        photos = sorted(loaded["photos"], key=lambda row: row["position"])
        return {**loaded, "photos": photos, "planting_area_code": loaded["planting_area_code"] or None}


class VerdictIn(Schema):
    """An approver's note, for the version that was read."""

    version = WholeNumber(lowest=1, required=True)
    note = CleanText(shortest=0, longest=2000, multiline=True, load_default="")
