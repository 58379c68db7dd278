"""Words for refusals of this room."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "payment_unknown": _l("We could not find this payment."),
    "payment_amount_too_low": _l("There is nothing to pay."),
    "card_amount_too_high": _l("A card can pay at most 99.999.999 ₫ at once. Please choose a bank transfer."),
    "transfer_amount_too_high": _l("One transfer must stay below 500.000.000 ₫. Please split the order."),
    "cash_amount_too_high": _l("Cash for one parcel must stay below 500.000.000 ₫. Please split the order."),
    "payment_settled": _l("This payment has already been received."),
    "payment_not_settled": _l("Nothing has been received for this payment yet, so nothing can be given back."),
    "refund_above_captured": _l("At most %(left)s ₫ of this payment can still be given back."),
    "refund_key_used": _l("This form was used for another refund already. Please open the page again and begin anew."),
    "refund_unknown": _l("We could not find this refund."),
    "event_unknown": _l("We could not find this message."),
    "event_closed": _l("Somebody has closed this message already."),
    "refund_closed": _l("This refund has already been decided."),
    "receipt_unknown": _l("We could not find this transfer."),
    "receipt_decided": _l("Nothing of this transfer is waiting any more."),
    "receipt_not_ours": _l("This money is on an account of somebody else, so we cannot give it back."),
    "receipt_cannot_pay": _l("This transfer cannot pay for that payment."),
    "division_incomplete": _l(
        "The parts do not add up to the transfer: %(left)s ₫ are left over. Nothing was changed."
    ),
    "division_twice": _l("One payment stands there twice. Nothing was changed."),
    "item_unknown": _l("We could not find this item."),
    "item_taken": _l("Somebody else is dealing with this. Please ask them, or wait until they put it back."),
    "item_decided": _l("This has been decided already."),
    "item_needs_decision": _l("This money has to go somewhere: use it for a payment or send it back."),
    "note_missing": _l("Please say why."),
    "card_declined": _l("The card was declined. Please try another card or another way to pay."),
    "gateway_unknown": _l("The card service has not answered yet. Please wait a moment before you pay again."),
    "gateway_unavailable": _l(
        "The card service does not answer at present. Please pay by transfer, or look again in a minute."
    ),
    "gateway_refused": _l("The card service refused our request. Please choose another way to pay."),
    "transfer_unknown": _l("We could not find this outgoing transfer."),
    "transfer_key_used": _l("This key has ordered another transfer already."),
    "payee_unusable": _l("No bank could pay there. Please check the six digits of the bank and the account number."),
    "payer_unknown": _l("The bank did not tell whose account the money came from. Please type the account."),
    "bank_refused": _l("The bank refused this transfer."),
    "bank_unknown": _l("The bank does not answer just now."),
    "bank_unavailable": _l("The bank has not answered for a while. It will be asked again in a minute."),
}
