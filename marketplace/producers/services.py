"""Producers: registration, the own profile, the payout account, and the operator's decisions."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from marketplace.accounts import queries as people
from marketplace.accounts import services as accounts
from marketplace.audit import services as audit
from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.core.text import fold
from marketplace.core.text import slug as slug_of
from marketplace.core.vietqr import SIMULATED_BIN
from marketplace.outbox import services as outbox
from marketplace.producers import queries
from marketplace.producers.models import (
    REST,
    PayoutAccount,
    PayoutAccountState,
    Producer,
    ProducerEvent,
    ProducerKind,
    ProducerState,
)
from marketplace.producers.reviewer import Reviewer

NO_FEE = Dong(0)
_SLUG_LENGTH = 100
_BIN = re.compile(r"[0-9]{6}")
_ACCOUNT = re.compile(r"[A-Z0-9]{6,19}")


@dataclass(frozen=True)
class Profile:
    """What a producer says about itself. ``delivery_fee`` in dong per delivery, ``phone`` in E.164."""

    kind: ProducerKind
    name: str
    commune_id: int
    tax_code: str | None = None
    address_line: str = ""
    phone: str | None = None
    about: str = ""
    delivery_fee: Dong = NO_FEE


def register_producer(
    profile: Profile,
    *,
    actor_id: int | None,
    member_id: int | None = None,
    former_commune_id: int | None = None,
    is_illustrative: bool = False,
) -> Producer:
    """Add a producer that waits for verification. ``member_id`` becomes its member and may act for it at once.

    ``former_commune_id`` names the unit before 1 July 2025 where a source does.
    """
    producer = Producer(
        slug=_free_slug(profile.name),
        state=ProducerState.PENDING,
        former_commune_id=former_commune_id,
        is_illustrative=is_illustrative,
        registered_at=clock.now(),
        **_columns(profile),
    )
    db.session.add(producer)
    db.session.flush()
    _note(producer.id, None, ProducerState.PENDING, reason="", actor_id=actor_id)
    if member_id is not None:
        accounts.grant_role(member_id, Role.PRODUCER, subject_id=producer.id, actor_id=actor_id)
    return producer


def change_profile(producer: Producer, profile: Profile, *, actor_id: int) -> None:
    """Change what a producer says about itself. Kind, name and tax code stay as verified: the operator changes them.

    Raises ``Conflict`` (``producer_identity_fixed``) when one of these differs after verification.
    """
    identity = (profile.kind, profile.name, profile.tax_code)
    if producer.state != ProducerState.PENDING and identity != (producer.kind, producer.name, producer.tax_code):
        raise Conflict("producer_identity_fixed")
    for name, value in _columns(profile).items():
        setattr(producer, name, value)
    db.session.flush()
    audit.record("producer.changed", object_type="producer", object_id=producer.id, actor_id=actor_id)


def verify_producer(producer_id: int, *, by: Reviewer, reason: str = "") -> Producer:
    """Let a waiting (or rejected) producer trade. Raises ``Forbidden``, ``NotFound``, ``Conflict``."""
    allowed = (ProducerState.PENDING, ProducerState.REJECTED)
    return _decide(producer_id, ProducerState.VERIFIED, allowed, by=by, reason=reason)


def reject_producer(producer_id: int, *, by: Reviewer, reason: str) -> Producer:
    """Refuse a waiting producer; the reason is compulsory and shown to it."""
    return _decide(producer_id, ProducerState.REJECTED, (ProducerState.PENDING,), by=by, reason=_needed(reason))


def suspend_producer(producer_id: int, *, by: Reviewer, reason: str) -> Producer:
    """Take a producer and all its goods off sale until it is reinstated; the reason is compulsory."""
    allowed = (ProducerState.VERIFIED, ProducerState.PENDING)
    return _decide(producer_id, ProducerState.SUSPENDED, allowed, by=by, reason=_needed(reason))


def reinstate_producer(producer_id: int, *, by: Reviewer, reason: str) -> Producer:
    """Bring a suspended producer back to exactly the state before the suspension; the reason is compulsory."""
    producer = queries.get_producer(producer_id)
    former = producer.state_before_suspension
    if former is None:
        raise Conflict("producer_state")
    return _decide(producer_id, former, (ProducerState.SUSPENDED,), by=by, reason=_needed(reason))


@dataclass(frozen=True)
class BankAccount:
    """Where money goes: six digits of BIN, account number, name of the holder."""

    bin: str
    number: str
    holder: str


def change_payout_account(producer: Producer, bank: BankAccount, *, actor_id: int, our_bin: str) -> PayoutAccount:
    """Name the account that the producer's money is to go to; it waits for verification and rests 48 hours.

    The former account stays in the history, is used no more, and the change is announced to the whole team.
    ``our_bin`` is the bank of the platform's own account: a simulated one pays only to itself. The same account again
    changes nothing. Raises ``Invalid`` beside ``bank_bin``, ``account_number`` or ``holder``.
    """
    checked = checked_account(bank, our_bin=our_bin)
    lock_producer(producer.id)
    former = queries.find_payout_account(producer.id)
    if former and former.state != PayoutAccountState.REFUSED and _same(former, checked):
        return former
    if former:
        former.state = PayoutAccountState.REPLACED
        db.session.flush()
    account = PayoutAccount(producer_id=producer.id, **facts_of_new_account(checked, actor_id))
    db.session.add(account)
    db.session.flush()
    _announce("payout_account.changed", account)
    _note_account("payout_account.changed", account, actor_id)
    return account


def facts_of_new_account(checked: BankAccount, actor_id: int) -> dict[str, Any]:
    """The columns of an account that was just named: it waits for another person, and rests ``REST``."""
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


def verify_payout_account(account_id: int, *, by: Reviewer, number: str) -> PayoutAccount:
    """Confirm an account after asking the producer: ``number`` is what the producer told, typed blind.

    Raises ``Forbidden`` (``operator_needed``, ``payout_account_own``: not by who typed it, nor by a member of the
    producer), ``Conflict`` (``payout_account_decided``) and ``Invalid`` (``payout_account_differs``) beside the number.
    """
    account = _waiting_account(account_id, by)
    if plain_number(number) != account.account_number:
        raise Invalid("payout_account_differs", field="account_number")
    return _decide_account(account, PayoutAccountState.VERIFIED, by=by, reason="")


def refuse_payout_account(account_id: int, *, by: Reviewer, reason: str) -> PayoutAccount:
    """Refuse an account; the reason is compulsory and shown to the producer. Raises as ``verify_payout_account``."""
    account = _waiting_account(account_id, by)
    return _decide_account(account, PayoutAccountState.REFUSED, by=by, reason=_needed(reason))


def lock_producer(producer_id: int) -> None:
    """Let one at a time decide about a producer's money, until the transaction ends."""
    db.session.execute(select(Producer.id).where(Producer.id == producer_id).with_for_update())


