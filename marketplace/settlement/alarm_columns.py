"""How the columns of an alarm's rows are called, and what stands in them."""

from typing import Final

from flask_babel import lazy_gettext as _l

from marketplace.orders.messages import ORDER_STATES, SUB_ORDER_STATES
from marketplace.settlement.book_words import POSTINGS
from marketplace.settlement.models import DifferenceKind
from marketplace.settlement.payout_words import PAYOUTS
from marketplace.settlement.words import STATES, difference_kind

#: By name of the column in the query. A column without its word fails a test.
COLUMNS: Final = {
    "account": _l("Account at bank or gateway"),
    "account_id": _l("Account of"),
    "account_number": _l("Account number"),
    "amount": _l("Amount"),
    "applied": _l("Used"),
    "balance": _l("Balance"),
    "bank_account": _l("Account in force"),
    "booked": _l("In the books"),
    "books": _l("In the books"),
    "certified": _l("Stars of the certificate"),
    "changed_at": _l("Changed at"),
    "check_id": _l("Check of the printed code"),
    "checked_at": _l("Last asked"),
    "client_id": _l("Number on the phone"),
    "code": _l("Account of the books"),
    "collected": _l("Collected"),
    "decided_by_id": _l("Decided by"),
    "delivered_at": _l("Delivered at"),
    "difference": _l("Difference"),
    "difference_id": _l("Open difference"),
    "earned": _l("Earned"),
    "earning_id": _l("What was earned"),
    "entry_id": _l("Posting"),
    "event_id": _l("Message"),
    "event_row": _l("Number of the message"),
    "expires_at": _l("Kept until"),
    "fact": _l("Payment or refund"),
    "fee": _l("Fee: too little taken back"),
    "fee_id": _l("Market fee"),
    "found_at": _l("Found"),
    "from_state": _l("Step from"),
    "gone": _l("Paid out"),
    "gross": _l("Gross"),
    "held": _l("Kept"),
    "hold_until": _l("Kept until"),
    "id": _l("Which one"),
    "item_id": _l("Work item"),
    "kind": _l("Kind"),
    "left_in_escrow": _l("With nobody"),
    "line_id": _l("Number of the line"),
    "line_total": _l("Price of the line"),
    "lines": _l("Sum of the lines"),
    "lot_id": _l("Lot"),
    "market_id": _l("Market"),
    "means": _l("Means"),
    "missing_trigger": _l("Missing lock"),
    "move_id": _l("Move of stock"),
    "moved": _l("Moved"),
    "not_sold": _l("Came back unsold"),
    "on_hand": _l("In store"),
    "order_id": _l("Order"),
    "order_line_id": _l("Goods in an order"),
    "owed": _l("Owed"),
    "paid": _l("Sum of the payments"),
    "parts": _l("Sum of the parts"),
    "payment_id": _l("Which payment"),
    "payments": _l("Number of payments"),
    "payout_id": _l("Payout"),
    "pit": _l("Personal income tax: too little taken back"),
    "producer_id": _l("Producer"),
    "quantity": _l("Quantity"),
    "receipt_id": _l("Transfer"),
    "received": _l("Received"),
    "recorded": _l("Recorded"),
    "ref_id": _l("About"),
    "ref_type": _l("About what"),
    "refunded": _l("Given back"),
    "refunds": _l("Sum of the refunds"),
    "refusal_id": _l("Refused sale"),
    "requested_by_id": _l("Asked for by"),
    "reservation_id": _l("Goods kept"),
    "reserved": _l("Promised"),
    "rests_until": _l("Rests until"),
    "reversal_id": _l("Taken back by the bank"),
    "row_id": _l("Number of the row"),
    "rows_say": _l("By the papers"),
    "sale_id": _l("Which sale"),
    "sequence": _l("Number in the shift"),
    "share_id": _l("Part of the payment"),
    "shift_id": _l("Shift"),
    "sold": _l("Sold"),
    "stall_id": _l("Stall"),
    "stars": _l("Stars shown"),
    "state": _l("State"),
    "sub_order_id": _l("Parcel"),
    "subject": _l("Reference"),
    "table_name": _l("Table"),
    "times": _l("How often"),
    "to_state": _l("Step to"),
    "together": _l("Sum of the goods"),
    "total": _l("Total"),
    "transfer": _l("Transfer at the bank"),
    "transit": _l("On its way to the bank"),
    "unit_price": _l("Price of one"),
    "vat": _l("Value added tax: too little taken back"),
    "what": _l("What is wrong"),
}
#: Columns of whole dong.
_MONEY: Final = frozenset(
    {
        "amount",
        "applied",
        "balance",
        "booked",
        "books",
        "collected",
        "difference",
        "earned",
        "fee",
        "gone",
        "gross",
        "left_in_escrow",
        "line_total",
        "lines",
        "owed",
        "paid",
        "parts",
        "pit",
        "received",
        "recorded",
        "refunded",
        "refunds",
        "rows_say",
        "sold",
        "together",
        "total",
        "transit",
        "unit_price",
        "vat",
    }
)
#: Columns of moments (UTC).
_MOMENTS: Final = frozenset(
    {
        "changed_at",
        "checked_at",
        "delivered_at",
        "expires_at",
        "found_at",
        "hold_until",
        "rests_until",
    }
)
#: Counts under a name that is money elsewhere.
_COUNTS: Final = frozenset({("I01", "lines")})

