"""Asking for payouts as an operator does: not to an account that the bank called closed, unless somebody says why."""

from collections.abc import Collection

from marketplace.audit import services as audit
from marketplace.core.errors import Invalid
from marketplace.settlement.models import BoardPayout, Payout, PayoutBatch
from marketplace.settlement.queries import boards, payouts
from marketplace.settlement.queries.gone_accounts import CONFIRMED_AGAIN, gone_accounts
from marketplace.settlement.services.payouts import request_batch


def request_chosen(producer_ids: Collection[int], *, market_ids: Collection[int], actor_id: int) -> PayoutBatch:
    """Ask for a payout to each of these producers and boards. Raises ``Invalid`` (``payout_account_gone``) beside
    ``producers`` or ``markets`` for an account that the bank called closed, and as ``request_batch``.
    """
    own, of_boards = payouts.accounts_of(producer_ids), boards.board_accounts_of(market_ids)
    if gone_accounts(Payout, [account.id for account in own.values()]):
        raise Invalid("payout_account_gone", field="producers")
    if gone_accounts(BoardPayout, [account.id for account in of_boards.values()]):
        raise Invalid("payout_account_gone", field="markets")
    return request_batch(producer_ids, market_ids=market_ids, actor_id=actor_id)


def request_in_spite(
    producer_ids: Collection[int], *, market_ids: Collection[int], reason: str, actor_id: int
) -> PayoutBatch:
    """Ask for a payout to an account that the bank called closed: the payee says that it works, ``reason`` tells how
    that is known. Raises as ``request_batch``.
    """
    batch = request_batch(producer_ids, market_ids=market_ids, actor_id=actor_id)
    audit.record(
        CONFIRMED_AGAIN,
        object_type="payout_batch",
        object_id=batch.id,
        actor_id=actor_id,
        reason=reason,
        producers=sorted(producer_ids),
        markets=sorted(market_ids),
    )
    return batch
