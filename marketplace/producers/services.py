"""Producers: registration, the own profile, the payout account, and the operator's decisions."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from marketplace.accounts import services as accounts
from marketplace.audit import services as audit
from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.core.text import fold
from marketplace.core.text import slug as slug_of
from marketplace.producers import queries
from marketplace.producers.account_steps import AccountSteps, BankAccount
from marketplace.producers.models import (
    PayoutAccount,
    Producer,
    ProducerEvent,
    ProducerKind,
    ProducerState,
)
from marketplace.producers.reviewer import Reviewer

NO_FEE = Dong(0)
_SLUG_LENGTH = 100


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
    """Change what a producer says about itself. Kind, name and tax code stay as they were verified.

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


def lock_producer(producer_id: int) -> None:
    """Let one at a time decide about a producer's money, until the transaction ends; the row is read afresh."""
    statement = select(Producer).where(Producer.id == producer_id).with_for_update()
    db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


_account_steps = AccountSteps(
    PayoutAccount,
    topic="payout_account",
    owner_type="producer",
    owner="producer_id",
    role=Role.PRODUCER,
    lock=lock_producer,
)


def change_payout_account(producer: Producer, bank: BankAccount, *, actor_id: int, our_bin: str) -> PayoutAccount:
    """Name the account that the producer's money is to go to; the change is announced to the whole team.

    Promises and raises as ``AccountSteps.change``.
    """
    return _account_steps.change(producer.id, bank, actor_id=actor_id, our_bin=our_bin)


def verify_payout_account(account_id: int, *, by: Reviewer, number: str) -> PayoutAccount:
    """Confirm an account after asking the producer. Raises as ``AccountSteps.verify``, and ``Forbidden``
    (``operator_needed``).
    """
    _needs_operator(by)
    return _account_steps.verify(account_id, actor_id=by.id, number=number)


def refuse_payout_account(account_id: int, *, by: Reviewer, reason: str) -> PayoutAccount:
    """Refuse an account; the reason is compulsory and shown to the producer. Raises as ``verify_payout_account``, and
    ``Invalid`` (``reason_needed``).
    """
    _needs_operator(by)
    return _account_steps.refuse(account_id, actor_id=by.id, reason=reason)


def _needs_operator(by: Reviewer) -> None:
    if not by.is_operator:
        raise Forbidden("operator_needed")


def _decide(
    producer_id: int, to: ProducerState, allowed: tuple[ProducerState, ...], *, by: Reviewer, reason: str
) -> Producer:
    _needs_operator(by)
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
