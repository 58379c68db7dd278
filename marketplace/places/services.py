"""Loading places from files of facts."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.imports import Counts, bring_in_line
from marketplace.core.text import fold
from marketplace.places.files import PlaceFiles, UnitKey, UnitRecord, read_folder
from marketplace.places.models import AdminUnit, Level, UnitChange, UnitLink, full_name_of

Ids = dict[UnitKey, int]


@dataclass
class ImportReport:
    """What an import did, table by table."""

    units: Counts = field(default_factory=Counts)
    links: Counts = field(default_factory=Counts)
    changes: Counts = field(default_factory=Counts)

    def as_dict(self) -> dict[str, dict[str, int]]:
        """``{"units": {"new": 14149, ...}, "links": {...}, "changes": {...}}``."""
        return asdict(self)


def import_places(folder: Path) -> ImportReport:
    """Bring units, links and changes in line with the CSV files of ``folder``; the same files twice change nothing.

    Units carry the kind and name that they have today (``clock.today``): a change dated later waits for a later import.
    Units that the files do not name stay as they are; links and changes of a unit that the files name become
    exactly those of the files. Raises ``PlaceFileRefused`` before anything is written.
    """
    files = read_folder(folder)
    report = ImportReport()
    ids = _import_units(files, report.units)
    _import_links(files, ids, report.links)
    _import_changes(files, ids, report.changes)
    db.session.flush()
    db.session.expire_all()
    return report


def _import_units(files: PlaceFiles, counts: Counts) -> Ids:
    names = _names_today(files)
    stored = {_key_of(row): row for row in db.session.execute(select(*AdminUnit.__table__.c))}
    ids: Ids = {key: row.id for key, row in stored.items()}
    for level in Level:  # a unit's parent is of an earlier level and needs its id first
        wanted = {
            key: _unit_values(record, *names[key], parent_id=ids[record.parent] if record.parent else None)
            for key, record in files.units.items()
            if key.level is level
        }
        bring_in_line(AdminUnit, wanted, {key: stored[key] for key in wanted if key in stored}, counts)
        fresh = select(AdminUnit.id, AdminUnit.vintage, AdminUnit.level, AdminUnit.code).where(AdminUnit.level == level)
        ids.update((_key_of(row), row.id) for row in db.session.execute(fresh))
    return ids


def _import_links(files: PlaceFiles, ids: Ids, counts: Counts) -> None:
    wanted = {
        (ids[link.old], ids[link.new], link.valid_from): {
            "old_id": ids[link.old],
            "new_id": ids[link.new],
            "valid_from": link.valid_from,
            "is_split": link.is_split,
            "share": link.share,
        }
        for link in files.links
    }
    named = {ids[key] for key in files.units}
    stored = {
        (row.old_id, row.new_id, row.valid_from): row
        for row in db.session.execute(select(*UnitLink.__table__.c))
        if row.old_id in named
    }
    bring_in_line(UnitLink, wanted, stored, counts)


def _import_changes(files: PlaceFiles, ids: Ids, counts: Counts) -> None:
    wanted = {
        (ids[change.unit], change.changed_on, change.field): {
            "unit_id": ids[change.unit],
            "changed_on": change.changed_on,
            "field": change.field,
            "old_value": change.old_value,
            "new_value": change.new_value,
            "source": change.source,
        }
        for change in files.changes
    }
    named = {ids[key] for key in files.units}
    stored = {
        (row.unit_id, row.changed_on, row.field): row
        for row in db.session.execute(select(*UnitChange.__table__.c))
        if row.unit_id in named
    }
    bring_in_line(UnitChange, wanted, stored, counts)


def _names_today(files: PlaceFiles) -> dict[UnitKey, tuple[str, str]]:
    """Kind and name of every unit after the changes that have happened by today."""
    state = {key: {"kind": record.kind, "name": record.name} for key, record in files.units.items()}
    today = clock.today()
    for change in files.changes:
        if change.changed_on <= today:
            state[change.unit][change.field] = change.new_value
    return {key: (values["kind"], values["name"]) for key, values in state.items()}


def _unit_values(record: UnitRecord, kind: str, name: str, *, parent_id: int | None) -> dict[str, Any]:
    return {
        "vintage": record.key.vintage,
        "level": record.key.level,
        "code": record.key.code,
        "kind": kind,
        "name": name,
        "full_name": full_name_of(kind, name),
        "name_fold": fold(name),
        "parent_id": parent_id,
        "valid_from": record.valid_from,
        "valid_to": record.valid_to,
    }


def _key_of(row: Any) -> UnitKey:
    return UnitKey(row.vintage, row.level, row.code)
