"""What a buyer sends to place an order, what a producer or operator sends to refund, what programs are told."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from marketplace.core.fields import CleanText, Day, DongAmount, Phone, Points, WholeNumber
from marketplace.ocop.models import ProductGroup
from marketplace.orders.models import OrderState, PaymentMethod, SubOrderState
from marketplace.producers.models import ProducerKind

#: Choices of a fee rule that may be left open.
_OPEN_CHOICES = frozenset({"producer_kind", "product_group"})


class DeliveryIn(Schema):
    """Who receives the goods and where. ``commune`` is a code of the present units."""

    contact_name = CleanText(shortest=2, longest=120, required=True)
    contact_phone = Phone(required=True)
    commune = CleanText(longest=5, required=True)
    address_line = CleanText(shortest=3, longest=200, required=True)
    note = CleanText(shortest=0, longest=500, multiline=True, load_default="")


class CardChoiceIn(Schema):
    """Which card pays: the gateway's name for it, never a number."""

    card = CleanText(
        longest=80, required=True, validate=validate.Regexp(r"\Apm_[A-Za-z0-9_]+\Z", error="choice_unknown")
    )


class OrderIn(DeliveryIn):
    """A whole order. ``quote`` is the cart's mark that the buyer saw: another price is told, not charged."""

    payment_method = fields.Enum(
        PaymentMethod, by_value=True, required=True, error_messages={"unknown": "choice_unknown"}
    )
    card = CleanText(
        shortest=0,
        longest=80,
        load_default="",
        validate=validate.Regexp(r"\A(pm_[A-Za-z0-9_]+)?\Z", error="choice_unknown"),
    )
    quote = CleanText(longest=32, required=True)

    @validates_schema
    def _card_is_named(self, data: dict[str, Any], **_options: Any) -> None:
        if data.get("payment_method") is PaymentMethod.CARD and not data.get("card"):
            raise ValidationError("card_not_chosen", "card")

    @post_load
    def _card_only_for_cards(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        return data if data["payment_method"] is PaymentMethod.CARD else {**data, "card": ""}


class RefundIn(Schema):
    """What to give back of one parcel: an amount in dong for its goods or delivery, and why; once per key."""

    idempotency_key = CleanText(shortest=8, longest=40, required=True)
    amount = DongAmount(required=True)
    reason = CleanText(shortest=3, longest=500, multiline=True, required=True)
    line_id = WholeNumber(lowest=0, load_default=0)


class FeeRuleIn(Schema):
    """A fee rule. ``percent`` of the price of goods; no kind or group: all of them."""

    producer_kind = fields.Enum(
        ProducerKind, by_value=True, load_default=None, error_messages={"unknown": "choice_unknown"}
    )
    product_group = fields.Enum(
        ProductGroup, by_value=True, load_default=None, error_messages={"unknown": "choice_unknown"}
    )
    percent = Points(highest=50, required=True)
    valid_from = Day(required=True)
    source = CleanText(shortest=3, longest=500, multiline=True, required=True)

    @pre_load
    def _nothing_means_all(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value != "" or name not in _OPEN_CHOICES}


class OrderLineOut(Schema):
    """A line as it was bought; amounts in whole dong."""

    product = fields.String(attribute="product_name", required=True)
    pack = fields.String(attribute="pack_label", required=True)
    stars = fields.Integer(required=True)
    decision_number = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price = fields.Integer(required=True)
    total = fields.Integer(attribute="line_total", required=True)


class SubOrderOut(Schema):
    """One producer's part."""

    producer = fields.String(attribute="producer.name", required=True)
    state = fields.Enum(SubOrderState, by_value=True, required=True)
    goods_total = fields.Integer(required=True)
    delivery_fee = fields.Integer(required=True)
    total = fields.Integer(required=True)
    lines = fields.List(fields.Nested(OrderLineOut), required=True)


class OrderOut(Schema):
    """An order; amounts in whole dong, moments in UTC."""

    number = fields.String(required=True)
    state = fields.Enum(OrderState, by_value=True, required=True)
    payment_method = fields.Enum(PaymentMethod, by_value=True, required=True)
    goods_total = fields.Integer(required=True)
    delivery_total = fields.Integer(required=True)
    total = fields.Integer(required=True)
    currency = fields.Constant("VND")
    placed_at = fields.AwareDateTime(required=True)
    paid_at = fields.AwareDateTime(allow_none=True, required=True)
    hold_until = fields.AwareDateTime(allow_none=True, required=True)
    sub_orders = fields.List(fields.Nested(SubOrderOut), required=True)


class PlacedOrderOut(Schema):
    """A new order with the secret that opens it again, and what the buyer has to do to pay."""

    order = fields.Nested(OrderOut, required=True)
    key = fields.String(required=True)
    payment = fields.Dict(required=True)


class OrderListOut(Schema):
    """A page of orders."""

    items = fields.List(fields.Nested(OrderOut), required=True)
    next = fields.String(allow_none=True, required=True)


class OrderQuery(Schema):
    """The secret of a guest's order."""

    key = CleanText(shortest=0, longest=64, load_default="")


class OrderListQuery(Schema):
    """Which page of the own orders."""

    after = WholeNumber(lowest=1, metadata={"description": "`next` of the page before."})
