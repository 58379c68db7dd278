"""What a buyer sends to place an order, what a producer or operator sends to refund, what programs are told."""

from enum import StrEnum
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from marketplace.accounts.schemas import Email
from marketplace.checkout.at_the_door import AtTheDoor
from marketplace.checkout.models import ReturnKind, ReturnReason, ReturnState
from marketplace.checkout.tax_codes import read_tax_code
from marketplace.core.errors import Invalid
from marketplace.core.fields import CleanText, Day, DongAmount, Phone, Points, Reference, WholeNumber
from marketplace.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from marketplace.ocop.models import ProductGroup
from marketplace.orders.models import OrderState, PaymentMethod, SubOrderState
from marketplace.payments.models import RefundState
from marketplace.payments.schemas import PaymentOut
from marketplace.producers.models import ProducerKind

#: How the names of the fields begin that count packs of a line.
COUNTED = "packs_"
#: Choices of a fee rule that may be left open.
_OPEN_CHOICES = frozenset({"producer_kind", "product_group"})


class OptionalEmail(Email):
    """An e-mail address in lower case, or nothing."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return "" if isinstance(value, str) and not value.strip() else super()._deserialize(value, attr, data, **kwargs)


class DeliveryIn(Schema):
    """Who receives the goods and where. ``commune`` is a code of the present units."""

    contact_name = CleanText(shortest=2, longest=120, required=True)
    contact_phone = Phone(required=True)
    contact_email = OptionalEmail(
        load_default="",
        metadata={"description": "Where news of the order is sent, if this shop sends mail; may be empty."},
    )
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
    quote = Reference(longest=32, required=True)

    @validates_schema
    def _card_is_named(self, data: dict[str, Any], **_options: Any) -> None:
        if data.get("payment_method") is PaymentMethod.CARD and not data.get("card"):
            raise ValidationError("card_not_chosen", "card")

    @post_load
    def _card_only_for_cards(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        return data if data["payment_method"] is PaymentMethod.CARD else {**data, "card": ""}


class RefundIn(Schema):
    """What to give back of one parcel, and why; once per key.

    ``line_id``: a line's id, 0 for the delivery, ``spread`` for an amount over all parts, ``all`` for all that is left.
    Of a line either an ``amount`` in dong or a ``quantity`` of packs.
    """

    idempotency_key = Reference(shortest=8, longest=40, required=True)
    line_id = CleanText(
        longest=18, load_default="0", validate=validate.Regexp(r"\A([0-9]+|spread|all)\Z", error="choice_unknown")
    )
    amount = DongAmount(load_default=None)
    quantity = WholeNumber(lowest=1, highest=999, load_default=None)
    reason = CleanText(shortest=3, longest=500, multiline=True, required=True)

    @pre_load
    def _empty_is_nothing(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value != "" or name not in ("amount", "quantity")}

    @validates_schema
    def _one_of_amount_and_quantity(self, data: dict[str, Any], **_options: Any) -> None:
        by_packs = data["line_id"] not in ("0", "spread", "all")
        given = [name for name in ("amount", "quantity") if data[name] is not None]
        if len(given) > 1:
            raise ValidationError("refund_amount_or_packs", "quantity")
        if "quantity" in given and not by_packs:
            raise ValidationError("refund_packs_of_a_line", "quantity")
        if not given and data["line_id"] != "all":
            raise ValidationError("required", "amount")


class ReturnIn(Schema):
    """Why goods are called off or sent back; how many of which line stands in fields of their own."""

    idempotency_key = Reference(shortest=8, longest=40, required=True)
    reason = fields.Enum(
        ReturnReason,
        by_value=True,
        required=True,
        error_messages={"unknown": "return_reason_missing", "required": "return_reason_missing"},
    )
    note = CleanText(shortest=0, longest=1000, multiline=True, load_default="")

    @pre_load
    def _empty_is_none(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value != "" or not name.startswith(COUNTED)}


class AnswerIn(Schema):
    """What the buyer reads with the answer."""

    answer = CleanText(shortest=0, longest=1000, multiline=True, load_default="")


class BackIn(Schema):
    """How many packs came back fit for sale, or damaged; the lines stand in fields of their own."""

    @pre_load
    def _empty_is_none(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value != "" or not name.startswith(COUNTED)}


class AtTheDoorIn(BackIn):
    """Why a parcel came back from the door."""

    why = fields.Enum(AtTheDoor, by_value=True, required=True, error_messages={"unknown": "choice_unknown"})


class InvoiceIn(Schema):
    """The buyer's data on an invoice; a tax code only for those who have one."""

    buyer_name = CleanText(shortest=2, longest=200, required=True)
    tax_code = Reference(shortest=0, longest=20, load_default="")
    address = CleanText(shortest=3, longest=300, required=True)
    email = Email(required=True)

    @post_load
    def _tax_code_is_checked(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        if not data["tax_code"]:
            return {**data, "tax_code": None}
        try:
            return {**data, "tax_code": read_tax_code(data["tax_code"])}
        except Invalid as error:
            raise ValidationError(error.code, "tax_code") from error


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

    id = fields.Integer(required=True)
    product = fields.String(attribute="product_name", required=True)
    pack = fields.String(attribute="pack_label", required=True)
    stars = fields.Integer(required=True)
    decision_number = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price = fields.Integer(required=True)
    total = fields.Integer(attribute="line_total", required=True)


class SubOrderOut(Schema):
    """One producer's part."""

    id = fields.Integer(required=True)
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


class PaymentListOut(Schema):
    """A page of payments."""

    items = fields.List(fields.Nested(PaymentOut), required=True)
    next = fields.String(allow_none=True, required=True)


class OrderQuery(Schema):
    """The secret of a guest's order."""

    key = Reference(shortest=0, longest=64, load_default="")


class PacksIn(Schema):
    """So many packs of a line of the order."""

    line_id = WholeNumber(lowest=1, required=True)
    quantity = WholeNumber(lowest=1, highest=999, required=True)


class ReturnAskedIn(Schema):
    """What a program asks to call off or to send back: packs of one parcel, and why."""

    parcel_id = WholeNumber(lowest=1, required=True)
    lines = fields.List(fields.Nested(PacksIn), required=True, validate=validate.Length(max=100))
    reason = fields.Enum(ReturnReason, by_value=True, required=True, error_messages={"unknown": "choice_unknown"})
    note = CleanText(shortest=0, longest=1000, multiline=True, load_default="")


class Decision(StrEnum):
    """What a producer answers."""

    ACCEPT = "accept"
    ACCEPT_AND_PAY = "accept_and_pay"
    REFUSE = "refuse"


class DecisionIn(AnswerIn):
    """The answer to a request; a refusal needs words."""

    decision = fields.Enum(Decision, by_value=True, required=True, error_messages={"unknown": "choice_unknown"})


class SellableIn(Schema):
    """So many packs of a line of the request can be sold again."""

    id = WholeNumber(lowest=1, required=True)
    sellable = WholeNumber(highest=999, required=True)


class ReceivedIn(Schema):
    """What came back fit for sale."""

    lines = fields.List(fields.Nested(SellableIn), load_default=list, validate=validate.Length(max=100))


class ReturnListQuery(Schema):
    """Which requests."""

    state = fields.String(load_default="open", validate=validate.OneOf(("open", "closed"), error="choice_unknown"))
    after = WholeNumber(load_default=0, highest=100_000, metadata={"description": "`next` of the page before."})
    limit = WholeNumber(lowest=1, highest=MAX_LIMIT, load_default=DEFAULT_LIMIT)


class ReturnLineOut(Schema):
    """Packs of a request; ``sellable`` once they are back."""

    id = fields.Integer(required=True)
    line_id = fields.Integer(attribute="order_line_id", required=True)
    product = fields.String(attribute="order_line.product_name", required=True)
    pack = fields.String(attribute="order_line.pack_label", required=True)
    quantity = fields.Integer(required=True)
    sellable = fields.Integer(allow_none=True, required=True)


class ReturnStepOut(Schema):
    """One step of a request."""

    state = fields.String(attribute="to_state", required=True)
    at = fields.AwareDateTime(required=True)


class ReturnOut(Schema):
    """A request to call off or send back goods, as it stands; amounts in whole dong."""

    id = fields.Integer(required=True)
    order = fields.String(attribute="sub_order.order.number", required=True)
    parcel_id = fields.Integer(attribute="sub_order_id", required=True)
    kind = fields.Enum(ReturnKind, by_value=True, required=True)
    reason = fields.Enum(ReturnReason, by_value=True, required=True)
    note = fields.String(required=True)
    state = fields.Enum(ReturnState, by_value=True, required=True)
    answer = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    refund = fields.Integer(attribute="refund.amount", dump_default=None, allow_none=True)
    refund_state = fields.Enum(RefundState, by_value=True, attribute="refund.state", dump_default=None, allow_none=True)
    currency = fields.Constant("VND")
    lines = fields.List(fields.Nested(ReturnLineOut), required=True)
    steps = fields.List(fields.Nested(ReturnStepOut), attribute="events", required=True)


class ReturnListOut(Schema):
    """A page of requests."""

    items = fields.List(fields.Nested(ReturnOut), required=True)
    next = fields.String(allow_none=True, required=True)
