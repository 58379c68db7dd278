"""The account that a market's board is paid on: under the rules of a producer's payout account."""

from sqlalchemy import select

from marketplace.accounts import queries as people
from marketplace.audit import services as audit
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.roles import Role
from marketplace.outbox import services as outbox
from marketplace.producers.models import PayoutAccountState
from marketplace.producers.services import BankAccount, checked_account, facts_of_new_account, plain_number
from marketplace.settlement.models import BoardAccount
from marketplace.settlement.queries import boards as queries
from marketplace.stalls.models import Market


def change_board_account(market: Market, bank: BankAccount, *, actor_id: int, our_bin: str) -> BoardAccount:
    """Name the account that the fees of a market go to; it waits for verification and rests 48 hours.

    The former account stays in the history, is used no more, and the change is announced to all managers of the market.
    The same account again changes nothing.
    Raises ``Invalid`` beside ``bank_bin``, ``account_number`` or ``holder``.
    """
    checked = checked_account(bank, our_bin=our_bin)
    lock_market(market.id)
    former = queries.board_accounts_of([market.id]).get(market.id)
    if former and former.state != PayoutAccountState.REFUSED and _facts(former) == checked:
        return former
    if former:
        former.state = PayoutAccountState.REPLACED
        db.session.flush()
    account = BoardAccount(market_id=market.id, **facts_of_new_account(checked, actor_id))
    db.session.add(account)
    db.session.flush()
    _tell("board_account.changed", account, actor_id)
    return account


def verify_board_account(account_id: int, *, actor_id: int, number: str) -> BoardAccount:
    """Confirm an account after asking the board: ``number`` is what the board told, typed blind.

    Raises ``Forbidden`` (``payout_account_own``: not by who typed it, nor by who manages the market), ``Conflict``
    (``payout_account_decided``) and ``Invalid`` (``payout_account_differs``) beside the number.
    """
    account = _waiting(account_id, actor_id)
    if plain_number(number) != account.account_number:
        raise Invalid("payout_account_differs", field="account_number")
    return _decide(account, PayoutAccountState.VERIFIED, actor_id=actor_id, reason="")


def refuse_board_account(account_id: int, *, actor_id: int, reason: str) -> BoardAccount:
    """Refuse an account; the reason is compulsory and shown to the board. Raises as ``verify_board_account``, and
    ``Invalid`` (``reason_needed``).
    """
    if not reason.strip():
        raise Invalid("reason_needed", field="reason")
    return _decide(_waiting(account_id, actor_id), PayoutAccountState.REFUSED, actor_id=actor_id, reason=reason.strip())


def lock_market(market_id: int) -> None:
    """Let one at a time decide about the money of a market's board, until the transaction ends."""
    db.session.execute(select(Market.id).where(Market.id == market_id).with_for_update())


def _waiting(account_id: int, actor_id: int) -> BoardAccount:
    account = queries.get_board_account(account_id)
    lock_market(account.market_id)
    db.session.refresh(account)
    if account.state != PayoutAccountState.WAITING:
        raise Conflict("payout_account_decided")
    managers = {person.id for person in people.list_holders(Role.MARKET_MANAGER, subject_id=account.market_id)}
    if actor_id == account.changed_by_id or actor_id in managers:
        raise Forbidden("payout_account_own")
    return account


def _decide(account: BoardAccount, to: PayoutAccountState, *, actor_id: int, reason: str) -> BoardAccount:
    account.state, account.decided_by_id, account.decided_at, account.reason = to, actor_id, clock.now(), reason
    db.session.flush()
    _tell(f"board_account.{to}", account, actor_id)
    return account


def _facts(account: BoardAccount) -> BankAccount:
    return BankAccount(bin=account.bank_bin, number=account.account_number, holder=account.holder)


def _tell(action: str, account: BoardAccount, actor_id: int) -> None:
    """Announce it to the market's managers after the commit, and keep it for the audit."""
    payload = {"market_id": account.market_id, "account_id": account.id}
    outbox.enqueue(action, payload, key=f"{action}:{account.id}")
    audit.record(
        action,
        object_type="market",
        object_id=account.market_id,
        actor_id=actor_id,
        account=account.id,
        bank=account.bank_bin,
    )
