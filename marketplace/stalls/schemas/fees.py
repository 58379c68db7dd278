"""Market fees."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load

from marketplace.core.fields import CleanText, Day, DongAmount, Reference
from marketplace.core.vietqr import MAX_AMOUNT


class FeesIn(Schema):
    """A fee for every open stall that has none for the month."""

    amount = DongAmount(lowest=1_000, highest=MAX_AMOUNT, required=True)
    due_on = Day(required=True)


class CashFeeIn(Schema):
    """The receipt that was written for a fee in cash."""

    receipt_number = Reference(longest=30, required=True)


class WaivingIn(Schema):
    """Why a stall is let off."""

    reason = CleanText(longest=300, required=True)


class MonthQuery(Schema):
    """A month, ``2026-11``; ``loaded["month"]`` is its first day."""

    month = fields.String()

    @post_load
    def first_day(self, data: dict[str, Any], **_more: Any) -> dict[str, Any]:
        """The first day of the month."""
        if "month" in data:
            try:
                data["month"] = datetime.strptime(data["month"], "%Y-%m").date()  # noqa: DTZ007  # a month, no moment
            except ValueError as error:
                raise ValidationError("month_unreadable", "month") from error
        return data
