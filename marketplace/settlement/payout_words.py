"""How states of payouts and the reasons why money waits are called."""

from flask_babel import lazy_gettext as _l

from marketplace.settlement.models import BatchState, PayoutState
from marketplace.settlement.queries.obstacles import Obstacle
from marketplace.settlement.queries.payouts import NotYet
from marketplace.settlement.services.payouts import (
    ACCOUNT_CHANGED,
    ACCOUNT_UNUSABLE,
    FEE_TAKEN_BACK,
    OWES_SINCE,
    REFUNDED_SINCE,
)

BATCHES = {
    BatchState.REQUESTED: _l("Waits for approval"),
    BatchState.APPROVED: _l("Approved by the second operator"),
    BatchState.REFUSED: _l("Refused by the second operator"),
}
BATCH_TONES = {BatchState.REQUESTED: "wait", BatchState.APPROVED: "good", BatchState.REFUSED: "bad"}

PAYOUTS = {
    PayoutState.REQUESTED: _l("Waits for approval"),
    PayoutState.APPROVED: _l("About to be sent"),
    PayoutState.SENT: _l("The bank is transferring it"),
    PayoutState.PAID: _l("Transferred"),
    PayoutState.HELD: _l("Held back"),
    PayoutState.REFUSED: _l("Payout refused"),
    PayoutState.FAILED: _l("The bank could not transfer it"),
    PayoutState.RETURNED: _l("Sent back by the receiving bank"),
}
PAYOUT_TONES = {
    PayoutState.REQUESTED: "wait",
    PayoutState.APPROVED: "wait",
    PayoutState.SENT: "wait",
    PayoutState.PAID: "good",
    PayoutState.HELD: "bad",
    PayoutState.REFUSED: "neutral",
    PayoutState.FAILED: "bad",
    PayoutState.RETURNED: "bad",
}

#: Why no money can go to a producer, or why a payout was held back.
OBSTACLES = {
    Obstacle.NO_ACCOUNT.value: _l("No account for payouts has been named"),
    Obstacle.ACCOUNT_WAITING.value: _l("The account waits to be verified"),
    Obstacle.ACCOUNT_REFUSED.value: _l("The account was refused"),
    Obstacle.ACCOUNT_RESTING.value: _l("The account was changed less than 48 hours ago"),
    Obstacle.BALANCE_NEGATIVE.value: _l("Refunds are more than the sales; the next sales make up for it"),
    Obstacle.PRODUCER_SUSPENDED.value: _l("The producer is suspended; the money waits until it may trade again"),
    ACCOUNT_CHANGED: _l("The account was changed after the payout was asked for"),
    ACCOUNT_UNUSABLE: _l("The bank cannot transfer to this account"),
    REFUNDED_SINCE: _l("A parcel of it was refunded or recalled after the payout was asked for"),
    OWES_SINCE: _l("The bank took money back, or an earlier parcel was refunded, after the payout was asked for"),
    FEE_TAKEN_BACK: _l("The bank took the money of a fee back after the payout was asked for"),
}

#: The same for the board of a market.
BOARD_OBSTACLES = {
    **OBSTACLES,
    Obstacle.BALANCE_NEGATIVE.value: _l(
        "The bank took back fees that were paid out already; the next fees make up for them"
    ),
}

NOT_YET = {
    NotYet.NOT_DELIVERED: _l("The parcel has not been delivered"),
    NotYet.RETURN_TIME: _l("The buyer can still send the goods back"),
    NotYet.GOING_BACK: _l("A return or a refund is under way"),
    NotYet.RECALLED: _l("Goods of a recalled lot, not refunded yet"),
}
