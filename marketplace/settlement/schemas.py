"""What an operator types to decide about money."""

from marshmallow import Schema

from marketplace.core.fields import CleanText


class ApplyIn(Schema):
    """Which payment a transfer is to pay."""

    payment = CleanText(required=True, shortest=8, longest=24)


class ReturnIn(Schema):
    """Why and how the money went back."""

    note = CleanText(required=True, shortest=3, longest=500)


class RefundedIn(Schema):
    """The reference under which a refund was paid by hand."""

    reference = CleanText(required=True, shortest=3, longest=80)


class ResolveIn(Schema):
    """Why a difference is none any more."""

    reason = CleanText(required=True, shortest=3, longest=500)


class StatementIn(Schema):
    """Nothing is typed beside the file, which is read by itself."""
