"""The steps of an account that money is paid out to, the same for whoever owns it (I34).

It is named, waits for another person who is told the number again, is verified or refused, rests after each change, and
is replaced by a newer one. Producers and boards of markets own such accounts; each says by ``AccountSteps`` where
they are kept and who may not decide.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import select

from marketplace.accounts import queries as people
from marketplace.audit import services as audit
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.core.roles import Role
from marketplace.core.text import fold
from marketplace.core.vietqr import SIMULATED_BIN
from marketplace.outbox import services as outbox
from marketplace.producers.models import REST, PayoutAccountState, RestingAccount

_BIN = re.compile(r"[0-9]{6}")
_ACCOUNT = re.compile(r"[A-Z0-9]{6,19}")
A = TypeVar("A", bound=RestingAccount)


@dataclass(frozen=True)
class BankAccount:
    """Where money goes: six digits of BIN, account number, name of the holder."""

    bin: str
    number: str
    holder: str


def plain_number(number: str) -> str:
    """An account number without the blanks, dots and hyphens that people put into it."""
    return re.sub(r"[ .\-]", "", number).upper()


@dataclass(frozen=True)
class Wording:
    """How one kind of account is checked: which numbers it takes, and the codes and fields of its refusals.

    ``tidy`` makes a typed number one that banks write; by default without blanks and in capital letters.
    """

    bin: str = "payout_bin_unreadable"
    not_simulated: str = "payout_bin_not_simulated"
    number: str = "payout_account_unreadable"
    holder: str = "payout_holder_unreadable"
    number_field: str = "account_number"
    holder_field: str = "holder"
    numbers: re.Pattern[str] = _ACCOUNT
    tidy: Callable[[str], str] = plain_number


#: Of accounts that money is paid out to.
PAYOUT = Wording()


@dataclass(frozen=True)
class AccountSteps(Generic[A]):
    """The steps of one kind of account. Each flushes, writes the audit and announces itself after the commit.

    ``topic`` begins the names of its messages (``payout_account.changed``); ``owner_type`` is the owner's word in the
    audit, ``owner`` the column that names it; whoever holds ``role`` for the owner may not decide; ``lock`` lets one
    at a time decide about the owner's money.
    """

    model: type[A]
    topic: str
    owner_type: str
    owner: str
    role: Role
    lock: Callable[[int], None]

    def change(self, owner_id: int, bank: BankAccount, *, actor_id: int, our_bin: str) -> A:
        """Name the account that the owner's money goes to; it waits for verification and rests ``REST``.

        The former account stays in the history and is used no more. The same account again changes nothing.
        ``our_bin`` is the bank of the platform's own account: a simulated one pays only to itself.
        Raises ``Invalid`` beside ``bank_bin``, ``account_number`` or ``holder``.
        """
        checked = checked_account(bank, our_bin=our_bin)
        self.lock(owner_id)
        former = self._in_force(owner_id)
        if former and former.state != PayoutAccountState.REFUSED and _facts(former) == checked:
            return former
        if former:
            former.state = PayoutAccountState.REPLACED
            db.session.flush()
        account = self.model(**{self.owner: owner_id}, **_new(checked, actor_id))
        db.session.add(account)
        db.session.flush()
        self._tell("changed", account, actor_id)
        return account

    def verify(self, account_id: int, *, actor_id: int, number: str) -> A:
        """Confirm an account after asking its owner: ``number`` is what the owner told, typed blind.

        Raises ``Forbidden`` (``payout_account_own``: not by who typed it, nor by who acts for the owner), ``Conflict``
        (``payout_account_decided``), ``Invalid`` (``payout_account_differs``) beside the number, and ``NotFound``.
        """
        account = self._waiting(account_id, actor_id)
        if plain_number(number) != account.account_number:
            raise Invalid("payout_account_differs", field="account_number")
        return self._decide(account, PayoutAccountState.VERIFIED, actor_id=actor_id, reason="")

    def refuse(self, account_id: int, *, actor_id: int, reason: str) -> A:
        """Refuse an account; the reason is compulsory and shown to the owner.

        Raises as ``verify``, and ``Invalid`` (``reason_needed``) beside the reason.
        """
        if not reason.strip():
            raise Invalid("reason_needed", field="reason")
        account = self._waiting(account_id, actor_id)
        return self._decide(account, PayoutAccountState.REFUSED, actor_id=actor_id, reason=reason.strip())

    def _in_force(self, owner_id: int) -> A | None:
        in_force = self.model.state != PayoutAccountState.REPLACED
        return db.session.scalars(select(self.model).where(in_force).filter_by(**{self.owner: owner_id})).first()

    def _waiting(self, account_id: int, actor_id: int) -> A:
        account = db.session.get(self.model, account_id)
        if account is None:
            raise NotFound("payout_account_unknown")
        owner_id = getattr(account, self.owner)
        self.lock(owner_id)
        db.session.refresh(account)
        if account.state != PayoutAccountState.WAITING:
            raise Conflict("payout_account_decided")
        team = {person.id for person in people.list_holders(self.role, subject_id=owner_id)}
        if actor_id == account.changed_by_id or actor_id in team:
            raise Forbidden("payout_account_own")
        return account

    def _decide(self, account: A, to: PayoutAccountState, *, actor_id: int, reason: str) -> A:
        account.state, account.decided_by_id, account.decided_at, account.reason = to, actor_id, clock.now(), reason
        db.session.flush()
        self._tell(to, account, actor_id)
        return account

    def _tell(self, step: str, account: A, actor_id: int) -> None:
        action, owner_id = f"{self.topic}.{step}", getattr(account, self.owner)
        payload = {self.owner: owner_id, "account_id": account.id}
        outbox.enqueue(action, payload, key=f"{action}:{account.id}")
        audit.record(
            action,
            object_type=self.owner_type,
            object_id=owner_id,
            actor_id=actor_id,
            account=account.id,
            bank=account.bank_bin,
        )


def checked_account(bank: BankAccount, *, our_bin: str, wording: Wording = PAYOUT) -> BankAccount:
    """An account as banks write it: the number tidied, the holder in capital letters without marks.

    ``our_bin``: a simulated bank pays only to itself. Raises ``Invalid`` with the codes and fields of ``wording``.
    """
    number, holder = wording.tidy(bank.number), fold(bank.holder).upper()[:70]
    if not _BIN.fullmatch(bank.bin):
        raise Invalid(wording.bin, field="bank_bin")
    if our_bin == SIMULATED_BIN != bank.bin:
        raise Invalid(wording.not_simulated, field="bank_bin", bin=SIMULATED_BIN)
    if not wording.numbers.fullmatch(number):
        raise Invalid(wording.number, field=wording.number_field)
    if not holder or not holder.isascii():
        raise Invalid(wording.holder, field=wording.holder_field)
    return BankAccount(bin=bank.bin, number=number, holder=holder)


def _new(checked: BankAccount, actor_id: int) -> dict[str, Any]:
    """The columns of an account that was just named."""
    now = clock.now()
    return {
        "bank_bin": checked.bin,
        "account_number": checked.number,
        "holder": checked.holder,
        "state": PayoutAccountState.WAITING,
        "changed_by_id": actor_id,
        "changed_at": now,
        "rests_until": now + REST,
    }


def _facts(account: RestingAccount) -> BankAccount:
    return BankAccount(bin=account.bank_bin, number=account.account_number, holder=account.holder)
