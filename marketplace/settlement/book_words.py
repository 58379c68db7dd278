"""What accounts and postings of the books are called where an operator reads them; the codes stay in the books."""

import re
from collections.abc import Mapping
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

#: What a posting says happened; a reversal of it is told apart beside it.
POSTINGS: Final = {
    "receipt_received": _l("A transfer arrived"),
    "receipt_applied": _l("The transfer was used for the payment"),
    "receipt_released": _l("The transfer no longer counts for the payment"),
    "receipt_returned": _l("The transfer was sent back by hand"),
    "payment_settled": _l("The payment was paid"),
    "order_split": _l("Divided among the producers"),
    "refund_settled": _l("Money was given back"),
    "refund_share": _l("The producers' parts of it were taken back"),
    "refund_share_undone": _l("The producers have their parts of it again"),
    "transfer_paid": _l("The bank carried out our transfer"),
    "payout_approved": _l("A payout was approved"),
    "payout_freed": _l("A payout was given up: the money is owed again"),
    "shift_difference": _l("The difference of a closed shift"),
    "reversal": _l("A posting was reversed"),
}
_SINGLE: Final = {
    "unapplied": _l("Money that pays for nothing yet"),
    "payment:funding": _l("Transfers on the way into a payment"),
    "order:escrow": _l("Kept for orders"),
    "refund:transit": _l("Refunds on their way"),
    "gateway:card": _l("At the card gateway"),
    "bank:collecting": _l("Our bank account"),
    "cod:receivable": _l("Cash taken at the door"),
    "platform:fee": _l("The marketplace's fee"),
    "platform:cost": _l("The marketplace's costs"),
    "tax:vat": _l("Withheld: value added tax"),
    "tax:pit": _l("Withheld: personal income tax"),
}


def account_name(code: str, *, producers: Mapping[int, str]) -> str:
    """The name of a ledger account that an order or a transfer touches; ``producers``: names by id.

    A code that has no name of its own is given as it is.
    """
    owed = re.fullmatch(r"(producer|market|stall):([0-9]+):([a-z_]+)", code)
    if owed is None:
        return str(_SINGLE.get(code, code))
    owner, number, side = owed[1], int(owed[2]), owed[3]
    if owner == "producer":
        name = producers.get(number, str(number))
        said = _("On its way to %(name)s", name=name) if side == "transit" else _("Owed to %(name)s", name=name)
    elif owner == "market":
        said = _("Fees of market %(number)s", number=number)
    else:
        said = _("Sales of stall %(number)s (their own money)", number=number)
    return str(said)
