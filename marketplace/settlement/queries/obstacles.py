"""Why no money may go to an account now, whoever it belongs to."""

from datetime import datetime
from enum import StrEnum

from marketplace.producers.models import PayoutAccount, PayoutAccountState, ProducerState
from marketplace.settlement.models import BoardAccount


class Obstacle(StrEnum):
    """Why nobody is paid there now although something is due."""

    NO_ACCOUNT = "no_account"
    ACCOUNT_WAITING = "account_waiting"
    ACCOUNT_REFUSED = "account_refused"
    ACCOUNT_RESTING = "account_resting"
    BALANCE_NEGATIVE = "balance_negative"
    PRODUCER_SUSPENDED = "producer_suspended"


def obstacle_of(account: PayoutAccount | BoardAccount | None, moment: datetime) -> Obstacle | None:
    """Why no money may go to that account at ``moment``; None when it may.

    A suspended producer keeps what it is owed, but is paid only after it was reinstated: money that left does not come
    back.
    """
    if account is None:
        return Obstacle.NO_ACCOUNT
    if isinstance(account, PayoutAccount) and account.producer.state == ProducerState.SUSPENDED:
        return Obstacle.PRODUCER_SUSPENDED
    if account.state == PayoutAccountState.WAITING:
        return Obstacle.ACCOUNT_WAITING
    if account.state != PayoutAccountState.VERIFIED:
        return Obstacle.ACCOUNT_REFUSED
    return None if account.may_be_paid(moment) else Obstacle.ACCOUNT_RESTING
