"""Opening markets and stalls, and naming the people of each."""

from datetime import datetime

from marketplace.accounts import queries as people
from marketplace.accounts import services as accounts
from marketplace.accounts.models import User
from marketplace.audit.services import record
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Forbidden, Invalid, NotFound
from marketplace.core.roles import Role
from marketplace.core.text import slug
from marketplace.places.models import AdminUnit
from marketplace.places.queries import list_predecessors
from marketplace.producers.account_steps import BankAccount
from marketplace.stalls import queries
from marketplace.stalls.models import Market, MarketKind, Stall
from marketplace.stalls.services.accounts import name_account

#: Words of our own addresses below /markets.
_RESERVED = frozenset({"new", "managed"})


def open_market(
    *,
    kind: MarketKind,
    name: str,
    commune: AdminUnit,
    former_commune: AdminUnit | None = None,
    collects_fees_cashless: bool = False,
    actor_id: int | None,
    opened_at: datetime | None = None,
    is_illustrative: bool = False,
) -> Market:
    """A new market or street in a present commune. Raises ``Invalid`` (``former_commune_unknown``)."""
    _check_former(commune, former_commune)
    market = Market(
        slug=_free_slug(name, commune),
        kind=kind,
        name=name,
        commune_id=commune.id,
        former_commune_id=former_commune.id if former_commune else None,
        collects_fees_cashless=collects_fees_cashless,
        is_illustrative=is_illustrative,
        opened_at=opened_at or clock.now(),
    )
    db.session.add(market)
    db.session.flush()
    record("market.opened", object_type="market", object_id=market.id, actor_id=actor_id)
    return market


def change_market(
    market: Market,
    *,
    kind: MarketKind,
    name: str,
    commune: AdminUnit,
    former_commune: AdminUnit | None,
    collects_fees_cashless: bool,
    actor_id: int,
    may_move: bool,
) -> None:
    """Correct what is known of a market; its address stays. The area whose figures it counts in takes ``may_move``.

    Raises ``Forbidden`` (``market_area_is_the_operators``), ``Invalid`` (``former_commune_unknown``).
    """
    former_id = former_commune.id if former_commune else None
    if not may_move and (commune.id, former_id) != (market.commune_id, market.former_commune_id):
        raise Forbidden("market_area_is_the_operators")
    _check_former(commune, former_commune)
    market.kind, market.name = kind, name
    market.commune_id = commune.id
    market.former_commune_id = former_id
    market.collects_fees_cashless = collects_fees_cashless
    db.session.flush()
    record(
        "market.changed",
        object_type="market",
        object_id=market.id,
        actor_id=actor_id,
        collects_fees_cashless=collects_fees_cashless,
    )


def appoint_manager(market: Market, phone: str, *, actor_id: int | None) -> User:
    """Let the person with this phone manage the market. Raises ``Invalid`` (``person_without_account``)."""
    person = _person(phone)
    accounts.grant_role(person.id, Role.MARKET_MANAGER, subject_id=market.id, actor_id=actor_id)
    return person


def open_stall(
    market: Market,
    *,
    number: str,
    name: str,
    goods: str = "",
    bank: BankAccount | None = None,
    actor_id: int,
    opened_at: datetime | None = None,
) -> Stall:
    """Register a stall; its account waits to be confirmed by another person.

    Raises ``Invalid``: ``stall_number_taken``, or for an unusable account.
    """
    if queries.number_is_taken(market.id, number):
        raise Invalid("stall_number_taken", field="number")
    stall = Stall(
        market_id=market.id,
        number=number,
        name=name,
        goods=goods,
        is_active=True,
        opened_at=opened_at or clock.now(),
    )
    db.session.add(stall)
    db.session.flush()
    record("stall.opened", object_type="stall", object_id=stall.id, actor_id=actor_id, market_id=market.id)
    if bank is not None:
        name_account(stall.id, bank, actor_id=actor_id, by_trader=False)
    return stall


def change_stall(stall: Stall, *, number: str, name: str, goods: str, is_active: bool, actor_id: int) -> None:
    """Correct a stall, close it or open it again. Raises ``Invalid`` (``stall_number_taken``)."""
    if queries.number_is_taken(stall.market_id, number, other_than=stall.id):
        raise Invalid("stall_number_taken", field="number")
    stall.number, stall.name, stall.goods, stall.is_active = number, name, goods, is_active
    db.session.flush()
    record("stall.changed", object_type="stall", object_id=stall.id, actor_id=actor_id, is_active=is_active)


def appoint_vendor(stall: Stall, phone: str, *, actor_id: int | None) -> User:
    """Let the person with this phone sell at the stall. Raises ``Invalid`` (``person_without_account``)."""
    person = _person(phone)
    accounts.grant_role(person.id, Role.VENDOR, subject_id=stall.id, actor_id=actor_id)
    return person


def dismiss_vendor(stall: Stall, user_id: int, *, actor_id: int) -> None:
    """Take the stall away from a person, from the next request on. Raises ``NotFound`` (``vendor_unknown``)."""
    held = [g for g in people.list_grants(user_id) if (g.role, g.subject_id) == (Role.VENDOR, stall.id)]
    if not held:
        raise NotFound("vendor_unknown")
    accounts.revoke_role(held[0].id, user_id=user_id, actor_id=actor_id)


def _person(phone: str) -> User:
    person = people.find_user_by_identifier(phone)
    if person is None:
        raise Invalid("person_without_account", field="phone")
    return person


def _check_former(commune: AdminUnit, former: AdminUnit | None) -> None:
    if former is not None and former.id not in {known.unit.id for known in list_predecessors(commune)}:
        raise Invalid("former_commune_unknown", field="former_commune")


def _free_slug(name: str, commune: AdminUnit) -> str:
    wanted = slug(name)[:80] or "market"
    for candidate in (wanted, f"{wanted}-{slug(commune.name)[:30]}"):
        if candidate not in _RESERVED and queries.slug_is_free(candidate):
            return candidate
    number = 2
    while not queries.slug_is_free(f"{wanted}-{number}"):
        number += 1
    return f"{wanted}-{number}"
