"""Reads and checks the CSV files of ``seeds/places`` (the README there says what each column means).

Nothing is written here: a folder is read whole into records or refused whole.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple, TypeVar

from marketplace.core import text
from marketplace.core.errors import Invalid
from marketplace.places.errors import PlaceFileRefused
from marketplace.places.models import Level

T = TypeVar("T")

KINDS = {
    Level.PROVINCE: {"tỉnh", "thành phố"},
    Level.DISTRICT: {"quận", "huyện", "thị xã", "thành phố"},
    Level.COMMUNE: {"xã", "phường", "thị trấn", "đặc khu"},
}
_CODE = {Level.PROVINCE: r"\d{2}", Level.DISTRICT: r"\d{3}", Level.COMMUNE: r"\d{5}"}
_FIELDS = {"kind", "name"}


class UnitKey(NamedTuple):
    """What names a unit."""

    vintage: str
    level: Level
    code: str


@dataclass(frozen=True)
class UnitRecord:
    """One line of ``units.csv``."""

    key: UnitKey
    kind: str
    name: str
    parent: UnitKey | None
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class LinkRecord:
    """One line of ``links.csv``."""

    old: UnitKey
    new: UnitKey
    valid_from: date
    is_split: bool
    share: Decimal | None


@dataclass(frozen=True)
class ChangeRecord:
    """One line of ``changes.csv``."""

    unit: UnitKey
    changed_on: date
    field: str
    old_value: str
    new_value: str
    source: str


@dataclass(frozen=True)
class PlaceFiles:
    """All three files, checked: every reference stands, no key twice."""

    units: dict[UnitKey, UnitRecord]
    links: list[LinkRecord]
    changes: list[ChangeRecord]


class Row:
    """One line of a file, read column by column; a bad value is refused with its place in the file."""

    def __init__(self, file: str, number: int, values: dict[str, str]) -> None:
        self.file, self.number, self._values = file, number, values

    def refuse(self, problem: str, column: str, value: str | None = None) -> PlaceFileRefused:
        """The error that names this row, ``column`` and the value found there."""
        found = self._values[column] if value is None else value
        return PlaceFileRefused(problem, file=self.file, row=self.number, column=column, value=found)

    def read(self, column: str, problem: str, convert: Callable[[str], T]) -> T:
        """The value of ``column`` through ``convert``; refused with ``problem`` when that fails."""
        try:
            return convert(self._values[column])
        except (ValueError, KeyError, InvalidOperation, Invalid):
            raise self.refuse(problem, column) from None

    def words(self, column: str) -> str:
        """Tidied text that must not be empty."""
        words = self.read(column, "bad_text", text.clean)
        if not words:
            raise self.refuse("empty_value", column)
        return words

    def day(self, column: str) -> date:
        """A day as ``2025-07-01``."""
        return self.read(column, "bad_date", date.fromisoformat)

    def optional_day(self, column: str) -> date | None:
        """A day, or None where nothing is written."""
        return self.day(column) if self._values[column] else None

    def key(self, prefix: str = "") -> UnitKey:
        """The unit that the columns vintage, level and code (with ``prefix``) name."""
        level = self.read(f"{prefix}level", "unknown_level", Level)
        code = self._values[f"{prefix}code"]
        if not re.fullmatch(_CODE[level], code, re.ASCII):
            raise self.refuse("bad_code", f"{prefix}code")
        return UnitKey(self.words(f"{prefix}vintage"), level, code)

    def parent(self, key: UnitKey, units: dict[UnitKey, UnitRecord]) -> UnitKey | None:
        """The unit above; it must stand on an earlier line. Only a province has none."""
        code = self._values["parent_code"]
        if key.level is Level.PROVINCE:
            if code:
                raise self.refuse("broken_reference", "parent_code")
            return None
        for level in (Level.PROVINCE, Level.DISTRICT):
            above = UnitKey(key.vintage, level, code)
            if above in units and level is not key.level:
                return above
        raise self.refuse("broken_reference", "parent_code")


UNIT_COLUMNS = ("code", "level", "kind", "name", "parent_code", "vintage", "valid_from", "valid_to", "source")
LINK_COLUMNS = (
    "old_vintage", "old_level", "old_code", "new_vintage", "new_level", "new_code",
    "valid_from", "is_split", "share", "source",
)  # fmt: skip
CHANGE_COLUMNS = ("vintage", "level", "code", "changed_on", "field", "old_value", "new_value", "source")


def read_folder(folder: Path) -> PlaceFiles:
    """Read ``units.csv``, ``links.csv`` and ``changes.csv`` of ``folder``.

    Raises ``PlaceFileRefused`` (file, row, column, value) for a missing file, a column too many or too few,
    a value that cannot be, a reference to a unit that is not in ``units.csv``, or the same line twice.
    """
    units: dict[UnitKey, UnitRecord] = {}
    for row in _rows(folder / "units.csv", UNIT_COLUMNS):
        unit = _unit(row, units)
        if unit.key in units:
            raise row.refuse("double_line", "code")
        units[unit.key] = unit
    links = [_link(row, units) for row in _rows(folder / "links.csv", LINK_COLUMNS)]
    changes = [_change(row, units) for row in _rows(folder / "changes.csv", CHANGE_COLUMNS)]
    _refuse_doubles("links.csv", [(link.old, link.new, link.valid_from) for link in links])
    _refuse_doubles("changes.csv", [(change.unit, change.changed_on, change.field) for change in changes])
    _refuse_false_splits(links)
    _refuse_wrong_history(units, changes)
    return PlaceFiles(units, links, changes)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    if not path.is_file():
        raise PlaceFileRefused("missing", file=path.name, row=0)
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        header = next(reader, [])
        for unknown in (name for name in header if name not in columns):
            raise PlaceFileRefused("unknown_column", file=path.name, row=1, column=unknown)
        for absent in (name for name in columns if header.count(name) != 1):
            raise PlaceFileRefused("missing_column", file=path.name, row=1, column=absent)
        for number, cells in enumerate(reader, start=2):
            if len(cells) != len(header):
                raise PlaceFileRefused("wrong_width", file=path.name, row=number, value=str(len(cells)))
            yield Row(path.name, number, dict(zip(header, cells, strict=True)))


def _unit(row: Row, units: dict[UnitKey, UnitRecord]) -> UnitRecord:
    key = row.key()
    kind = row.words("kind")
    if kind not in KINDS[key.level]:
        raise row.refuse("unknown_kind", "kind")
    row.words("source")
    record = UnitRecord(
        key,
        kind,
        row.words("name"),
        row.parent(key, units),
        row.optional_day("valid_from"),
        row.optional_day("valid_to"),
    )
    if record.valid_from and record.valid_to and record.valid_to <= record.valid_from:
        raise row.refuse("bad_date", "valid_to")
    return record


def _link(row: Row, units: dict[UnitKey, UnitRecord]) -> LinkRecord:
    old, new = row.key("old_"), row.key("new_")
    for prefix, key in (("old_", old), ("new_", new)):
        if key not in units:
            raise row.refuse("broken_reference", f"{prefix}code")
    row.words("source")
    is_split = row.read("is_split", "bad_flag", {"0": False, "1": True}.__getitem__)
    return LinkRecord(old, new, row.day("valid_from"), is_split, row.read("share", "bad_share", _share))


def _share(written: str) -> Decimal | None:
    if not written:
        return None
    share = Decimal(written)
    if not 0 < share <= 1:
        raise ValueError(written)
    return share


def _change(row: Row, units: dict[UnitKey, UnitRecord]) -> ChangeRecord:
    unit = row.key()
    if unit not in units:
        raise row.refuse("broken_reference", "code")
    field = row.words("field")
    if field not in _FIELDS:
        raise row.refuse("unknown_field", "field")
    new_value = row.words("new_value")
    if field == "kind" and new_value not in KINDS[unit.level]:
        raise row.refuse("unknown_kind", "new_value")
    return ChangeRecord(unit, row.day("changed_on"), field, row.words("old_value"), new_value, row.words("source"))


def _refuse_doubles(file: str, keys: list[tuple[object, ...]]) -> None:
    seen: set[tuple[object, ...]] = set()
    for number, key in enumerate(keys, start=2):
        if key in seen:
            raise PlaceFileRefused("double_line", file=file, row=number)
        seen.add(key)


def _refuse_false_splits(links: list[LinkRecord]) -> None:
    """A unit is split exactly when it has several links of one day."""
    parts: dict[tuple[UnitKey, date], int] = {}
    for link in links:
        parts[link.old, link.valid_from] = parts.get((link.old, link.valid_from), 0) + 1
    for number, link in enumerate(links, start=2):
        if link.is_split != (parts[link.old, link.valid_from] > 1):
            raise PlaceFileRefused("wrong_split", file="links.csv", row=number, column="is_split", value=link.old.code)


def _refuse_wrong_history(units: dict[UnitKey, UnitRecord], changes: list[ChangeRecord]) -> None:
    """Changes stand in order of time, and each begins where the unit was left."""
    state = {(key, field): getattr(record, field) for key, record in units.items() for field in _FIELDS}
    last: dict[UnitKey, date] = {}
    for number, change in enumerate(changes, start=2):
        if state[change.unit, change.field] != change.old_value:
            raise PlaceFileRefused(
                "wrong_history", file="changes.csv", row=number, column="old_value", value=change.old_value
            )
        if change.changed_on < last.get(change.unit, change.changed_on):
            raise PlaceFileRefused(
                "wrong_history",
                file="changes.csv",
                row=number,
                column="changed_on",
                value=change.changed_on.isoformat(),
            )
        state[change.unit, change.field] = change.new_value
        last[change.unit] = change.changed_on
