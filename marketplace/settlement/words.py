"""Reasons of waiting money and of news that changed nothing, as an operator reads them."""

from flask_babel import lazy_gettext as _l

REASONS = {
    "no_code": _l("No payment code in the memo"),
    "unknown_code": _l("The code in the memo belongs to no payment"),
    "two_codes": _l("Two payment codes in one memo"),
    "wrong_account": _l("The money reached another account than the payment's"),
    "already_paid": _l("The payment was paid before"),
    "late": _l("Sent after the deadline, and the goods are gone"),
    "payment_closed": _l("The order was closed when the money came"),
    "payment_cancelled": _l("Part of a payment that was cancelled"),
    "over": _l("More than was asked for"),
    "unknown_payment": _l("The gateway reports a payment that we do not know"),
    "unknown_refund": _l("The gateway reports a refund that we did not ask for"),
    "other_intent": _l("The gateway reports a second charge for one payment"),
    "other_refund": _l("The gateway reports a second refund for one request"),
    "wrong_amount": _l("The amount differs from the payment's"),
    "wrong_currency": _l("The money is not in đồng"),
    "unreadable": _l("The message could not be understood"),
    "dispute": _l("The buyer disputes the charge at the card issuer"),
    "outgoing": _l("Money left the account: a reversal by the bank or a refund"),
    "reference_reused": _l("The same bank reference came with other facts"),
    "bad_signature": _l("Messages without a valid signature were refused on this day; nothing was changed"),
    "event_id_reused": _l("The same message number came with another content"),
    "late_refunded": _l("Paid after the order was closed; the money goes back by itself"),
}
