"""Reasons of waiting money and of news that changed nothing, as an operator reads them."""

from collections.abc import Iterable

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
    "taken_back": _l("Paid with the old code of a payment that the bank had undone"),
    "payment_cancelled": _l("Part of a payment that was cancelled"),
    "over": _l("More than was asked for"),
    "payment_reversed": _l("Part of a payment that was undone, because the bank took another part back"),
    "return_failed": _l("It was to go back, and the bank refused the transfer"),
    "return_came_back": _l("It was sent back, and the payee's bank returned it"),
    "reversal_unpaid": _l("The bank took money back that had paid for something"),
    "reversal_part": _l("The bank took back a part of a payment that is not yet paid in full"),
    "reversal_not_booked": _l("The bank took money back, and the books could not follow"),
    "refund_failed": _l("The bank refused the transfer of a refund"),
    "card_refund_failed": _l("A refund to a card came back"),
    "card_refund_refused": _l("The card gateway refused a refund"),
    "refund_came_back": _l("A refund was paid and came back from the payee's bank"),
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
    DifferenceKind.MISSING_NOTICE: _l(
        "The bank's message never came; the money was booked from the statement. Nothing to do for this one; see why "
        "messages get lost."
    ),
    DifferenceKind.MISSING_THERE: _l(
        "The books know this movement, the other side does not list it. Ask bank or gateway before anything else."
    ),
    DifferenceKind.MISSING_HERE: _l(
        "The other side lists this movement, the books do not know it: a fee, a reversal, or a payment lost with "
        "an old backup. Find out which, then explain and close it."
    ),
    DifferenceKind.AMOUNT: _l(
        "Both sides know this movement with different amounts. Ask bank or gateway which of the two is right; the "
        "books are never edited, only reversed. Then close it with the answer."
    ),
    DifferenceKind.STATE: _l(
        "Both sides know it, but one says it is paid or closed and the other does not. Ask bank or gateway how it "
        "stands, and deliver nothing for it before that."
    ),
    DifferenceKind.CURRENCY: _l("The movement is not in đồng, so it cannot be booked."),
}


_SIDES = {"bank": _l("The bank"), "gateway": _l("The card gateway")}


def silent_sides(told: Iterable[str]) -> str:
    """Who did not answer, out of the lines of a run: ``bank: ConnectionError``; the log keeps the rest of the line."""
    names = [line.partition(":")[0] for line in told]
    return ", ".join(str(_SIDES.get(name, name)) for name in names)


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


#: What happened and what to do, for each reason why an item waits.
ADVICE = {
    "no_code": _l(
        "The payer left the code out or changed it, so nothing was booked. If a proposal fits in amount, time and "
        "payer, ask the buyer and use it; else send the money back."
    ),
    "unknown_code": _l("The code is well written but was never given out here. Ask the payer, or send the money back."),
    "two_codes": _l(
        "The payer wrote two codes. Ask what is meant: use it for one payment, or divide it when the parts add up."
    ),
    "wrong_account": _l(
        "The payer sent to another account than the one on the code. It is not on our account: the account's holder "
        "has to send it back. Note here what was agreed."
    ),
    "already_paid": _l("The buyer paid twice. The order is paid already: send this transfer back."),
    "late": _l("It came after the deadline and the goods are gone: the buyer is owed this money. Send it back."),
    "payment_closed": _l("The order had been cancelled before the money came. Send it back."),
    "taken_back": _l(
        "The bank had taken the first money back, and the buyer paid anew with the old code. A new payment of the same "
        "order or sale waits: use this transfer for it, or send it back."
    ),
    "payment_cancelled": _l(
        "The buyer paid a part, and then the order was cancelled or ran out of time. Send it back."
    ),
    "over": _l("The order is paid; this is what was too much. Send it back, or use it as the buyer wishes."),
    "payment_reversed": _l(
        "This transfer stood, but the payment that it was part of was undone. Use it for the new payment of the same "
        "order, or send it back."
    ),
    "return_failed": _l(
        "The account may be closed or wrongly written. Ask the payer for an account and send it there."
    ),
    "return_came_back": _l("The payee's account may be closed. Ask the payer for another account and send it there."),
    "reversal_unpaid": _l(
        "Order and books are unpaid again, and a new payment with a new code waits. Goods that were not shipped are "
        "kept aside: ask the buyer to pay anew, or cancel the order. Goods that have left: the producers' balances "
        "were debited until the buyer pays; ask the buyer and tell the producers."
    ),
    "reversal_part": _l("The payment asks for that part again. Tell the buyer."),
    "reversal_not_booked": _l(
        "We had sent this money back already, or it belongs to a stall's closed shift. Nothing was booked: clear it "
        "with the bank and the trader, and note the outcome here."
    ),
    "refund_failed": _l(
        "The buyer has not got the money; the books stand as before the refund. Ask the buyer for an account that "
        "works and give the refund once more, to that account."
    ),
    "card_refund_failed": _l(
        "The buyer has not got the money; the books stand as before the refund. Try it once more, or ask the "
        "buyer for an account and transfer it there."
    ),
    "card_refund_refused": _l(
        "The gateway gave nothing back and will not do so by itself; the books stand as before the refund. Look at the "
        "reason, put it right at the gateway and try it once more. Transfer it to an account of the buyer only "
        "when the gateway certainly has not given it back."
    ),
    "refund_came_back": _l(
        "The buyer has not got the money; the books stand as before the refund. Ask the buyer for an account that "
        "works and give the refund once more, to that account."
    ),
}

#: Why a payment is proposed.
PROPOSED = {
    "named": _l("the memo holds its code"),
    "code": _l("its code is one slip away from the memo"),
    "amount": _l("it asks for exactly this amount"),
    "soon": _l("it was asked for shortly before"),
    "payer": _l("the same account has paid a part of it"),
}

#: States of payments, refunds and transfers as the books and as gateway and bank call them.
STATES = {
    "created": _l("not yet sent"),
    "pending": _l("under way"),
    "processing": _l("under way"),
    "sent": _l("under way"),
    "in_transit": _l("under way"),
    "partially_funded": _l("paid in part"),
    "settled": _l("paid"),
    "succeeded": _l("paid"),
    "paid": _l("paid"),
    "applied": _l("used for a payment"),
    "unapplied": _l("waits for a decision"),
    "reversed": _l("taken back by the bank"),
    "returned": _l("sent back"),
    "ignored": _l("not counted"),
    "failed": _l("failed"),
    "cancelled": _l("cancelled"),
    "canceled": _l("cancelled"),
    "requires_payment_method": _l("waits for a card"),
    "requires_confirmation": _l("waits for the confirmation"),
    "requires_action": _l("waits for the buyer's bank"),
    "requires_capture": _l("held, not yet taken"),
}
