"""Printed codes."""

from marshmallow import Schema

from marketplace.core.fields import CleanText, Reference


class StickerIn(Schema):
    """What a printed code says: its text, or the bank and account that a banking app shows for it."""

    payload = Reference(shortest=0, longest=600, load_default="")
    read_bin = CleanText(shortest=0, longest=12, load_default="")
    read_account = Reference(shortest=0, longest=40, load_default="")


class OutcomeIn(Schema):
    """What was done about a foreign code."""

    outcome = CleanText(longest=300, required=True)
