"""Words for what can go wrong at checkout and with an order's money."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

MESSAGES: dict[str, LazyString] = {
    "cart_changed": _l("Your cart or a price has changed. Nothing was ordered: please look at it again."),
    "cart_not_ready": _l("Something in your cart cannot be bought any more. Nothing was ordered: please look at it."),
    "order_stock_short": _l("%(product)s: only %(left)s left. Nothing was ordered."),
    "idempotency_key_reused": _l("This form was used for another order already. Please begin again from your cart."),
    "idempotency_key_missing": _l("Send a random one-time key in the header Idempotency-Key (16 to 64 characters)."),
    "card_not_chosen": _l("Please choose a card."),
    "refund_too_large": _l("At most %(left)s đồng can still be given back here."),
    "refund_amount_or_packs": _l("Please give either an amount or a number of packs, not both."),
    "refund_packs_of_a_line": _l("A number of packs can be given back of one line only."),
    "return_reason_missing": _l("Please choose a reason."),
    "refund_quantity": _l("Only %(left)s packs of this line are left to give back."),
    "refund_nothing_left": _l("Nothing is left here to give back."),
    "refund_not_failed": _l(
        "This refund has not failed: it is on its way or has arrived. Nothing was given back again."
    ),
    "refund_asked_again": _l("This refund was given once more already. Nothing was given back a second time."),
    "refund_maybe_gone": _l(
        "The card's bank may have given this money back already, so it cannot be transferred. Ask the gateway first."
    ),
    "refund_given_meanwhile": _l("Another refund has given this money back since. Nothing was given back again."),
    "refund_not_paid": _l("This order has not been paid, so there is nothing to give back."),
    "return_not_found": _l("We could not find this request."),
    "return_not_now": _l("Nothing of this parcel can be called off or sent back now."),
    "return_too_late": _l("The time to send goods back for this reason has passed."),
    "return_nothing": _l("Please say how many packs of which line."),
    "return_packs": _l("At most %(left)s packs of this line, please."),
    "return_only_whole": _l("A parcel that is to be paid at the door can only be called off as a whole."),
    "return_key_used": _l("This form was used for another request already. Please open it again from your order."),
    "return_moved": _l("This request has been answered in the meantime. Please look at how it stands now."),
    "return_waits": _l("The buyer wants to call off goods of this parcel. Please answer before you hand it over."),
    "return_answer_missing": _l("Please give the reason: the buyer will read it."),
    "return_not_silent": _l("The producer still has time to answer. Only then can the operator decide."),
    "line_named_twice": _l("Each line once, please, with its number of packs."),
    "parcel_not_paid": _l("This parcel is neither paid nor to be paid at the door."),
    "receipt_not_yet": _l("Nothing was paid for this order yet, so there is no receipt."),
    "invoice_not_now": _l("This order was cancelled or not paid: there is nothing to invoice."),
    "tax_code_mistyped": _l("This tax code does not fit its check digit. Please look at it again."),
    "fee_rule_past": _l("A rule can begin today or later: what was sold before keeps its own rule."),
    "order_not_payable": _l("This order cannot be paid any more."),
}

#: How a refund stands, for pages.
REFUND_STATES: dict[str, LazyString] = {
    "pending": _l("on its way"),
    "succeeded": _l("paid back"),
    "failed": _l("did not work"),
    "returned": _l("came back from the bank"),
}

#: Why money went back, where a code says it; other reasons are a person's own words.
REFUND_REASONS: dict[str, LazyString] = {
    "order_cancelled": _l("Order cancelled"),
    "late": _l("The money came too late"),
    "refused_at_door": _l("Refused at the door"),
    "not_reached": _l("The buyer could not be reached"),
    "at_fault": _l("Refused because it was damaged or not as ordered"),
    "return_wrong_information": _l("Information was wrong or missing"),
    "return_not_as_ordered": _l("Other goods than ordered, or some missing"),
    "return_damaged": _l("Damaged or spoiled"),
    "return_too_slow": _l("It takes too long"),
    "return_ordered_by_mistake": _l("Ordered by mistake"),
    "return_changed_mind": _l("Changed my mind"),
}

#: Why a buyer does not want goods.
RETURN_REASONS: dict[str, LazyString] = {
    reason: REFUND_REASONS[f"return_{reason}"]
    for reason in ("wrong_information", "not_as_ordered", "damaged", "too_slow", "ordered_by_mistake", "changed_mind")
}

RETURN_KINDS: dict[str, LazyString] = {"cancellation": _l("Call off goods"), "return": _l("Send goods back")}

_ANSWERS: dict[str, LazyString] = {
    "asked": _l("Waiting for the producer's answer"),
    "refused": _l("Refused"),
    "withdrawn": _l("Taken back by the buyer"),
}

#: How a request stands, by its kind: nobody waits for goods that never left.
RETURN_STATES: dict[str, dict[str, LazyString]] = {
    "cancellation": {**_ANSWERS, "accepted": _l("Accepted"), "refunded": _l("Called off")},
    "return": {
        **_ANSWERS,
        "accepted": _l("Accepted, goods awaited"),
        "received": _l("Goods are back"),
        "refunded": _l("Done"),
    },
}

RETURN_TONES: dict[str, str] = {
    "asked": "wait",
    "accepted": "wait",
    "received": "wait",
    "refunded": "good",
    "refused": "bad",
    "withdrawn": "neutral",
}

#: Why a parcel came back from the door.
AT_THE_DOOR: dict[str, LazyString] = {
    "refused_at_door": _l("Refused at the door"),
    "not_reached": _l("The buyer could not be reached"),
    "at_fault": _l("Refused because it was damaged or not as ordered"),
}

#: What happened to an order, told to its buyer (``queries.Step.what``).
STORY: dict[str, LazyString] = {
    "placed": _l("You placed the order."),
    "paid": _l("Your payment arrived."),
    "paid_at_the_door": _l("You paid on delivery."),
    "unpaid": _l("The bank took the payment back; the order waits for a new one."),
    "expired": _l("The payment did not come in time; the goods are free for others."),
    "cancelled": _l("The order was cancelled."),
    "completed": _l("Everything has arrived."),
    "getting_ready": _l("The seller has the order and gets your goods ready."),
    "packed": _l("The goods are packed."),
    "shipped": _l("The parcel is on its way to you."),
    "delivered": _l("The parcel was handed over to you."),
    "part_cancelled": _l("This part of the order was cancelled."),
    "came_back": _l("The parcel was not taken (%(reason)s); the goods went back to the seller."),
    "cancellation_asked": _l("You asked to call goods off: %(reason)s."),
    "cancellation_accepted": _l("The seller agreed to call them off."),
    "cancellation_done": _l("The goods are called off; there is nothing to pay for them."),
    "cancellation_refused": _l("The seller could not call them off: %(reason)s"),
    "cancellation_withdrawn": _l("Your request to call goods off was withdrawn."),
    "return_asked": _l("You asked to send goods back: %(reason)s."),
    "return_accepted": _l("The seller agreed; your goods are awaited."),
    "return_received": _l("The seller has the goods back."),
    "return_refused": _l("The seller refused to take them back: %(reason)s"),
    "return_withdrawn": _l("You withdrew the request to send goods back."),
    "refund_ordered": _l("%(amount)s is to go back to you (%(reason)s)."),
    "refund_to_card": _l("%(amount)s was sent back to your card."),
    "refund_to_account": _l("%(amount)s was sent back to your bank account."),
    "refund_sent": _l("%(amount)s was given back to you."),
    "refund_failed": _l("Giving back %(amount)s did not work. The marketplace sees to it; you need not do anything."),
    "refund_returned": _l("Your bank sent %(amount)s back to us. The marketplace will ask you for an account."),
}

#: What is withheld, and of what.
TAXES: dict[str, LazyString] = {"vat": _l("Value added tax"), "pit": _l("Personal income tax")}
SUPPLIED: dict[str, LazyString] = {"goods": _l("Goods"), "delivery": _l("Delivery")}
