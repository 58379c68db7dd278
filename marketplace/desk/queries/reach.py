"""Whose things a desk shows, and a page of anything."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select

from marketplace.core.db import db
from marketplace.core.paging import NumberedPage
from marketplace.core.roles import OFFICERS, Role, Scope
from marketplace.ocop.models import OcopProduct
from marketplace.producers.queries import lies_in

T = TypeVar("T")


@dataclass(frozen=True)
class Reach:
    """What a person answers for: ids of producers, stalls and markets, and of the units of an officer."""

    user_id: int
    producer_ids: frozenset[int]
    stall_ids: frozenset[int]
    market_ids: frozenset[int]
    province_ids: frozenset[int]
    unit_ids: frozenset[int]

    @classmethod
    def of(cls, user_id: int, scopes: Iterable[Scope]) -> "Reach":
        """Read it off the person's grants."""
        grants = list(scopes)

        def subjects(role: Role) -> frozenset[int]:
            return frozenset(
                grant.subject_id for grant in grants if grant.role == role and grant.subject_id is not None
            )

        def units(*roles: Role) -> frozenset[int]:
            return frozenset(grant.unit_id for grant in grants if grant.role in roles and grant.unit_id is not None)

        return cls(
            user_id=user_id,
            producer_ids=subjects(Role.PRODUCER),
            stall_ids=subjects(Role.VENDOR),
            market_ids=subjects(Role.MARKET_MANAGER),
            province_ids=units(Role.PROVINCE_OFFICER),
            unit_ids=units(*OFFICERS),
        )

    def own_products(self) -> ColumnElement[bool]:
        """SQL clause: the recognised product belongs to one of the person's producers."""
        return OcopProduct.producer_id.in_(self.producer_ids)

    def products_of_area(self) -> ColumnElement[bool]:
        """SQL clause: the recognised product comes from a commune, or a commune of a province, of the person."""
        commune = OcopProduct.__table__.c.commune_id
        return or_(commune.in_(self.unit_ids), lies_in(commune, self.unit_ids))


def page_of(
    chosen: Select[*tuple[Any, ...]],
    number: int,
    size: int,
    *,
    make: Callable[[list[Any]], list[T]],
    entity: bool = True,
) -> NumberedPage[T]:
    """One page of a statement, its rows turned into ``T`` all at once; ``entity`` False: rows of several columns."""
    total = db.session.scalar(select(func.count()).select_from(chosen.order_by(None).subquery())) or 0
    asked = chosen.limit(size).offset((number - 1) * size)
    if not total:
        return NumberedPage([], number, size, 0)
    rows = db.session.scalars(asked).unique().all() if entity else db.session.execute(asked).unique().all()
    return NumberedPage(make(list(rows)), number, size, total)
