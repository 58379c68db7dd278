"""Reading what lies between orders and payments: which pays which, what was given back, what producers earned."""

from marketplace.checkout.queries.earnings import (
    earnings_due,
    fee_rate,
    fee_rules,
    list_earnings,
    rates_of,
    tax_rates,
)
from marketplace.checkout.queries.paying import (
    ESCROW,
    find_draft,
    get_order_of,
    list_open_payments,
    list_payments,
    list_shares,
    newest_payment,
    open_payment_of,
    settled_payment_of,
)
from marketplace.checkout.queries.refunds import (
    RefundChoice,
    find_refund,
    list_parcel_refunds,
    list_refund_lines,
    list_refunds,
    refund_choices,
    refunded_total,
)

__all__ = [
    "ESCROW",
    "RefundChoice",
    "earnings_due",
    "fee_rate",
    "fee_rules",
    "find_draft",
    "find_refund",
    "get_order_of",
    "list_earnings",
    "list_open_payments",
    "list_parcel_refunds",
    "list_payments",
    "list_refund_lines",
    "list_refunds",
    "list_shares",
    "newest_payment",
    "open_payment_of",
    "rates_of",
    "refund_choices",
    "refunded_total",
    "settled_payment_of",
    "tax_rates",
]
