"""Why gateway or bank did not pay, in words; their codes are for machines."""

from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

#: Codes of the card gateway (Stripe's ``failure_reason`` and error codes) and of the bank.
FAILURES: Final = {
    "lost_or_stolen_card": _l("the card was reported as lost or stolen"),
    "expired_or_canceled_card": _l("the card has expired or was cancelled"),
    "declined": _l("the card's bank declined it"),
    "insufficient_funds": _l("there is not enough money at the gateway"),
    "charge_for_pending_refund_disputed": _l("the buyer disputes the charge"),
    "charge_disputed": _l("the buyer disputes the charge"),
    "charge_already_refunded": _l("the gateway says that the whole charge was given back already"),
    "merchant_request": _l("it was called off at the gateway on our side"),
    "canceled": _l("it was called off at the gateway"),
    "account_closed": _l("the account is closed"),
    "bad_bin": _l("the bank is not known"),
    "bad_account": _l("there is no such account"),
    "same_account": _l("the account is our own"),
    "other_bank": _l("the bank cannot be reached"),
    "bad_amount": _l("the bank does not take this amount"),
    "returned": _l("the payee's bank sent it back"),
    "refused": _l("the bank gave no reason"),
    "unknown": _l("no reason was given"),
    "failed": _l("no reason was given"),
    "wrong_amount": _l("the bank speaks of another amount than we ordered"),
    "other_transfer": _l("the bank speaks of another transfer than ours"),
}


def failure(code: str | None) -> str:
    """Why it was not paid. A code that we have no words for is quoted, so that gateway or bank can be asked."""
    if not code:
        return str(FAILURES["unknown"])
    return str(
        FAILURES[code]
        if code in FAILURES
        else _("a reason that only gateway or bank can explain (“%(code)s”)", code=code)
    )