def _waiting_account(account_id: int, by: Reviewer) -> PayoutAccount:
    if not by.is_operator:
        raise Forbidden("operator_needed")
    account = queries.get_payout_account(account_id)
    lock_producer(account.producer_id)
    db.session.refresh(account)
    if account.state != PayoutAccountState.WAITING:
        raise Conflict("payout_account_decided")
    team = {person.id for person in people.list_holders(Role.PRODUCER, subject_id=account.producer_id)}
    if by.id == account.changed_by_id or by.id in team:
        raise Forbidden("payout_account_own")
    return account


def _decide_account(account: PayoutAccount, to: PayoutAccountState, *, by: Reviewer, reason: str) -> PayoutAccount:
    account.state, account.decided_by_id, account.decided_at, account.reason = to, by.id, clock.now(), reason
    db.session.flush()
    _announce(f"payout_account.{to}", account)
    _note_account(f"payout_account.{to}", account, by.id)
    return account


def _announce(topic: str, account: PayoutAccount) -> None:
    payload = {"producer_id": account.producer_id, "account_id": account.id}
    outbox.enqueue(topic, payload, key=f"{topic}:{account.id}")


def _note_account(action: str, account: PayoutAccount, actor_id: int) -> None:
    audit.record(
        action,
        object_type="producer",
        object_id=account.producer_id,
        actor_id=actor_id,
        account=account.id,
        bank=account.bank_bin,
    )