_SALES: Final = {
    "awaiting": _l("not yet paid"),
    "paid": _l("paid"),
    "cancelled": _l("cancelled"),
    "due": _l("still to be paid"),
    "waived": _l("not asked for any more"),
}
_MEANS: Final = {"qr": _l("QR code"), "cash": _l("Cash")}
_WRONG: Final = {
    "gateway_id": _l("the number at the gateway is used twice"),
    "idempotency_key": _l("the key is used twice"),
    "shares": _l("the parts are not the whole"),
    "not posted with its amount": _l("the books do not hold its amount"),
    "posted without its fact": _l("the books hold it, and nothing else does"),
}
_MATTERS: Final = {
    "payment": _l("a payment"),
    "refund": _l("a refund"),
    "bank_receipt": _l("a transfer that came in"),
    "receipt_application": _l("the use of a transfer"),
    "outgoing_transfer": _l("a transfer that we ordered"),
    "ledger_entry": _l("another posting"),
    "market_fee": _l("a market fee"),
    "stall_sale": _l("a sale at a stall"),
    "stall_shift": _l("a shift of a stall"),
    "payout": _l("a payout"),
    "board_payout": _l("a payout to a market's board"),
}
_RECEIPTS: Final = {**STATES, "returning": _l("on its way back")}
_ORDERS: Final = {**ORDER_STATES, "-": _l("none")}
_PARCELS: Final = {**SUB_ORDER_STATES, "-": _l("none")}
_PAYOUTS: Final = {state.value: word for state, word in PAYOUTS.items()}
_STATES_OF: Final = {
    **dict.fromkeys(("I11", "I12", "I13b"), _ORDERS),
    **dict.fromkeys(("I11b", "I12b", "I35c"), _PARCELS),
    **dict.fromkeys(("I32b", "I35e", "I35g"), _PAYOUTS),
    **dict.fromkeys(("I38", "K01"), _SALES),
    "M06": _RECEIPTS,
}
_KINDS_OF: Final = {"I30": {kind.value: difference_kind(kind, is_gateway=False) for kind in DifferenceKind}}
_WORDS_OF: Final = {"means": _MEANS, "what": _WRONG, "ref_type": _MATTERS, "transfer": STATES}


def is_money(check: str, column: str) -> bool:
    """Whether the number in this column is dong."""
    return column in _MONEY and (check, column) not in _COUNTS


def is_moment(column: str) -> bool:
    """Whether this column holds a moment (UTC)."""
    return column in _MOMENTS


def word(check: str, column: str, value: str) -> str:
    """A state, kind or reason of the database as people call it; what has no word stays as it is."""
    if column in ("state", "from_state", "to_state"):
        return str(_STATES_OF.get(check, STATES).get(value, value))
    if column == "kind":
        return str(_KINDS_OF.get(check, POSTINGS).get(value, value))
    return str(_WORDS_OF.get(column, {}).get(value, value))
