"""An area of figures: one administrative unit of today or of before 1 July 2025, and who may read it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.core.db import db
from marketplace.core.roles import OFFICERS, Role, Scope
from marketplace.places import queries as places
from marketplace.places.errors import PlaceNotFound
from marketplace.places.models import VINTAGE_2025, AdminUnit, Level

#: The day on which the units of before gave way to those of today.
CHANGEOVER = date(2025, 7, 1)


@dataclass(frozen=True)
class Area:
    """One unit as the place of figures."""

    unit: AdminUnit

    @property
    def is_former(self) -> bool:
        """Whether the unit ended on 1 July 2025: its records are those that name it as their former commune."""
        return self.unit.vintage != VINTAGE_2025

    @property
    def exists_from(self) -> date | None:
        """First day of the unit's life; None where none is recorded."""
        return self.unit.valid_from if self.is_former else self.unit.valid_from or CHANGEOVER

    @property
    def exists_to(self) -> date | None:
        """First day after the unit's life; None while it exists."""
        return self.unit.valid_to or CHANGEOVER if self.is_former else self.unit.valid_to

    def holds(
        self, commune: InstrumentedAttribute[int], former: InstrumentedAttribute[int | None]
    ) -> ColumnElement[bool]:
        """The condition that a record with these two columns lies in the area."""
        column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None] = former if self.is_former else commune
        if self.unit.level is Level.COMMUNE:
            return column == self.unit.id
        return column.in_(communes_of(self.unit))


def communes_of(unit: AdminUnit) -> Select[int]:
    """Ids of the communes of ``unit`` in its own vintage; of a commune, its own."""
    if unit.level is Level.COMMUNE:
        return select(AdminUnit.id).where(AdminUnit.id == unit.id)
    districts = select(AdminUnit.id).where(AdminUnit.parent_id == unit.id, AdminUnit.level == Level.DISTRICT)
    inside = or_(AdminUnit.parent_id == unit.id, AdminUnit.parent_id.in_(districts))
    return select(AdminUnit.id).where(AdminUnit.level == Level.COMMUNE, inside)


def get_readable_area(unit_id: int, scopes: Iterable[Scope]) -> Area:
    """The area of ``unit_id`` when one of ``scopes`` may read it.

    A commune officer reads the own commune and the former communes that went into it whole; a province officer the own
    province, its communes and the former units that lie in it whole; an operator everything.
    Raises ``PlaceNotFound`` alike for a unit that does not exist and for one of others (P20).
    """
    unit = places.get_unit(unit_id)
    if not may_read(unit, scopes):
        raise PlaceNotFound(str(unit_id))
    return Area(unit)


def may_read(unit: AdminUnit, scopes: Iterable[Scope]) -> bool:
    """Whether one of the grants reaches ``unit``."""
    grants = [scope for scope in scopes if scope.role in (*OFFICERS, Role.OPERATOR)]
    if any(scope.role is Role.OPERATOR for scope in grants):
        return True
    if not grants:
        return False
    present = places.resolve_to_current(unit).units if unit.vintage != VINTAGE_2025 else (unit,)
    return any(
        scope.unit_id == unit.id or (bool(present) and all(_reaches(scope, part) for part in present))
        for scope in grants
    )


def _reaches(scope: Scope, unit: AdminUnit) -> bool:
    if scope.role is Role.COMMUNE_OFFICER:
        return scope.unit_id == unit.id
    return scope.unit_id in {above.id for above in unit.lineage}


def may_declare(unit: AdminUnit, scopes: Iterable[Scope]) -> bool:
    """Whether the person vouches for numbers of ``unit``: its officer, not an operator."""
    return may_read(unit, [scope for scope in scopes if scope.role in OFFICERS])


def own_units(scopes: Iterable[Scope]) -> Sequence[AdminUnit]:
    """The units that a person answers for, by name: those of an officer's grants, every province for an operator."""
    grants = list(scopes)
    if any(scope.role is Role.OPERATOR for scope in grants):
        return places.list_provinces()
    ids = {scope.unit_id for scope in grants if scope.role in OFFICERS}
    found = db.session.scalars(places.units().where(AdminUnit.id.in_(ids)))
    return sorted(found, key=lambda unit: (unit.name_fold, unit.id))


def former_units_inside(unit: AdminUnit) -> Sequence[AdminUnit]:
    """The former units that lie whole in ``unit`` of today, by name; none for a former unit."""
    if unit.vintage != VINTAGE_2025:
        return []
    return [former.unit for former in places.list_predecessors(unit) if not former.is_split]
