"""Shifts and closings."""

from marshmallow import Schema, fields

from marketplace.core.fields import CleanText, DongAmount, WholeNumber
from marketplace.core.money import Dong
from marketplace.core.paging import PageQuery
from marketplace.stalls.models import Means

_MOST_CASH = 1_000_000_000


class OpeningIn(Schema):
    """A shift begun by hand, with the change in the drawer."""

    opening_cash = DongAmount(lowest=0, highest=_MOST_CASH, load_default=Dong(0))


class ClosingIn(Schema):
    """What the trader counted; ``up_to`` is the number of the last sale that the trader saw."""

    up_to = WholeNumber(required=True)
    counted_cash = DongAmount(lowest=0, highest=_MOST_CASH, required=True)
    reason = CleanText(shortest=0, longest=300, load_default="")


class MeansSoFarOut(Schema):
    """One means of an open shift."""

    means = fields.Enum(Means, by_value=True, required=True)
    sales = fields.Integer(required=True)
    recorded = fields.Integer(required=True)
    expected = fields.Integer(required=True)


class OpenShiftOut(Schema):
    """The shift that takes the next sale, as it stands. Close it with ``up_to``."""

    id = fields.Integer(required=True)
    number = fields.Integer(required=True)
    opened_at = fields.AwareDateTime(required=True)
    opening_cash = fields.Integer(required=True)
    up_to = fields.Integer(required=True)
    awaited = fields.Integer(required=True, metadata={"description": "Sales whose money is still awaited."})
    means = fields.List(fields.Nested(MeansSoFarOut), required=True)


class ShiftCountOut(MeansSoFarOut):
    """One means of a closed shift. Amounts in whole dong; ``difference`` = found - expected."""

    found = fields.Integer(required=True)
    difference = fields.Integer(required=True)
    reason = fields.String(required=True)


class ClosingOut(Schema):
    """A closed shift: its sales are those numbered from ``first_sequence`` to ``last_sequence``."""

    id = fields.Integer(required=True)
    number = fields.Integer(required=True)
    opened_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(required=True)
    first_sequence = fields.Integer(required=True)
    last_sequence = fields.Integer(required=True)
    opening_cash = fields.Integer(required=True)
    means = fields.List(fields.Nested(ShiftCountOut), attribute="counts", required=True)


class ShiftsOut(Schema):
    """The open shift (or null) and the latest closings, newest first."""

    open = fields.Nested(OpenShiftOut, allow_none=True, required=True)
    items = fields.List(fields.Nested(ClosingOut), required=True)
    next = fields.String(allow_none=True, required=True)


class ShiftQuery(PageQuery):
    """The shifts of one stall; ``after`` is the page number of the page before."""

    stall_id = WholeNumber(lowest=1, required=True)


class StallClosingIn(ClosingIn):
    """A closing by a program."""

    stall_id = WholeNumber(lowest=1, required=True)
