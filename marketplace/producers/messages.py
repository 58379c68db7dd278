"""Words for what can go wrong with producers."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "producer_not_found": _l("We could not find this producer."),
    "producer_state": _l("Somebody decided about this producer in the meantime. Please look at it again."),
    "producer_identity_fixed": _l(
        "Kind, name and tax code were verified. Please ask the operator when one of them has changed."
    ),
    "reason_needed": _l("Please write the reason: the other side will read it."),
    "operator_needed": _l("Only the operator decides this."),
    "tax_code_unreadable": _l("A tax code has 10, 12 or 13 digits, for example 0312345678 or 0312345678-001."),
    "commune_needed": _l("Please choose the commune or ward."),
    "payout_account_unknown": _l("We could not find this account."),
    "payout_account_decided": _l(
        "This account was decided about or replaced in the meantime. Please look at it again."
    ),
    "payout_account_own": _l("Somebody else has to verify this account: you typed it or act for this producer."),
    "payout_account_differs": _l(
        "This is not the number that was entered. Ask the producer again; if it stays different, refuse the account."
    ),
    "payout_bin_unreadable": _l("The code of a bank has six digits, for example 999999."),
    "payout_bin_not_simulated": _l("In this simulation money is paid only to bank %(bin)s, which is no real bank."),
    "payout_account_unreadable": _l("An account number has 6 to 19 digits or letters."),
    "payout_holder_unreadable": _l("Please write the holder's name as the bank writes it."),
}
