"""What the API tells of a payment."""

from marshmallow import Schema, fields


class PaymentOut(Schema):
    """A payment as its owner may see it: amounts in whole dong, moments in UTC, nothing personal."""

    id = fields.String(attribute="public_id")
    rail = fields.String()
    state = fields.String()
    amount = fields.Integer()
    received = fields.Integer()
    remaining = fields.Integer()
    refunded = fields.Integer()
    currency = fields.Constant("VND")
    transfer_code = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime(allow_none=True)
    settled_at = fields.AwareDateTime(allow_none=True)
