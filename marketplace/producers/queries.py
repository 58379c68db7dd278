"""Reading producers: the public ones, one's own, and those that wait for a decision."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased, joinedload

from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.paging import DEFAULT_LIMIT, NumberedPage, Page
from marketplace.core.text import fold
from marketplace.places.models import AdminUnit, Level
from marketplace.places.queries import find_unit
from marketplace.producers.models import (
    PayoutAccount,
    PayoutAccountState,
    Producer,
    ProducerEvent,
    ProducerKind,
    ProducerState,
)


def is_trading() -> ColumnElement[bool]:
    """SQL clause: the producer may sell and is shown (verified, not suspended)."""
    return Producer.state == ProducerState.VERIFIED


def province_id_of(commune_id: int) -> int | None:
    """Row id of the present province of a present commune; None for a unit without one above."""
    return db.session.scalars(select(AdminUnit.parent_id).where(AdminUnit.id == commune_id)).one_or_none()


def lies_in(commune_id: ColumnElement[int], province_ids: Collection[int]) -> ColumnElement[bool]:
    """SQL clause: the commune column holds a commune of one of these provinces."""
    return commune_id.in_(select(AdminUnit.id).where(AdminUnit.parent_id.in_(province_ids)))


def get_producer(producer_id: int) -> Producer:
    """The producer with that id. Raises ``NotFound``."""
    producer = db.session.get(Producer, producer_id)
    if producer is None:
        raise NotFound("producer_not_found")
    return producer


def get_own_producer(producer_id: int, own_ids: Collection[int]) -> Producer:
    """One of the producers that the person is a member of. A neighbour's id answers like a missing one."""
    if producer_id not in own_ids:
        raise NotFound("producer_not_found")
    return get_producer(producer_id)


def list_own_producers(own_ids: Collection[int]) -> Sequence[Producer]:
    """The producers that the person is a member of, by name."""
    return db.session.scalars(select(Producer).where(Producer.id.in_(own_ids)).order_by(Producer.name)).all()


def get_public_producer(slug: str) -> Producer:
    """The trading producer with that slug. Raises ``NotFound``, also for one that waits or is suspended."""
    found = db.session.scalars(select(Producer).where(Producer.slug == slug, is_trading())).one_or_none()
    if found is None:
        raise NotFound("producer_not_found")
    return found


def list_public_producers(
    *,
    kind: ProducerKind | None = None,
    province: str | None = None,
    q: str | None = None,
    after: int | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Producer]:
    """Trading producers in order of id. ``province`` is a code of today, ``q`` part of a name with or without marks."""
    chosen = select(Producer).where(is_trading())
    if kind is not None:
        chosen = chosen.where(Producer.kind == kind)
    if province:
        above = aliased(AdminUnit)
        communes = select(AdminUnit.id).join(above, AdminUnit.parent_id == above.id).where(above.code == province)
        chosen = chosen.where(Producer.commune_id.in_(communes))
    if q and fold(q):
        chosen = chosen.where(Producer.name_fold.contains(fold(q), autoescape=True))
    if after is not None:
        chosen = chosen.where(Producer.id > after)
    rows = db.session.scalars(chosen.order_by(Producer.id).limit(limit + 1)).all()
    return Page(rows[:limit], next=str(rows[limit - 1].id) if len(rows) > limit else None)


def list_for_review(
    *, state: ProducerState = ProducerState.PENDING, q: str = "", page: int = 1, size: int = DEFAULT_LIMIT
) -> NumberedPage[Producer]:
    """Producers in a state for the operator, oldest registration first."""
    chosen = select(Producer).where(Producer.state == state)
    if fold(q):
        chosen = chosen.where(Producer.name_fold.contains(fold(q), autoescape=True))
    return _numbered(chosen.order_by(Producer.registered_at, Producer.id), page, size)


def list_in_provinces(
    province_ids: Collection[int] | None, *, q: str = "", page: int = 1, size: int = DEFAULT_LIMIT
) -> NumberedPage[Producer]:
    """Producers of these provinces (everywhere when None) that are not rejected, by name."""
    chosen = select(Producer).where(Producer.state != ProducerState.REJECTED)
    if province_ids is not None:
        chosen = chosen.where(lies_in(Producer.__table__.c.commune_id, province_ids))
    if fold(q):
        chosen = chosen.where(Producer.name_fold.contains(fold(q), autoescape=True))
    return _numbered(chosen.order_by(Producer.name_fold, Producer.id), page, size)


def count_waiting() -> int:
    """How many producers wait for the operator."""
    waiting = select(func.count()).select_from(Producer).where(Producer.state == ProducerState.PENDING)
    return db.session.scalar(waiting) or 0


def list_events(producer_id: int) -> Sequence[ProducerEvent]:
    """What happened to a producer's verification, oldest first."""
    events = select(ProducerEvent).where(ProducerEvent.producer_id == producer_id)
    return db.session.scalars(events.order_by(ProducerEvent.at, ProducerEvent.id)).all()


def find_payout_account(producer_id: int) -> PayoutAccount | None:
    """The account in force of a producer (waiting, verified or refused), or None when it never named one."""
    in_force = PayoutAccount.state != PayoutAccountState.REPLACED
    return db.session.scalars(select(PayoutAccount).where(PayoutAccount.producer_id == producer_id, in_force)).first()


def get_payout_account(account_id: int) -> PayoutAccount:
    """The account with that id. Raises ``NotFound`` (``payout_account_unknown``)."""
    account = db.session.get(PayoutAccount, account_id)
    if account is None:
        raise NotFound("payout_account_unknown")
    return account


def list_payout_accounts(producer_id: int) -> Sequence[PayoutAccount]:
    """Every account that a producer ever named, newest first."""
    named = select(PayoutAccount).where(PayoutAccount.producer_id == producer_id)
    named = named.options(joinedload(PayoutAccount.changed_by)).order_by(PayoutAccount.id.desc())
    return db.session.scalars(named).all()


def list_waiting_payout_accounts() -> Sequence[PayoutAccount]:
    """Accounts that wait to be verified, oldest change first."""
    waiting = select(PayoutAccount).where(PayoutAccount.state == PayoutAccountState.WAITING)
    return db.session.scalars(
        waiting.options(joinedload(PayoutAccount.producer)).order_by(PayoutAccount.changed_at, PayoutAccount.id)
    ).all()


def count_waiting_payout_accounts() -> int:
    """How many payout accounts wait to be verified."""
    waiting = select(func.count()).select_from(PayoutAccount).where(PayoutAccount.state == PayoutAccountState.WAITING)
    return db.session.scalar(waiting) or 0


def _numbered(chosen: Select[Producer], page: int, size: int) -> NumberedPage[Producer]:
    total = db.session.scalar(select(func.count()).select_from(chosen.order_by(None).subquery())) or 0
    rows = db.session.scalars(chosen.limit(size).offset((page - 1) * size)).all()
    return NumberedPage(rows, number=page, size=size, total=total)


def get_commune(code: str) -> AdminUnit:
    """The present commune or ward with that code. Raises ``Invalid`` (``commune_needed``) beside ``commune``."""
    unit = find_unit(code)
    if unit is None or unit.level is not Level.COMMUNE or unit.valid_to is not None:
        raise Invalid("commune_needed", field="commune")
    return unit
