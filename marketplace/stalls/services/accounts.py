"""The account that a trader is paid on: the trader names it, the market's management confirms it (ADR 0010)."""

import re

from marketplace.accounts import queries as people
from marketplace.audit import services as audit
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.roles import Role
from marketplace.outbox import services as outbox
from marketplace.payments import settings
from marketplace.producers.account_steps import BankAccount, Wording, checked_account, plain_number
from marketplace.producers.models import PayoutAccountState
from marketplace.stalls import queries
from marketplace.stalls.models import StallAccount
from marketplace.stalls.services.shifts import lock_stall

#: Of accounts that traders are paid on: a printed code holds the number as the bank writes it, so it is left alone.
_STALL = Wording(
    bin="bank_bin_unreadable",
    not_simulated="bank_not_simulated",
    number="bank_account_unreadable",
    holder="bank_holder_unreadable",
    number_field="bank_account",
    holder_field="bank_holder",
    numbers=re.compile(r"[A-Za-z0-9]{1,19}"),
    tidy=str,
)


def name_account(stall_id: int, bank: BankAccount, *, actor_id: int, by_trader: bool) -> StallAccount:
    """Name the account that is to receive the stall's money; it waits until another person confirms it.

    Until then the former account stays in force; one that waited is replaced. The account in force named again takes
    a waiting one back. Whoever registers the stall may name the first account, afterwards only the trader: nobody
    else can lead the money elsewhere. The same account again changes nothing, unless the trader repeats what the
    management had typed: then it is the trader's word, and the management can confirm it.
    Raises ``NotFound`` (``stall_unknown``), ``Forbidden`` (``bank_account_is_the_traders``) and ``Invalid``.
    """
    checked = checked_account(bank, our_bin=settings.current().collecting.bin, wording=_STALL)
    lock_stall(stall_id)
    in_force, waiting = queries.find_account_in_force(stall_id), queries.find_waiting_account(stall_id)
    if (in_force or waiting) and not by_trader:
        raise Forbidden("bank_account_is_the_traders")
    if waiting and _facts(waiting) == checked and waiting.changed_by_id == actor_id:
        return waiting
    if waiting:
        _replace(waiting)
    if in_force and _facts(in_force) == checked:
        if waiting:
            _tell("stall_account.withdrawn", waiting, actor_id)
        return in_force
    return _add(stall_id, checked, actor_id)


def verify_account(account_id: int, *, actor_id: int, number: str) -> StallAccount:
    """Confirm an account after seeing the trader's bank app: ``number`` is what stands there, typed blind.

    From now on it is in force, and the former one is replaced. One that was taken over can be confirmed later, too.
    Raises ``Forbidden`` (``stall_account_own``: not by who typed it, nor by who sells at the stall), ``Conflict``
    (``stall_account_decided``) and ``Invalid`` (``stall_account_differs``) beside the number.
    """
    account = _undecided(account_id, actor_id)
    if plain_number(number) != plain_number(account.account_number):
        raise Invalid("stall_account_differs", field="account_number")
    former = queries.find_account_in_force(account.stall_id)
    if former and former is not account:
        _replace(former)
    _decide(account, PayoutAccountState.VERIFIED, actor_id=actor_id)
    stall = account.stall
    stall.bank_bin, stall.bank_account, stall.bank_holder = account.bank_bin, account.account_number, account.holder
    stall.qr_since = stall.qr_since or clock.now()
    db.session.flush()
    return account


def refuse_account(account_id: int, *, actor_id: int, reason: str) -> StallAccount:
    """Refuse an account that waits; the reason is compulsory and shown to the trader. What was in force stays so.

    Raises as ``verify_account``, and ``Invalid`` (``reason_needed``).
    """
    if not reason.strip():
        raise Invalid("reason_needed", field="reason")
    account = _undecided(account_id, actor_id)
    if account.state is not PayoutAccountState.WAITING:
        raise Conflict("stall_account_decided")
    account.reason = reason.strip()
    return _decide(account, PayoutAccountState.REFUSED, actor_id=actor_id)


def _add(stall_id: int, checked: BankAccount, actor_id: int) -> StallAccount:
    account = StallAccount(
        stall_id=stall_id,
        bank_bin=checked.bin,
        account_number=checked.number,
        holder=checked.holder,
        state=PayoutAccountState.WAITING,
        changed_by_id=actor_id,
        changed_at=clock.now(),
    )
    db.session.add(account)
    db.session.flush()
    _tell("stall_account.changed", account, actor_id)
    return account


def _undecided(account_id: int, actor_id: int) -> StallAccount:
    account = queries.get_stall_account(account_id)
    lock_stall(account.stall_id)
    db.session.refresh(account)
    if account.state not in (PayoutAccountState.WAITING, PayoutAccountState.VERIFIED) or account.decided_at:
        raise Conflict("stall_account_decided")
    traders = {person.id for person in people.list_holders(Role.VENDOR, subject_id=account.stall_id)}
    if actor_id == account.changed_by_id or actor_id in traders:
        raise Forbidden("stall_account_own")
    return account


def _decide(account: StallAccount, to: PayoutAccountState, *, actor_id: int) -> StallAccount:
    account.state, account.decided_by_id, account.decided_at = to, actor_id, clock.now()
    db.session.flush()
    _tell(f"stall_account.{to}", account, actor_id)
    return account


def _replace(account: StallAccount) -> None:
    account.state = PayoutAccountState.REPLACED
    db.session.flush()


def _facts(account: StallAccount) -> BankAccount:
    return BankAccount(account.bank_bin, account.account_number, account.holder)


def _tell(action: str, account: StallAccount, actor_id: int) -> None:
    """Announce it to the stall's traders and the market's managers after the commit, and keep it for the audit."""
    outbox.enqueue(action, {"stall_id": account.stall_id, "account_id": account.id}, key=f"{action}:{account.id}")
    audit.record(
        action,
        object_type="stall",
        object_id=account.stall_id,
        actor_id=actor_id,
        account=account.id,
        bank=account.bank_bin,
    )
