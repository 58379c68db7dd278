"""What the pages and the API of the market take and give."""

import uuid
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema
from marshmallow.validate import Length

from marketplace.core.fields import CleanText, Day, DongAmount, Phone, Reference, WholeNumber, coded
from marketplace.core.money import Dong
from marketplace.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from marketplace.core.vietqr import MAX_AMOUNT
from marketplace.stalls.models import MarketKind, Means, SaleState

MOST_AT_ONCE = 200
_UNKNOWN_CHOICE: dict[str, Any] = {"unknown": "choice_unknown"}


class ClientId(fields.Field[str]):
    """A UUID made where the sale is made, in its usual writing, lower case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            return str(uuid.UUID(value))
        except (ValueError, AttributeError, TypeError) as error:
            raise ValidationError("client_id_unreadable") from error


class Moment(fields.AwareDateTime):
    """A moment with its offset."""

    default_error_messages = dict.fromkeys(("invalid", "invalid_awareness", "format"), "moment_unreadable")


# -- markets and stalls --------------------------------------------------------------------------------------------


class MarketIn(Schema):
    """A market as the operator or its manager types it; communes by code, the former one of before July 2025."""

    kind = fields.Enum(MarketKind, by_value=True, required=True, error_messages=_UNKNOWN_CHOICE)
    name = CleanText(shortest=3, longest=160, required=True)
    commune = CleanText(longest=5, required=True)
    former_commune = CleanText(shortest=0, longest=5, load_default="")
    collects_fees_cashless = fields.Boolean(load_default=False)


class BankAccountIn(Schema):
    """A trader's bank account, complete."""

    bank_bin = CleanText(longest=6, required=True)
    bank_account = Reference(longest=19, required=True)
    bank_holder = CleanText(longest=70, required=True)


class StallIn(Schema):
    """A stall as it is corrected."""

    number = CleanText(longest=20, required=True)
    name = CleanText(longest=120, required=True)
    goods = CleanText(shortest=0, longest=120, load_default="")
    is_active = fields.Boolean(load_default=True)


class NewStallIn(StallIn):
    """A stall as it is registered; the bank account may come later from the trader, but not in part."""

    bank_bin = CleanText(shortest=0, longest=6, load_default="")
    bank_account = Reference(shortest=0, longest=19, load_default="")
    bank_holder = CleanText(shortest=0, longest=70, load_default="")

    @validates_schema
    def complete(self, data: dict[str, Any], **_more: Any) -> None:
        """All three parts of the account, or none."""
        parts = [bool(data.get(name)) for name in ("bank_bin", "bank_account", "bank_holder")]
        if any(parts) and not all(parts):
            raise ValidationError("bank_account_incomplete", "bank_account")


class PersonIn(Schema):
    """Somebody who has signed up, by phone."""

    phone = Phone(required=True)


class MarketOut(Schema):
    """A market or cashless street, with how many of its stalls take a QR payment."""

    slug = fields.String(attribute="market.slug", required=True)
    kind = fields.Enum(MarketKind, by_value=True, attribute="market.kind", required=True)
    name = fields.String(attribute="market.name", required=True)
    commune_code = fields.String(attribute="market.commune.code", required=True)
    commune = fields.String(attribute="market.commune.address", required=True)
    former_commune_code = fields.String(attribute="market.former_commune.code", dump_default=None, allow_none=True)
    collects_fees_cashless = fields.Boolean(attribute="market.collects_fees_cashless", required=True)
    stalls = fields.Integer(required=True)
    stalls_with_qr = fields.Integer(attribute="with_qr", required=True)


class MarketListOut(Schema):
    """A page of markets."""

    items = fields.List(fields.Nested(MarketOut), required=True)
    next = fields.String(allow_none=True, required=True)


class OpenStallOut(Schema):
    """A stall as everybody may see it."""

    number = fields.String(required=True)
    name = fields.String(required=True)
    goods = fields.String(required=True)
    takes_qr = fields.Boolean(required=True)


class MarketDetailOut(MarketOut):
    """A market with its open stalls."""

    open_stalls = fields.List(fields.Nested(OpenStallOut), required=True)


class StallOut(OpenStallOut):
    """A stall as its trader sees it."""

    id = fields.Integer(required=True)
    market = fields.String(attribute="market.slug", required=True)
    is_active = fields.Boolean(required=True)
    bank_bin = fields.String(allow_none=True, required=True)
    bank_account = fields.String(allow_none=True, required=True)
    bank_holder = fields.String(allow_none=True, required=True)


class StallListOut(Schema):
    """The own stalls, all on one page."""

    items = fields.List(fields.Nested(StallOut), required=True)
    next = fields.String(allow_none=True, required=True)


class PageQuery(Schema):
    """Which page of a list."""

    after = WholeNumber(metadata={"description": "`next` of the page before."})
    limit = WholeNumber(lowest=1, highest=MAX_LIMIT, load_default=DEFAULT_LIMIT)


# -- sales ---------------------------------------------------------------------------------------------------------


class TillIn(Schema):
    """What the keypad sends."""

    client_id = ClientId(required=True)
    amount = DongAmount(lowest=1, highest=MAX_AMOUNT, required=True)
    means = fields.Enum(Means, by_value=True, required=True, error_messages=_UNKNOWN_CHOICE)


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
    """A sale that a phone made without network. By QR: the buyer used a printed code, so it waits for proof."""

    sold_at = Moment(required=True)


class SaleBatchIn(Schema):
    """Sales made without network, to be sent again until the answer arrives."""

    sales = fields.List(
        fields.Nested(OfflineSaleIn),
        required=True,
        validate=Length(max=MOST_AT_ONCE, error=coded("too_many_sales", most=MOST_AT_ONCE)),
    )


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


# -- printed codes -------------------------------------------------------------------------------------------------


class StickerIn(Schema):
    """What a printed code says: its text, or the bank and account that a banking app shows for it."""

    payload = Reference(shortest=0, longest=600, load_default="")
    read_bin = CleanText(shortest=0, longest=12, load_default="")
    read_account = Reference(shortest=0, longest=40, load_default="")


class OutcomeIn(Schema):
    """What was done about a foreign code."""

    outcome = CleanText(longest=300, required=True)


# -- market fees ---------------------------------------------------------------------------------------------------


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


class GoodsIn(Schema):
    """A sale of goods from the store; the numbers stand beside the goods."""

    client_id = ClientId(required=True)
    means = fields.Enum(Means, by_value=True, required=True, error_messages=_UNKNOWN_CHOICE)


class ProducerIn(Schema):
    """Whose goods a stall sells: the producer's address in the shop, or nothing."""

    producer = CleanText(shortest=0, longest=120, load_default="")


class ConfirmationIn(Schema):
    """Which sale a transfer paid."""

    sale_id = WholeNumber(lowest=1, required=True)


# -- shifts --------------------------------------------------------------------------------------------------------

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
