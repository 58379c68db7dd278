"""Importing: once, again, corrected, and before a change has happened."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from marketplace.core import clock
from marketplace.core.db import transaction
from marketplace.places import queries
from marketplace.places.models import VINTAGE_BEFORE
from marketplace.places.services import ImportReport, import_places
from tests.factories.places import SMALL_COUNTRY
from tests.places.test_files import spoil


def import_folder(folder: Path) -> ImportReport:
    with transaction():
        return import_places(folder)


@pytest.mark.usefixtures("small_country")
def test_the_same_files_twice_change_nothing() -> None:
    report = import_folder(SMALL_COUNTRY)

    assert report.as_dict() == {
        "units": {"new": 0, "changed": 0, "unchanged": 32, "removed": 0},
        "links": {"new": 0, "changed": 0, "unchanged": 15, "removed": 0},
        "changes": {"new": 0, "changed": 0, "unchanged": 4, "removed": 0},
    }


@pytest.mark.usefixtures("small_country")
def test_a_corrected_file_changes_only_what_was_corrected(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SMALL_COUNTRY, tmp_path / "places"))
    spoil(folder, "units.csv", "30685,commune,xã,Phú Hòa", "30685,commune,xã,Phú Hoà Đông")
    spoil(folder, "links.csv", "pre-2025,commune,00556,2025-07,commune,00541,2025-07-01,1,,1656/NQ-UBTVQH15\n", "")
    spoil(folder, "links.csv", "00562,2025-07-01,1,,", "00562,2025-07-01,0,1,")

    report = import_folder(folder)

    assert report.as_dict() == {
        "units": {"new": 0, "changed": 1, "unchanged": 31, "removed": 0},
        "links": {"new": 0, "changed": 1, "unchanged": 13, "removed": 1},
        "changes": {"new": 0, "changed": 0, "unchanged": 4, "removed": 0},
    }
    renamed = queries.get_unit_by_code("30685")
    assert (renamed.full_name, renamed.name_fold) == ("Xã Phú Hoà Đông", "phu hoa dong")
    dang_xa = queries.get_unit_by_code("00556", vintage=VINTAGE_BEFORE)
    assert [unit.code for unit in queries.resolve_to_current(dang_xa).units] == ["00562"]


@pytest.mark.usefixtures("context")
def test_a_change_counts_from_its_day_in_vietnam() -> None:
    with clock.frozen(datetime(2026, 4, 29, 16, 59, tzinfo=UTC)):
        import_folder(SMALL_COUNTRY)
        assert queries.get_unit_by_code("25270").full_name == "Xã Lộc Ninh"
    with clock.frozen(datetime(2026, 4, 29, 17, 0, tzinfo=UTC)):  # midnight in Vietnam
        report = import_folder(SMALL_COUNTRY)
        assert queries.get_unit_by_code("25270").full_name == "Phường Lộc Ninh"
    assert (report.units.changed, report.changes.unchanged) == (2, 4)


@pytest.mark.usefixtures("context")
def test_units_that_the_files_do_not_name_stay(small_country: Flask, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SMALL_COUNTRY, tmp_path / "places"))
    spoil(folder, "units.csv", "30685,commune,xã,Phú Hòa,91,2025-07,2025-07-01,,1654/NQ-UBTVQH15\n", "")

    report = import_folder(folder)

    assert (report.units.unchanged, report.units.removed) == (31, 0)
    assert queries.get_unit_by_code("30685").full_name == "Xã Phú Hòa"
