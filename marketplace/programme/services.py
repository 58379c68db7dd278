"""Writing the programme: loading definitions, plans and targets; declaring a figure."""

from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy import select

from marketplace.audit import services as audit
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.imports import Counts, bring_in_line
from marketplace.places import queries as places
from marketplace.programme.areas import Area
from marketplace.programme.errors import ProgrammeFileRefused
from marketplace.programme.figures import PER_MARKET, FigureKey
from marketplace.programme.files import IndicatorRecord, PlanRecord, ProgrammeFiles, read_folder
from marketplace.programme.models import DeclaredFigure, IndicatorDefinition, Plan, Target
from marketplace.programme.queries import list_markets


@dataclass
class ImportReport:
    """What an import did, table by table."""

    indicators: Counts = field(default_factory=Counts)
    plans: Counts = field(default_factory=Counts)
    targets: Counts = field(default_factory=Counts)

    def as_dict(self) -> dict[str, dict[str, int]]:
        """``{"indicators": {"new": 21, ...}, "plans": {...}, "targets": {...}}``."""
        return asdict(self)


def import_programme(folder: Path) -> ImportReport:
    """Bring definitions, plans and targets in line with the CSV files of ``folder``; twice changes nothing.

    A published definition is never edited: other words under the same code and version are refused, a new version
    is wanted. Targets of a plan that the files name become exactly those of the files; plans and definitions that the
    files do not name stay. Raises ``ProgrammeFileRefused`` before anything is written.
    """
    files = read_folder(folder)
    unit_ids = {plan.code: _unit_id(plan) for plan in files.plans}
    _refuse_edited_definitions(files.indicators)
    report = ImportReport()
    _import_indicators(files.indicators, report.indicators)
    plan_ids = _import_plans(files.plans, unit_ids, report.plans)
    _import_targets(files, plan_ids, report.targets)
    return report


def declare_figure(
    area: Area,
    key: FigureKey,
    *,
    value: int,
    counted_on: date,
    source: str,
    actor_id: int | None,
    market_id: int | None = None,
    is_illustrative: bool = False,
) -> DeclaredFigure:
    """Keep a number that an officer vouches for: a count, or dong, as counted on a day by a source.

    Nothing is overwritten: the latest counted on or before the end of a period speaks for it, the later entry winning
    a tie. Who may declare for ``area`` is the door's question (``areas.may_declare``). Raises ``Invalid`` for a day to
    come (``counted_in_future``), a market elsewhere or a quantity that no market has (``market_of_area_unknown``).
    """
    if counted_on > clock.today():
        raise Invalid("counted_in_future", field="counted_on")
    if market_id is not None and (
        key not in PER_MARKET or market_id not in {market.id for market in list_markets(area)}
    ):
        raise Invalid("market_of_area_unknown", field="market_id")
    figure = DeclaredFigure(
        key=key.value,
        unit_id=area.unit.id,
        market_id=market_id,
        value=value,
        counted_on=counted_on,
        source=source,
        declared_by_id=actor_id,
        declared_at=clock.now(),
        is_illustrative=is_illustrative,
    )
    db.session.add(figure)
    db.session.flush()
    audit.record(
        "programme.figure_declared",
        object_type="declared_figure",
        object_id=figure.id,
        actor_id=actor_id,
        key=key.value,
        unit_id=area.unit.id,
        value=value,
    )
    return figure


def _unit_id(plan: PlanRecord) -> int | None:
    if plan.unit is None:
        return None
    vintage, code = plan.unit
    unit = places.find_unit(code, vintage=vintage)
    if unit is None:
        raise plan.row.refuse("unknown_place", "unit_code")
    return unit.id


def _refuse_edited_definitions(records: list[IndicatorRecord]) -> None:
    stored = {(row.code, row.version): row for row in db.session.scalars(select(IndicatorDefinition))}
    for number, record in enumerate(records, start=2):
        row = stored.get((record.code, record.version))
        if row is None:
            continue
        for column, value in asdict(record).items():
            if getattr(row, column) != value:
                raise ProgrammeFileRefused(
                    "published_definition_edited", file="indicators.csv", row=number, column=column, value=str(value)
                )


def _import_indicators(records: list[IndicatorRecord], counts: Counts) -> None:
    known = db.session.execute(select(IndicatorDefinition.code, IndicatorDefinition.version))
    stored = {(row.code, row.version) for row in known}
    for record in records:
        if (record.code, record.version) in stored:
            counts.unchanged += 1
            continue
        db.session.add(IndicatorDefinition(**asdict(record)))
        counts.new += 1
    db.session.flush()


def _import_plans(records: list[PlanRecord], unit_ids: dict[str, int | None], counts: Counts) -> dict[str, int]:
    columns = ("code", "number", "name_vi", "name_en", "issuer", "issued_on", "targets_until", "source")
    wanted = {
        record.code: {name: getattr(record, name) for name in columns} | {"unit_id": unit_ids[record.code]}
        for record in records
    }
    named = select(*Plan.__table__.c).where(Plan.code.in_(wanted))
    bring_in_line(Plan, wanted, {row.code: row for row in db.session.execute(named)}, counts)
    return {row.code: row.id for row in db.session.execute(named)}


def _import_targets(files: ProgrammeFiles, plan_ids: dict[str, int], counts: Counts) -> None:
    wanted = {
        (plan_ids[record.plan], record.indicator): {
            "plan_id": plan_ids[record.plan],
            "indicator_code": record.indicator,
            "value": record.value,
            "quotation": record.quotation,
        }
        for record in files.targets
    }
    known = db.session.execute(select(*Target.__table__.c).where(Target.plan_id.in_(plan_ids.values())))
    bring_in_line(Target, wanted, {(row.plan_id, row.indicator_code): row for row in known}, counts)
    db.session.expire_all()
