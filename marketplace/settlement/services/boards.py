"""The account that a market's board is paid on: under the rules of a producer's payout account."""

from sqlalchemy import select

from marketplace.core.db import db
from marketplace.core.roles import Role
from marketplace.producers.account_steps import AccountSteps, BankAccount
from marketplace.settlement.models import BoardAccount
from marketplace.stalls.models import Market


def lock_market(market_id: int) -> None:
    """Let one at a time decide about the money of a market's board, until the transaction ends.

    Whoever only names the market by a foreign key goes on: the bank taking a fee back holds its payment by then, and
    whoever waits for that payment would hold the market.
    """
    db.session.execute(select(Market.id).where(Market.id == market_id).with_for_update(key_share=True))


_account_steps = AccountSteps(
    BoardAccount,
    topic="board_account",
    owner_type="market",
    owner="market_id",
    role=Role.MARKET_MANAGER,
    lock=lock_market,
)


def change_board_account(market: Market, bank: BankAccount, *, actor_id: int, our_bin: str) -> BoardAccount:
    """Name the account that the fees of a market go to; the change is announced to all managers of the market.

    Promises and raises as ``AccountSteps.change``.
    """
    return _account_steps.change(market.id, bank, actor_id=actor_id, our_bin=our_bin)


def verify_board_account(account_id: int, *, actor_id: int, number: str) -> BoardAccount:
    """Confirm an account after asking the board. Raises as ``AccountSteps.verify``."""
    return _account_steps.verify(account_id, actor_id=actor_id, number=number)


def refuse_board_account(account_id: int, *, actor_id: int, reason: str) -> BoardAccount:
    """Refuse an account; the reason is compulsory and shown to the board. Raises as ``AccountSteps.refuse``."""
    return _account_steps.refuse(account_id, actor_id=actor_id, reason=reason)
