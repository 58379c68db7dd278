"""Reasons of waiting money and of news that changed nothing, as an operator reads them."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.settlement.models import DifferenceKind, DifferenceState, Outcome

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

OUTCOMES = {
    Outcome.CLEAN: _l("Everything agrees"),
    Outcome.DIFFERENCES: _l("There are differences"),
    Outcome.UNANSWERED: _l("Somebody did not answer"),
}

ENDINGS = {
    DifferenceState.RESOLVED: _l("Explained"),
    DifferenceState.REPAIRED: _l("Put right by the comparison"),
    DifferenceState.GONE: _l("Gone by itself"),
}

#: What a difference of each kind means, and what to do about it.
DIFFERENCE_HINTS = {
    DifferenceKind.UNAPPLIED: _l(
        "The money is in the books but pays for nothing yet. Decide about it on the page “Money that waits”."
    ),
    DifferenceKind.MISSING_NOTICE: _l("The bank's message never came; the money was booked from the statement."),
    DifferenceKind.MISSING_THERE: _l(
        "The books know this movement, the other side does not list it. Ask bank or gateway before anything else."
    ),
    DifferenceKind.MISSING_HERE: _l(
        "The other side lists this movement, the books do not know it: a fee, a reversal, or a payment lost with "
        "an old backup."
    ),
    DifferenceKind.AMOUNT: _l("Both sides know this movement with different amounts."),
    DifferenceKind.STATE: _l("Both sides know it, but one says it is paid or closed and the other does not."),
    DifferenceKind.CURRENCY: _l("The movement is not in đồng, so it cannot be booked."),
}


def difference_kind(kind: DifferenceKind, *, is_gateway: bool) -> LazyString:
    """The word for a kind of difference, in the terms of the side that it came from."""
    if kind is DifferenceKind.MISSING_THERE:
        return _l("Missing at the gateway") if is_gateway else _l("Missing in bank")
    return {
        DifferenceKind.UNAPPLIED: _l("Unapplied"),
        DifferenceKind.MISSING_NOTICE: _l("Missing notice"),
        DifferenceKind.MISSING_HERE: _l("Missing in the books"),
        DifferenceKind.AMOUNT: _l("Amount differs"),
        DifferenceKind.STATE: _l("State differs"),
        DifferenceKind.CURRENCY: _l("Another currency"),
    }[kind]
