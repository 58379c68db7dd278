"""The bank accounts that were named for stalls: which is in force, which waits, who decided."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import joinedload

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.producers.models import PayoutAccountState
from marketplace.stalls.models import Stall, StallAccount

#: Which refusal a stall without an account in force gets, by the state of its newest account.
_OBSTACLES = {
    PayoutAccountState.WAITING: "stall_account_waiting",
    PayoutAccountState.REFUSED: "stall_account_refused",
}


def get_stall_account(account_id: int) -> StallAccount:
    """The account with that id, with its stall. Raises ``NotFound`` (``stall_account_unknown``)."""
    account = db.session.scalars(_accounts().where(StallAccount.id == account_id)).one_or_none()
    if account is None:
        raise NotFound("stall_account_unknown")
    return account


def list_stall_accounts(stall_id: int) -> Sequence[StallAccount]:
    """Every account that was ever named for a stall, newest first, with the people."""
    people = (joinedload(StallAccount.changed_by), joinedload(StallAccount.decided_by))
    named = select(StallAccount).where(StallAccount.stall_id == stall_id).options(*people)
    return db.session.scalars(named.order_by(StallAccount.id.desc())).all()


def find_account_in_force(stall_id: int) -> StallAccount | None:
    """The account that new codes of the stall lead to, if one was confirmed or taken over."""
    return _find(stall_id, PayoutAccountState.VERIFIED)


def find_waiting_account(stall_id: int) -> StallAccount | None:
    """The account that waits for the market's management, if one does."""
    return _find(stall_id, PayoutAccountState.WAITING)


def newest_accounts(stall_ids: Collection[int]) -> dict[int, StallAccount]:
    """By stall: the account that was named last."""
    statement = select(StallAccount).where(StallAccount.stall_id.in_(stall_ids)).order_by(StallAccount.id)
    return {account.stall_id: account for account in db.session.scalars(statement)}


def why_no_code(stall: Stall) -> str | None:
    """Code of the refusal when no new code can be made for the stall's account: none was named, it waits, or was
    refused. None when one is in force.
    """
    if stall.bank_account is not None:
        return None
    newest = newest_accounts([stall.id]).get(stall.id)
    return _OBSTACLES.get(newest.state, "stall_without_account") if newest else "stall_without_account"


def list_waiting_accounts(market_id: int) -> Sequence[StallAccount]:
    """Accounts of a market's stalls that wait to be confirmed, oldest first."""
    waiting = _accounts().where(Stall.market_id == market_id, _waits())
    return db.session.scalars(waiting.order_by(StallAccount.changed_at, StallAccount.id)).all()


def list_taken_over_accounts(market_id: int) -> Sequence[StallAccount]:
    """Accounts in force of a market's open stalls that nobody ever confirmed, in order of the stalls' ids."""
    unproven = (StallAccount.state == PayoutAccountState.VERIFIED, StallAccount.decided_at.is_(None))
    found = _accounts().where(Stall.market_id == market_id, Stall.is_active, *unproven)
    return db.session.scalars(found.order_by(StallAccount.stall_id)).all()


def count_waiting_accounts(market_ids: Collection[int] | None = None) -> int:
    """How many accounts wait for the management of these markets, or of all."""
    statement = select(func.count()).select_from(StallAccount).where(_waits())
    if market_ids is not None:
        statement = statement.join(StallAccount.stall).where(Stall.market_id.in_(market_ids))
    return db.session.scalar(statement) or 0


def accounts_ever_in_force(stall_id: int) -> set[tuple[str, str]]:
    """BIN and number of each account that codes of the stall led to at some time: money there is still the stall's."""
    named = select(StallAccount.bank_bin, StallAccount.account_number).where(StallAccount.stall_id == stall_id)
    return {(bank_bin, number) for bank_bin, number in db.session.execute(named.where(was_in_force()))}


def was_in_force() -> ColumnElement[bool]:
    """Whether codes of its stall led to an account at some time."""
    was_let_in = StallAccount.is_taken_over | StallAccount.decided_at.is_not(None)
    return and_(was_let_in, StallAccount.state != PayoutAccountState.REFUSED)


def _find(stall_id: int, state: PayoutAccountState) -> StallAccount | None:
    which = (StallAccount.stall_id == stall_id, StallAccount.state == state)
    return db.session.scalars(select(StallAccount).where(*which)).one_or_none()


def _waits() -> ColumnElement[bool]:
    return StallAccount.state == PayoutAccountState.WAITING


def _accounts() -> Select[StallAccount]:
    loaded = joinedload(StallAccount.stall).joinedload(Stall.market)
    return select(StallAccount).join(StallAccount.stall).options(loaded, joinedload(StallAccount.changed_by))
