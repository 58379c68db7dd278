"""What an officer may declare."""

from marshmallow import Schema, fields

from marketplace.core.fields import CleanText, Day, WholeNumber
from marketplace.core.money import MAX_DONG
from marketplace.programme.figures import FigureKey


class MarketChoice(fields.Field[int | None]):
    """A market's id, or an empty choice for the whole area."""

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: object) -> int | None:
        if value in ("", None):
            return None
        return WholeNumber(lowest=1)._deserialize(value, attr, data)


class DeclareIn(Schema):
    """A declared number: which quantity, of which market (empty: all), how many, counted when, by what source."""

    key = fields.Enum(FigureKey, by_value=True, required=True, error_messages={"unknown": "choice_unknown"})
    market_id = MarketChoice(load_default=None)
    value = WholeNumber(required=True, lowest=0, highest=MAX_DONG)
    counted_on = Day(required=True)
    source = CleanText(required=True, shortest=3, longest=300)
