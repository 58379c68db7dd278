"""Reading the programme: definitions, plans that apply to an area with their targets, declared figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import false, or_, select
from sqlalchemy.orm import aliased

from marketplace.core.db import db
from marketplace.places.models import VINTAGE_2025, AdminUnit, Level, UnitLink
from marketplace.programme.areas import Area, communes_of
from marketplace.programme.errors import PlanNotFound
from marketplace.programme.figures import PER_MARKET, FigureKey
from marketplace.programme.models import DeclaredFigure, IndicatorDefinition, Plan, Target
from marketplace.stalls.models import Market


@dataclass(frozen=True)
class DeclaredTotal:
    """What was declared of one quantity for an area: the rows that count and how they were put together.

    ``value`` is None where nothing was declared; ``missing`` counts the markets or communes whose part a sum lacks.
    """

    key: FigureKey
    figures: tuple[DeclaredFigure, ...] = ()
    missing: int = 0

    @property
    def value(self) -> int | None:
        """The figure, or None when it is unknown."""
        if not self.figures or self.missing:
            return None
        return sum(figure.value for figure in self.figures)

    @property
    def counted_on(self) -> date | None:
        """The oldest day of counting in it."""
        return min((figure.counted_on for figure in self.figures), default=None)

    @property
    def is_illustrative(self) -> bool:
        """Whether a number in it was invented for a demonstration."""
        return any(figure.is_illustrative for figure in self.figures)


def list_definitions(day: date) -> list[IndicatorDefinition]:
    """The newest version of every indicator in force on ``day``, in the order of the report."""
    rows = db.session.scalars(
        select(IndicatorDefinition)
        .where(IndicatorDefinition.valid_from <= day)
        .order_by(IndicatorDefinition.position, IndicatorDefinition.code, IndicatorDefinition.version)
    )
    newest = {row.code: row for row in rows}
    return sorted(newest.values(), key=lambda row: (row.position, row.code))


def list_plans() -> Sequence[Plan]:
    """All plans, those of the whole country first, then by number."""
    return db.session.scalars(select(Plan).order_by(Plan.unit_id.is_not(None), Plan.number, Plan.id)).all()


def get_plan(code: str) -> Plan:
    """The plan with that code. Raises ``PlanNotFound``."""
    plan = db.session.scalars(select(Plan).where(Plan.code == code)).one_or_none()
    if plan is None:
        raise PlanNotFound(code)
    return plan


def default_plan(area: Area, year: int) -> Plan | None:
    """The plan of the area, else the plan of the whole country, else None; first those whose targets reach ``year``.

    A province of before that made a plan covers a present unit only when all of the unit came from that province.
    """
    homes = _homes(area.unit)
    plans = list_plans()
    own = [plan for plan in plans if plan.unit_id in homes]
    of_the_country = [plan for plan in plans if plan.unit_id is None]
    is_over = [plan.targets_until is not None and plan.targets_until < year for plan in (own or of_the_country)]
    return min(zip(is_over, own or of_the_country, strict=True), key=lambda pair: pair[0], default=(False, None))[1]


def _homes(unit: AdminUnit) -> set[int]:
    """The unit, the units above it, and the former province that all of it came from, if it is one."""
    homes = {above.id for above in unit.lineage}
    if unit.vintage != VINTAGE_2025:
        return homes
    if unit.level is Level.PROVINCE:
        former = set(db.session.scalars(select(UnitLink.old_id).where(UnitLink.new_id == unit.id)))
        provinces = set(
            db.session.scalars(select(AdminUnit.id).where(AdminUnit.id.in_(former), AdminUnit.level == unit.level))
        )
    else:
        commune, district = aliased(AdminUnit), aliased(AdminUnit)
        provinces = {
            province
            for province in db.session.scalars(
                select(district.parent_id)
                .join(commune, commune.parent_id == district.id)
                .join(UnitLink, UnitLink.old_id == commune.id)
                .where(UnitLink.new_id == unit.id)
                .distinct()
            )
            if province is not None
        }
    return homes | provinces if len(provinces) == 1 else homes


def targets_of(plan: Plan | None) -> dict[str, Target]:
    """The plan's targets by indicator code; an indicator that the plan does not speak of is absent."""
    if plan is None:
        return {}
    return {row.indicator_code: row for row in db.session.scalars(select(Target).where(Target.plan_id == plan.id))}


def list_markets(area: Area) -> Sequence[Market]:
    """Markets and cashless streets of the area, by name."""
    inside = area.holds(Market.commune_id, Market.former_commune_id)
    return db.session.scalars(select(Market).where(inside).order_by(Market.name, Market.id)).all()


def list_declared(area: Area, *, including_parts: bool = False) -> Sequence[DeclaredFigure]:
    """Everything ever declared for the area itself, newest count first; on request also for the communes inside it."""
    inside = communes_of(area.unit) if including_parts and area.unit.level is not Level.COMMUNE else None
    return db.session.scalars(
        select(DeclaredFigure)
        .where(
            or_(
                DeclaredFigure.unit_id == area.unit.id,
                DeclaredFigure.unit_id.in_(inside) if inside is not None else false(),
            )
        )
        .order_by(DeclaredFigure.counted_on.desc(), DeclaredFigure.declared_at.desc(), DeclaredFigure.id.desc())
    ).all()


class DeclaredFigures:
    """All that was declared for an area and its parts, read once; answers for any quantity and any day."""

    def __init__(self, area: Area) -> None:
        self._unit_id = area.unit.id
        self._rows = list_declared(area, including_parts=True)
        is_whole = area.unit.level is Level.COMMUNE
        self._communes = frozenset() if is_whole else frozenset(db.session.scalars(communes_of(area.unit)))
        self._markets = [(market.id, market.commune_id, market.former_commune_id) for market in list_markets(area)]
        self._is_former = area.is_former

    def total(self, key: FigureKey, day: date) -> DeclaredTotal:
        """What counts of ``key`` on ``day``: the latest figure declared for the area itself; where there is none, the
        sum of its markets (traders) or of its communes, when every one of them has declared."""
        rows = [row for row in self._rows if row.key == key.value and row.counted_on <= day]
        if self._communes:
            own = _latest(row for row in rows if row.unit_id == self._unit_id and row.market_id is None)
            if own is not None:
                return DeclaredTotal(key, (own,))
            found = [self._of_commune(key, commune, rows) for commune in sorted(self._communes)]
            known = [figure for total in found if total.value is not None for figure in total.figures]
            return DeclaredTotal(key, tuple(known), missing=sum(total.value is None for total in found))
        return self._of_commune(key, self._unit_id, rows)

    def _of_commune(self, key: FigureKey, unit_id: int, rows: Sequence[DeclaredFigure]) -> DeclaredTotal:
        own = _latest(row for row in rows if row.unit_id == unit_id and row.market_id is None)
        if own is not None or key not in PER_MARKET:
            return DeclaredTotal(key, (own,) if own else ())
        here = [
            market for market, commune, former in self._markets if unit_id == (former if self._is_former else commune)
        ]
        found = [_latest(row for row in rows if row.market_id == market) for market in here]
        known = tuple(row for row in found if row is not None)
        return DeclaredTotal(key, known, missing=len(here) - len(known))


def _latest(rows: Iterable[DeclaredFigure]) -> DeclaredFigure | None:
    return max(rows, key=lambda row: (row.counted_on, row.declared_at, row.id), default=None)
