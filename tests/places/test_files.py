"""A file with a fault is refused whole, and the refusal says where the fault is."""

import shutil
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core.db import db, transaction
from marketplace.places.errors import PlaceFileRefused
from marketplace.places.files import read_folder
from marketplace.places.models import AdminUnit
from marketplace.places.services import import_places
from tests.factories.places import SMALL_COUNTRY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small country that a test may spoil."""
    return Path(shutil.copytree(SMALL_COUNTRY, tmp_path / "places"))


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, "the fault must be put in exactly one place"
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_small_country_is_read_when_nothing_is_spoiled(folder: Path) -> None:
    files = read_folder(folder)

    assert (len(files.units), len(files.links), len(files.changes)) == (32, 15, 4)


FAULTS = [
    ("units.csv", "valid_to,source", "valid_to,source,colour", "unknown_column", 1, "colour"),
    ("units.csv", "valid_to,source", "valid_to", "missing_column", 1, "source"),
    ("units.csv", "Hà Nội,,2025-07,", "Hà Nội,2025-07,", "wrong_width", 2, ""),
    ("units.csv", "30685,commune,xã,Phú Hòa,91", "30685,commune,xã,Phú Hòa,99", "broken_reference", 14, "parent_code"),
    ("units.csv", "30685,commune", "3068,commune", "bad_code", 14, "code"),
    ("units.csv", "30685,commune", "30682,commune", "double_line", 14, "code"),
    ("units.csv", "30685,commune,xã", "30685,commune,huyện", "unknown_kind", 14, "kind"),
    ("units.csv", "30685,commune,xã", "30685,hamlet,xã", "unknown_level", 14, "level"),
    ("units.csv", "xã,Phú Hòa,", "xã, ,", "empty_value", 14, "name"),
    ("units.csv", "Hòa,91,2025-07,2025-07-01,", "Hòa,91,2025-07,2025-07-01,2025-07-01", "bad_date", 14, "valid_to"),
    ("units.csv", "Phú Hòa,91,2025-07,2025-07-01", "Phú Hòa,91,2025-07,1/7/2025", "bad_date", 14, "valid_from"),
    ("links.csv", "30721,2025-07,commune,30682", "30721,2025-07,commune,30999", "broken_reference", 16, "new_code"),
    ("links.csv", "00565,2025-07-01,0,", "00565,2025-07-01,1,", "wrong_split", 11, "is_split"),
    ("links.csv", "00565,2025-07-01,0,1,", "00565,2025-07-01,0,1.5,", "bad_share", 11, "share"),
    ("links.csv", "00565,2025-07-01,0,", "00565,2025-07-01,no,", "bad_flag", 11, "is_split"),
    ("changes.csv", "25270,2026-04-30,kind", "25270,2026-04-30,area", "unknown_field", 3, "field"),
    ("changes.csv", "25270,2026-04-30,kind,xã", "25270,2026-04-30,kind,đặc khu", "wrong_history", 3, "old_value"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "problem", "row", "column"), FAULTS)
def test_a_fault_is_refused_with_its_place(
    folder: Path, file: str, old: str, new: str, problem: str, row: int, column: str
) -> None:
    spoil(folder, file, old, new)

    with pytest.raises(PlaceFileRefused) as refused:
        read_folder(folder)

    facts = refused.value.facts
    assert (refused.value.code, facts["file"], facts["row"], facts["column"]) == (
        f"place_file_{problem}",
        file,
        row,
        column,
    )


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "changes.csv").unlink()

    with pytest.raises(PlaceFileRefused) as refused:
        read_folder(folder)

    assert str(refused.value) == "changes.csv, row 0: missing ('')"


def test_a_fault_in_the_last_file_leaves_nothing_of_the_first(context: Flask, folder: Path) -> None:
    spoil(folder, "changes.csv", "25270,2026-04-30,kind,xã", "25271,2026-04-30,kind,xã")

    with pytest.raises(PlaceFileRefused), transaction():
        import_places(folder)

    assert db.session.scalar(select(func.count()).select_from(AdminUnit)) == 0
