"""What the producer's forms take."""

from typing import Any

from marshmallow import Schema, fields, pre_load
from marshmallow.validate import OneOf

from marketplace.core.fields import CleanText, Day, Reference, WholeNumber


class ReceiveIn(Schema):
    """A new lot of one pack; ``best_before`` is the last day on which it may be sold, empty without a shelf life."""

    pack_id = WholeNumber(required=True, lowest=1)
    code = Reference(required=True, longest=40)
    quantity = WholeNumber(required=True, lowest=1, highest=1_000_000)
    made_on = Day(required=True)
    best_before = Day()
    planting_area_code = CleanText(longest=40)

    @pre_load
    def drop_empty(self, typed: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """What a form sends empty was not given; a required field that is missing is named all the same."""
        return {name: value for name, value in typed.items() if value != ""}


class AdjustIn(Schema):
    """A correction of what is in store, with its reason; ``key`` makes it count once."""

    delta = WholeNumber(required=True, lowest=-1_000_000, highest=1_000_000)
    note = CleanText(required=True, shortest=3, longest=200)
    key = Reference(required=True, shortest=16, longest=40)


class StateIn(Schema):
    """Holding a lot back, or putting it on the shelf again, with the reason."""

    action = fields.String(required=True, validate=OneOf(["block", "unblock"], error="choice_unknown"))
    reason = CleanText(required=True, shortest=3, longest=500)


class RecallIn(Schema):
    """Recalling a lot for good: the reason, and the lot's code typed once more so that no slip of a finger does it."""

    code = Reference(required=True, longest=40)
    reason = CleanText(required=True, shortest=10, longest=500)
