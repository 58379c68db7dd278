"""What pages and programs send about a cart, and what programs are told of it."""

from marshmallow import Schema, fields

from marketplace.cart.services import MAX_QUANTITY
from marketplace.core.fields import WholeNumber


class ItemIn(Schema):
    """So many more of a pack."""

    pack_id = WholeNumber(lowest=1, required=True)
    quantity = WholeNumber(lowest=1, highest=MAX_QUANTITY, load_default=1)


class QuantityIn(Schema):
    """How many of a pack are wanted; 0 takes it out."""

    quantity = WholeNumber(lowest=0, highest=MAX_QUANTITY, required=True)


class ReasonOut(Schema):
    """Why something is not for sale."""

    code = fields.String(required=True)


class CartLineOut(Schema):
    """One line: amounts in whole dong; ``reasons`` say why it is not on sale any more."""

    pack_id = fields.Integer(attribute="pack.id", required=True)
    product = fields.String(attribute="pack.product.name", required=True)
    pack = fields.String(attribute="pack.label", required=True)
    quantity = fields.Integer(required=True)
    available = fields.Integer(required=True)
    unit_price = fields.Integer(attribute="offer.unit_price", dump_default=None, allow_none=True)
    total = fields.Integer(required=True)
    can_be_bought = fields.Boolean(required=True)
    reasons = fields.Pluck(ReasonOut, "code", many=True, required=True)


class CartGroupOut(Schema):
    """One producer's lines and its flat delivery fee, in whole dong."""

    producer = fields.String(attribute="producer.name", required=True)
    lines = fields.List(fields.Nested(CartLineOut), required=True)
    goods_total = fields.Integer(required=True)
    delivery_fee = fields.Integer(required=True)
    total = fields.Integer(required=True)


class CartOut(Schema):
    """A cart. ``quote`` is to be sent with the order: it stands for the prices shown here."""

    groups = fields.List(fields.Nested(CartGroupOut), required=True)
    goods_total = fields.Integer(required=True)
    delivery_total = fields.Integer(required=True)
    total = fields.Integer(required=True)
    currency = fields.Constant("VND")
    needs_age_confirmation = fields.Boolean(attribute="needs_age", required=True)
    can_check_out = fields.Boolean(required=True)
    quote = fields.String(required=True)


class NewCartOut(Schema):
    """A cart's secret: send it as ``X-Cart-Token`` with every further call."""

    token = fields.String(required=True)