def checked_account(bank: BankAccount, *, our_bin: str) -> BankAccount:
    """An account as banks write it: no blanks, the holder in capital letters without marks.

    Raises ``Invalid`` beside ``bank_bin``, ``account_number`` or ``holder``.
    """
    number, holder = plain_number(bank.number), fold(bank.holder).upper()[:70]
    if not _BIN.fullmatch(bank.bin):
        raise Invalid("payout_bin_unreadable", field="bank_bin")
    if our_bin == SIMULATED_BIN != bank.bin:
        raise Invalid("payout_bin_not_simulated", field="bank_bin", bin=SIMULATED_BIN)
    if not _ACCOUNT.fullmatch(number):
        raise Invalid("payout_account_unreadable", field="account_number")
    if not holder or not holder.isascii():
        raise Invalid("payout_holder_unreadable", field="holder")
    return BankAccount(bin=bank.bin, number=number, holder=holder)


def plain_number(number: str) -> str:
    """An account number without the blanks, dots and hyphens that people put into it."""
    return re.sub(r"[ .\-]", "", number).upper()


def _same(account: PayoutAccount, bank: BankAccount) -> bool:
    return (account.bank_bin, account.account_number, account.holder) == (bank.bin, bank.number, bank.holder)


def _decide(
    producer_id: int, to: ProducerState, allowed: tuple[ProducerState, ...], *, by: Reviewer, reason: str
) -> Producer:
    if not by.is_operator:
        raise Forbidden("operator_needed")
    producer = queries.get_producer(producer_id)
    former = producer.state
    if former not in allowed:
        raise Conflict("producer_state")
    before = former if to == ProducerState.SUSPENDED else None
    still = update(Producer).where(Producer.id == producer_id, Producer.state == former)
    if not changed_one(still.values(state=to, state_before_suspension=before)):
        raise Conflict("producer_state")
    db.session.refresh(producer)
    _note(producer_id, former, to, reason=reason, actor_id=by.id)
    return producer


def _note(
    producer_id: int, former: ProducerState | None, to: ProducerState, *, reason: str, actor_id: int | None
) -> None:
    db.session.add(
        ProducerEvent(
            producer_id=producer_id,
            from_state=former,
            to_state=to,
            reason=reason,
            actor_id=actor_id,
            at=clock.now(),
        )
    )
    db.session.flush()
    audit.record(
        "producer.state",
        object_type="producer",
        object_id=producer_id,
        actor_id=actor_id,
        from_state=former,
        to_state=to,
    )


def _needed(reason: str) -> str:
    if not reason.strip():
        raise Invalid("reason_needed", field="reason")
    return reason.strip()


def _columns(profile: Profile) -> dict[str, Any]:
    return {
        "kind": profile.kind,
        "name": profile.name,
        "name_fold": fold(profile.name)[:200],
        "commune_id": profile.commune_id,
        "tax_code": profile.tax_code,
        "address_line": profile.address_line,
        "phone": profile.phone,
        "about": profile.about,
        "delivery_fee": profile.delivery_fee,
    }


def _free_slug(name: str) -> str:
    base = slug_of(name)[:_SLUG_LENGTH].strip("-") or "producer"
    taken = set(db.session.scalars(select(Producer.slug).where(Producer.slug.startswith(base, autoescape=True))))
    number = 1
    slug = base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
