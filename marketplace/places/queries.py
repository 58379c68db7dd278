"""Reading places: one unit, lists, and what an old unit has become."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.paging import DEFAULT_LIMIT, Page
from marketplace.places.errors import PlaceNotFound
from marketplace.places.models import VINTAGE_2025, AdminUnit, Level, UnitChange, UnitLink, full_name_of


@dataclass(frozen=True)
class Resolution:
    """What a unit is today: ``units`` (empty when no source says), and whether a person must choose among several."""

    units: tuple[AdminUnit, ...]

    @property
    def needs_choice(self) -> bool:
        """More than one present unit holds a part of it."""
        return len(self.units) > 1


@dataclass(frozen=True)
class Predecessor:
    """An older unit of which the newer one took the whole or, when ``is_split``, a part (``share`` where known)."""

    unit: AdminUnit
    is_split: bool
    share: Decimal | None


@dataclass(frozen=True)
class Area:
    """Ids of the units, present and former, of which facts belong to one unit.

    ``whole``: the unit, everything inside it, and former units that went over to it entirely. ``partly``: former
    units of which only a part did: their facts cannot be given to the unit without asking a person.
    """

    whole: frozenset[int]
    partly: frozenset[int]


@dataclass(frozen=True)
class PlaceDetail:
    """All that is known of one unit: what it is today, what it was made of, what changed meanwhile."""

    unit: AdminUnit
    current: Sequence[AdminUnit]
    needs_choice: bool
    predecessors: Sequence[Predecessor]
    changes: Sequence[UnitChange]


@dataclass(frozen=True)
class PlaceChoice:
    """The two steps of choosing a commune: what can be chosen now, and what has been."""

    provinces: Sequence[AdminUnit]
    province: AdminUnit | None
    communes: Sequence[AdminUnit]
    commune: AdminUnit | None


def units() -> Select[AdminUnit]:
    """A select of units with the units above them loaded, so that ``lineage`` and ``address`` ask nothing more."""
    return select(AdminUnit).options(joinedload(AdminUnit.parent).joinedload(AdminUnit.parent))


def get_unit(unit_id: int) -> AdminUnit:
    """The unit with that id. Raises ``PlaceNotFound``."""
    unit = db.session.scalars(units().where(AdminUnit.id == unit_id)).one_or_none()
    if unit is None:
        raise PlaceNotFound(str(unit_id))
    return unit


def find_unit(code: str, *, vintage: str = VINTAGE_2025) -> AdminUnit | None:
    """The unit with that code in that vintage (the length of a code tells its level), or None."""
    return db.session.scalars(units().where(AdminUnit.code == code, AdminUnit.vintage == vintage)).one_or_none()


def get_unit_by_code(code: str, *, vintage: str = VINTAGE_2025) -> AdminUnit:
    """Like ``find_unit``, but raises ``PlaceNotFound``."""
    unit = find_unit(code, vintage=vintage)
    if unit is None:
        raise PlaceNotFound(code)
    return unit


def get_commune(code: str, *, field: str = "commune") -> AdminUnit:
    """The present commune that a form or program chose by its code. Raises ``Invalid`` (``commune_unknown``)."""
    unit = find_unit(code)
    if unit is None or unit.level is not Level.COMMUNE or not unit.existed_on(clock.today()):
        raise Invalid("commune_unknown", field=field)
    return unit


def list_provinces(*, vintage: str = VINTAGE_2025) -> list[AdminUnit]:
    """The provinces of a vintage, by name."""
    return _by_name(units().where(AdminUnit.vintage == vintage, AdminUnit.level == Level.PROVINCE))


def list_communes(province: AdminUnit) -> list[AdminUnit]:
    """The communes of a province, by name; before 2025 through its districts."""
    districts = select(AdminUnit.id).where(AdminUnit.parent_id == province.id, AdminUnit.level == Level.DISTRICT)
    inside = or_(AdminUnit.parent_id == province.id, AdminUnit.parent_id.in_(districts))
    return _by_name(units().where(AdminUnit.level == Level.COMMUNE, inside))


def place_choice(province_code: str | None = None, commune_code: str | None = None) -> PlaceChoice:
    """The state of a place picker over the present units; unknown codes choose nothing.

    A commune alone brings its province; a commune of another province than the one chosen is dropped.
    """
    commune = find_unit(commune_code) if commune_code else None
    if commune is not None and (
        commune.level is not Level.COMMUNE or province_code not in (None, "", _province_code(commune))
    ):
        commune = None
    province = find_unit(province_code) if province_code else commune.parent if commune else None
    if province is not None and province.level is not Level.PROVINCE:
        province = None
    return PlaceChoice(list_provinces(), province, list_communes(province) if province else [], commune)


def _province_code(unit: AdminUnit) -> str:
    return unit.lineage[-1].code


def list_units(
    *,
    vintage: str = VINTAGE_2025,
    level: Level | None = None,
    parent: str | None = None,
    after: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[AdminUnit]:
    """Units of a vintage in order of code, page by page; ``parent`` is the code of the unit directly above.

    The cursor is the last code of the page before.
    """
    statement = units().where(AdminUnit.vintage == vintage).order_by(AdminUnit.code).limit(limit + 1)
    if level is not None:
        statement = statement.where(AdminUnit.level == level)
    if parent is not None:
        above = select(AdminUnit.id).where(AdminUnit.vintage == vintage, AdminUnit.code == parent)
        statement = statement.where(AdminUnit.parent_id.in_(above))
    if after is not None:
        statement = statement.where(AdminUnit.code > after)
    found = list(db.session.scalars(statement))
    return Page(found[:limit], next=found[limit - 1].code if len(found) > limit else None)


def resolve_to_current(unit: AdminUnit, *, on: date | None = None) -> Resolution:
    """What ``unit`` is today (or was ``on`` a day): itself, its one successor, or the parts it was split into.

    A district is the sum of its communes, because districts ended on 30 June 2025.
    """
    return resolve_many([unit.id], on=on)[unit.id]


def resolve_many(unit_ids: Collection[int], *, on: date | None = None) -> dict[int, Resolution]:
    """``resolve_to_current`` for many ids in a few queries; every id asked for is a key of the answer."""
    day = on or clock.today()
    successors = _successors(unit_ids, day)
    ends = {unit_id: _follow(unit_id, successors) for unit_id in unit_ids}
    wanted = {end for found in ends.values() for end in found}
    present = {
        unit.id: unit for unit in db.session.scalars(units().where(AdminUnit.id.in_(wanted))) if unit.existed_on(day)
    }
    return {
        unit_id: Resolution(tuple(sorted((present[end] for end in found if end in present), key=_name_order)))
        for unit_id, found in ends.items()
    }


def area_of(unit: AdminUnit) -> Area:
    """All ids under which facts of ``unit`` may have been recorded: what a report "restated to today" adds up.

    A report "as reported" uses the ids inside the unit of that time instead. A former unit split between parts
    that all lie in the area (two communes of one province) belongs to it whole.
    """
    whole = {unit.id}
    frontier = _inside(whole)
    while frontier:
        whole |= frontier
        frontier = _inside(frontier) - whole
    partly: set[int] = set()
    frontier = set(whole)
    while frontier:
        entirely, in_part = _absorbed(frontier, whole)
        frontier = entirely - whole
        whole |= entirely
        partly = (partly | in_part) - whole
    return Area(frozenset(whole), frozenset(partly))


def list_predecessors(unit: AdminUnit) -> list[Predecessor]:
    """The units that ``unit`` was made of, whole or in part, by name; empty for a unit that replaced none."""
    links = db.session.scalars(select(UnitLink).where(UnitLink.new_id == unit.id)).all()
    found = {
        old.id: old for old in db.session.scalars(units().where(AdminUnit.id.in_([link.old_id for link in links])))
    }
    made_of = [Predecessor(found[link.old_id], link.is_split, link.share) for link in links]
    return sorted(made_of, key=lambda predecessor: _name_order(predecessor.unit))


def list_changes(unit: AdminUnit) -> Sequence[UnitChange]:
    """What changed in kind or name while the unit kept its code, oldest first, announced changes included."""
    changes = select(UnitChange).where(UnitChange.unit_id == unit.id)
    return db.session.scalars(changes.order_by(UnitChange.changed_on, UnitChange.field)).all()


def describe(unit: AdminUnit) -> PlaceDetail:
    """Everything about ``unit`` in one answer."""
    now = resolve_to_current(unit)
    return PlaceDetail(unit, now.units, now.needs_choice, list_predecessors(unit), list_changes(unit))


def full_name_on(unit: AdminUnit, day: date) -> str:
    """How the unit was called on ``day``: a report of June 2026 says "Tỉnh Quảng Ninh", one of October "Thành phố"."""
    values = {"kind": unit.kind, "name": unit.name}
    for change in reversed(list_changes(unit)):
        if day < change.changed_on <= clock.today():
            values[change.field] = change.old_value
    return full_name_of(values["kind"], values["name"])


def _inside(unit_ids: Collection[int]) -> set[int]:
    """Ids of the units directly below the given ones."""
    return set(db.session.scalars(select(AdminUnit.id).where(AdminUnit.parent_id.in_(unit_ids))))


def _absorbed(unit_ids: Collection[int], whole: Collection[int]) -> tuple[set[int], set[int]]:
    """Former units with a link to ``unit_ids``: those with all of their links into ``whole``, and the others."""
    touched = select(UnitLink.old_id).where(UnitLink.new_id.in_(unit_ids))
    links = list(db.session.execute(select(UnitLink.old_id, UnitLink.new_id).where(UnitLink.old_id.in_(touched))))
    outside = {old for old, new in links if new not in whole}
    return {old for old, _ in links} - outside, outside


def _successors(unit_ids: Iterable[int], day: date) -> dict[int, set[int]]:
    """Every step from the given units towards the present: links in force on ``day``, and district to communes."""
    successors: dict[int, set[int]] = {}
    frontier = set(unit_ids)
    while frontier:
        linked = select(UnitLink.old_id, UnitLink.new_id).where(
            UnitLink.old_id.in_(frontier), UnitLink.valid_from <= day
        )
        steps = [(old, new) for old, new in db.session.execute(linked)]
        unlinked = frontier - {old for old, _ in steps}
        district = select(AdminUnit.id).where(AdminUnit.id.in_(unlinked), AdminUnit.level == Level.DISTRICT)
        inside = select(AdminUnit.parent_id, AdminUnit.id).where(AdminUnit.parent_id.in_(district))
        steps += [(parent, child) for parent, child in db.session.execute(inside) if parent is not None]
        for old, new in steps:
            successors.setdefault(old, set()).add(new)
        frontier = {new for _, new in steps} - successors.keys()
    return successors


def _follow(unit_id: int, successors: dict[int, set[int]]) -> set[int]:
    """The ends of all ways that start at ``unit_id``."""
    ends: set[int] = set()
    seen: set[int] = set()
    waiting = [unit_id]
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        onward = successors.get(here)
        if onward:
            waiting.extend(onward)
        else:
            ends.add(here)
    return ends


def _by_name(statement: Select[AdminUnit]) -> list[AdminUnit]:
    return sorted(db.session.scalars(statement), key=_name_order)


def _name_order(unit: AdminUnit) -> tuple[str, str, str]:
    return unit.name_fold, unit.name, unit.code
