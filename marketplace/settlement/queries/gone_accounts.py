"""Accounts that the bank has called closed or unknown: the next payout there would fail, too."""

import json
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import func, select

from marketplace.audit.queries import list_events
from marketplace.core.db import db
from marketplace.payments.models import OutgoingTransfer
from marketplace.settlement.models import BoardPayout, Payout, PayoutState

#: Codes of the bank after which the same account will refuse again.
ACCOUNT_IS_GONE: Final = frozenset({"account_closed", "bad_bin", "bad_account", "same_account", "other_bank"})
#: What the audit calls it when somebody asks for a payout there in spite of it, with the reason.
CONFIRMED_AGAIN: Final = "payout_account.confirmed_again"
_AT_THE_BANK = (PayoutState.SENT, PayoutState.PAID, PayoutState.FAILED, PayoutState.RETURNED)


def gone_accounts(kind: type[Payout] | type[BoardPayout], account_ids: Collection[int]) -> frozenset[int]:
    """Which of these accounts the newest payout there failed at, because the bank finds no open account."""
    model: Any = kind
    newest = (
        select(func.max(model.id))
        .where(model.account_id.in_(account_ids), model.state.in_(_AT_THE_BANK))
        .group_by(model.account_id)
    )
    statement = (
        select(model.account_id)
        .join(OutgoingTransfer, OutgoingTransfer.id == model.transfer_id)
        .where(model.id.in_(newest), model.state == PayoutState.FAILED)
        .where(OutgoingTransfer.last_error.in_(ACCOUNT_IS_GONE))
    )
    return frozenset(db.session.scalars(statement))


def why_in_spite(batch_id: int) -> str:
    """What the first operator said of an account that the bank called closed; empty for a batch without one."""
    said = [event for event in list_events("payout_batch", batch_id) if event.action == CONFIRMED_AGAIN]
    return str(json.loads(said[0].detail)["reason"]) if said else ""
