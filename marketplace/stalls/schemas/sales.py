"""Sales, and what the till sends and shows."""

from marshmallow import Schema, fields
from marshmallow.validate import Length

from marketplace.core.fields import Day, DongAmount, Reference, WholeNumber, coded
from marketplace.core.paging import PageQuery
from marketplace.core.vietqr import MAX_AMOUNT
from marketplace.stalls.models import CancelReason, Means, SaleState
from marketplace.stalls.schemas.parts import UNKNOWN_CHOICE, ClientId, Moment

MOST_AT_ONCE = 200


class TillIn(Schema):
    """What the keypad sends."""

    client_id = ClientId(required=True)
    amount = DongAmount(lowest=1, highest=MAX_AMOUNT, required=True)
    means = fields.Enum(Means, by_value=True, required=True, error_messages=UNKNOWN_CHOICE)


class LineIn(Schema):
    """So many packs from the store of the stall's producer."""

    pack_id = WholeNumber(lowest=1, required=True)
    quantity = WholeNumber(lowest=1, highest=10_000, required=True)


class SaleIn(TillIn):
    """A sale by a program. ``sold_at`` is when a phone without network made it; by default now.

    ``lines`` may be empty; else ``amount`` is what they cost together.
    """

    lines = fields.List(fields.Nested(LineIn), validate=Length(max=50, error=coded("too_many_lines", most=50)))
    stall_id = WholeNumber(lowest=1, required=True)
    sold_at = Moment()


class OfflineSaleIn(SaleIn):
    """A sale that a phone made without network. By QR the buyer used a printed code, so it waits for proof; or the
    phone showed one of its reserved codes (``code``), and the bank's notice finds the sale by it.
    """

    sold_at = Moment(required=True)
    code = Reference(longest=12, load_default=None)


class SaleBatchIn(Schema):
    """Sales made without network, to be sent again until the answer arrives."""

    sales = fields.List(
        fields.Nested(OfflineSaleIn),
        required=True,
        validate=Length(max=MOST_AT_ONCE, error=coded("too_many_sales", most=MOST_AT_ONCE)),
    )


class GoodsIn(Schema):
    """A sale of goods from the store; the numbers stand beside the goods."""

    client_id = ClientId(required=True)
    means = fields.Enum(Means, by_value=True, required=True, error_messages=UNKNOWN_CHOICE)


class ConfirmationIn(Schema):
    """Which sale a transfer paid."""

    sale_id = WholeNumber(lowest=1, required=True)


class CodesIn(Schema):
    """Which phone of which stall asks for codes; the phone makes its id once and keeps it."""

    stall_id = WholeNumber(lowest=1, required=True)
    device_id = ClientId(required=True)


class CodeOut(Schema):
    """A transfer code for one sale without network. The VietQR payload is ``before`` + ``54``, the length of the amount
    in two digits, the amount in dong + ``after`` + its CRC-16 (CCITT, start FFFF) in four capital hexadecimal digits.
    """

    code = fields.String(required=True)
    before = fields.String(required=True)
    after = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)


class CodesOut(Schema):
    """The unused codes of the phone, all on one page."""

    items = fields.List(fields.Nested(CodeOut), required=True)
    next = fields.String(allow_none=True, required=True)


class StallQuery(Schema):
    """Which stall."""

    stall_id = WholeNumber(lowest=1, required=True)


class SaleQuery(PageQuery):
    """The sales of one stall on one local day, by default today."""

    stall_id = WholeNumber(lowest=1, required=True)
    on = Day()


class SaleOut(Schema):
    """A sale and what the bank has said about it. Amounts in whole dong."""

    id = fields.Integer(attribute="sale.id", required=True)
    stall_id = fields.Integer(attribute="sale.stall_id", required=True)
    client_id = fields.String(attribute="sale.client_id", required=True)
    amount = fields.Integer(attribute="sale.amount", required=True)
    currency = fields.Constant("VND")
    means = fields.Enum(Means, by_value=True, attribute="sale.means", required=True)
    state = fields.Enum(SaleState, by_value=True, attribute="sale.state", required=True)
    received = fields.Integer(required=True)
    missing = fields.Integer(required=True)
    excess = fields.Integer(required=True, metadata={"description": "Arrived beyond the amount: to be given back."})
    cancel_reason = fields.Enum(
        CancelReason, by_value=True, attribute="sale.cancel_reason", allow_none=True, required=True
    )
    taken_offline = fields.Boolean(attribute="sale.taken_offline", required=True)
    sold_at = fields.AwareDateTime(attribute="sale.sold_at", required=True)
    paid_at = fields.AwareDateTime(attribute="sale.paid_at", allow_none=True, required=True)
    sequence = fields.Integer(
        attribute="sale.sequence",
        allow_none=True,
        required=True,
        metadata={"description": "Number at the stall in the order of the money; null while it is awaited."},
    )
    transfer_code = fields.String(attribute="sale.payment.transfer_code", dump_default=None, allow_none=True)
    qr = fields.String(allow_none=True, metadata={"description": "VietQR payload while money is awaited."})


class SaleListOut(Schema):
    """A page of sales."""

    items = fields.List(fields.Nested(SaleOut), required=True)
    next = fields.String(allow_none=True, required=True)


class ReplayedOut(Schema):
    """What became of one sale of a batch: ``recorded`` with the sale, or ``refused`` with the code of the reason."""

    client_id = fields.String(required=True)
    result = fields.String(required=True)
    code = fields.String(allow_none=True, required=True)
    sale = fields.Nested(SaleOut, allow_none=True, required=True)


class SaleBatchOut(Schema):
    """One answer per sale, in the order in which they were sent."""

    items = fields.List(fields.Nested(ReplayedOut), required=True)


class TillStatusOut(Schema):
    """What the phone shows while it waits: sentences in the reader's language, ``face`` for the colour."""

    face = fields.String(required=True)
    headline = fields.String(required=True)
    detail = fields.String(required=True)
    received = fields.Integer(required=True)
