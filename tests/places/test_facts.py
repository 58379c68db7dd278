"""The files of seeds/places against what is known of the country (domain table 4.5, counts, re-used codes)."""

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select

from marketplace.core.db import db
from marketplace.core.text import fold
from marketplace.places import queries
from marketplace.places.files import PlaceFiles, read_folder
from marketplace.places.models import VINTAGE_2025, VINTAGE_BEFORE, AdminUnit, Level, UnitLink
from marketplace.places.services import ImportReport
from tests.places.conftest import SEEDS


@pytest.fixture(scope="module")
def files() -> PlaceFiles:
    return read_folder(SEEDS)


def test_the_files_hold_the_country_of_1_july_2025(files: PlaceFiles) -> None:
    kinds = Counter((key.level, unit.kind) for key, unit in files.units.items() if key.vintage == VINTAGE_2025)

    assert kinds == {
        (Level.PROVINCE, "tỉnh"): 28,
        (Level.PROVINCE, "thành phố"): 6,
        (Level.COMMUNE, "xã"): 2621,
        (Level.COMMUNE, "phường"): 687,
        (Level.COMMUNE, "đặc khu"): 13,
    }


def test_the_files_hold_the_country_of_the_day_before(files: PlaceFiles) -> None:
    levels = Counter(key.level for key in files.units if key.vintage == VINTAGE_BEFORE)

    assert levels == {Level.PROVINCE: 63, Level.DISTRICT: 696, Level.COMMUNE: 10_035}


def test_every_former_commune_leads_somewhere_and_every_present_one_comes_from_somewhere(files: PlaceFiles) -> None:
    old = {link.old for link in files.links}
    new = {link.new for link in files.links}

    assert {key for key in files.units if key.vintage == VINTAGE_BEFORE and key.level != Level.DISTRICT} <= old
    assert {key for key in files.units if key.vintage == VINTAGE_2025} == new


def test_440_former_communes_are_split_over_two_to_five(files: PlaceFiles) -> None:
    """The official table has 441; why it is 440 here stands in seeds/places/README.md."""
    parts = Counter(link.old for link in files.links)
    split = {old: number for old, number in parts.items() if number > 1}

    assert Counter(split.values()) == {2: 368, 3: 55, 4: 16, 5: 1}
    assert sum(Counter(split.values()).values()) == 440
    assert {link.old for link in files.links if link.is_split} == set(split)
    assert {link.share for link in files.links if link.is_split} == {None}
    assert {link.share for link in files.links if not link.is_split} == {1}


def test_nearly_every_present_code_was_used_before_and_more_than_half_for_another_name(files: PlaceFiles) -> None:
    before = {key.code: unit for key, unit in files.units.items() if key[:2] == (VINTAGE_BEFORE, Level.COMMUNE)}
    now = {key.code: unit for key, unit in files.units.items() if key[:2] == (VINTAGE_2025, Level.COMMUNE)}
    reused = before.keys() & now.keys()

    assert len(reused) == 3316
    assert sum(fold(before[code].name) != fold(now[code].name) for code in reused) == 1797


def test_an_import_of_everything_counts_what_it_wrote(whole_country: ImportReport) -> None:
    assert whole_country.as_dict() == {
        "units": {"new": 14_149, "changed": 0, "unchanged": 0, "removed": 0},
        "links": {"new": 10_633, "changed": 0, "unchanged": 0, "removed": 0},
        "changes": {"new": 25, "changed": 0, "unchanged": 0, "removed": 0},
    }
    assert db.session.scalar(select(func.count()).select_from(UnitLink)) == 10_633


@pytest.mark.usefixtures("whole_country")
def test_after_september_2026_there_are_nine_cities_and_709_wards() -> None:
    rows = db.session.execute(
        select(AdminUnit.level, AdminUnit.kind, func.count())
        .where(AdminUnit.vintage == VINTAGE_2025)
        .group_by(AdminUnit.level, AdminUnit.kind)
    )

    assert {(level, kind): number for level, kind, number in rows} == {
        (Level.PROVINCE, "tỉnh"): 25,
        (Level.PROVINCE, "thành phố"): 9,
        (Level.COMMUNE, "xã"): 2599,
        (Level.COMMUNE, "phường"): 709,
        (Level.COMMUNE, "đặc khu"): 13,
    }


#: Places of the source texts: code before 2025, name then, and the present units as (code, full name, province).
PLACES_OF_THE_TEXTS = [
    ("30721", "Xã Thoại Giang, Huyện Thoại Sơn, Tỉnh An Giang", [("30682", "Xã Thoại Sơn", "91")]),
    ("00571", "Xã Dương Xá, Huyện Gia Lâm, Thành phố Hà Nội", [("00565", "Xã Gia Lâm", "01")]),
    ("20794", "Xã Bình Dương, Huyện Thăng Bình, Tỉnh Quảng Nam", [("20794", "Xã Thăng An", "48")]),
    ("49", "Tỉnh Quảng Nam", [("48", "Thành phố Đà Nẵng", "48")]),
    ("40", "Tỉnh Nghệ An", [("40", "Tỉnh Nghệ An", "40")]),
    ("94", "Tỉnh Sóc Trăng", [("92", "Thành phố Cần Thơ", "92")]),
    ("25", "Tỉnh Phú Thọ", [("25", "Tỉnh Phú Thọ", "25")]),
    ("89", "Tỉnh An Giang", [("91", "Tỉnh An Giang", "91")]),
]

#: The nine pilot communes of decision 969.
PILOTS = [
    ("14212", "Xã Giao Phong", [("14212", "Xã Giao Ninh", "37")]),
    ("05641", "Xã Tức Tranh", [("05641", "Xã Vô Tranh", "19")]),
    ("19894", "Xã Quảng Thọ", [("19867", "Xã Quảng Điền", "46")]),
    ("22276", "Xã Hòa Đồng", [("22276", "Xã Hòa Thịnh", "66")]),
    ("30721", "Xã Thoại Giang", [("30682", "Xã Thoại Sơn", "91")]),
    ("29746", "Xã Mỹ Lộc", [("29728", "Xã Cái Ngang", "86")]),
    ("07324", "Xã Phúc Hòa", [("07330", "Xã Phúc Hòa", "24")]),
    ("30121", "Xã Mỹ Xương", [("30076", "Xã Mỹ Thọ", "82")]),
    ("28291", "Xã Tân Mỹ Chánh", [("28273", "Phường Mỹ Phong", "82")]),
]


@pytest.mark.usefixtures("whole_country")
@pytest.mark.parametrize(("code", "then", "now"), PLACES_OF_THE_TEXTS + PILOTS)
def test_a_place_of_the_texts_is_today(code: str, then: str, now: list[tuple[str, str, str]]) -> None:
    unit = queries.get_unit_by_code(code, vintage=VINTAGE_BEFORE)
    today = queries.resolve_to_current(unit)

    assert fold(unit.address).startswith(fold(then))
    assert [(found.code, found.full_name, found.lineage[-1].code) for found in today.units] == now
    assert not today.needs_choice


@pytest.mark.usefixtures("whole_country")
@pytest.mark.parametrize(
    ("district", "province", "communes"),
    [
        ("Huyện Thoại Sơn", "89", ["Định Mỹ", "Óc Eo", "Phú Hòa", "Tây Phú", "Thoại Sơn", "Vĩnh Trạch"]),
        ("Huyện Châu Thành", "94", ["An Ninh 31594", "Hồ Đắc Kiện 31570", "Phú Tâm 31569", "Thuận Hòa 31582"]),
        ("Huyện Cù Lao Dung", "94", ["An Thạnh 31615", "Cù Lao Dung 31633"]),
    ],
)
def test_a_former_district_is_the_communes_it_became(district: str, province: str, communes: list[str]) -> None:
    inside = {unit.full_name: unit for unit in _children(province)}
    today = queries.resolve_to_current(inside[district])

    assert [f"{unit.name} {unit.code}" if "3" in communes[0] else unit.name for unit in today.units] == communes
    assert today.needs_choice


@pytest.mark.usefixtures("whole_country")
def test_one_code_in_two_vintages_is_two_places() -> None:
    now = queries.get_unit_by_code("20794")
    then = queries.get_unit_by_code("20794", vintage=VINTAGE_BEFORE)

    assert (now.address, then.address) == (
        "Xã Thăng An, Thành phố Đà Nẵng",
        "Xã Bình Dương, Huyện Thăng Bình, Tỉnh Quảng Nam",
    )
    assert queries.get_unit_by_code("91").name == "An Giang"
    assert queries.get_unit_by_code("91", vintage=VINTAGE_BEFORE).name == "Kiên Giang"
    assert [unit.code for unit in queries.resolve_to_current(now).units] == ["20794"]


@pytest.mark.usefixtures("whole_country")
def test_a_split_commune_asks_for_a_choice() -> None:
    dang_xa = queries.get_unit_by_code("00556", vintage=VINTAGE_BEFORE)
    today = queries.resolve_to_current(dang_xa)

    assert today.needs_choice
    assert [unit.code for unit in today.units] == ["00541", "00562"]


@pytest.mark.usefixtures("whole_country")
def test_an_island_district_without_communes_became_a_special_zone() -> None:
    hoang_sa = queries.get_unit_by_code("498", vintage=VINTAGE_BEFORE)

    assert [unit.address for unit in queries.resolve_to_current(hoang_sa).units] == [
        "Đặc khu Hoàng Sa, Thành phố Đà Nẵng"
    ]


@pytest.mark.usefixtures("whole_country")
def test_the_provinces_are_listed_with_their_communes() -> None:
    provinces = queries.list_provinces()
    before = queries.list_provinces(vintage=VINTAGE_BEFORE)

    assert (len(provinces), len(before)) == (34, 63)
    assert sum(len(queries.list_communes(province)) for province in provinces) == 3321
    assert len(queries.list_communes(queries.get_unit_by_code("89", vintage=VINTAGE_BEFORE))) == 155


@pytest.mark.usefixtures("whole_country")
def test_the_areas_of_all_provinces_hold_every_unit_once() -> None:
    areas = [queries.area_of(province) for province in queries.list_provinces()]
    districts = set(db.session.scalars(select(AdminUnit.id).where(AdminUnit.level == Level.DISTRICT)))

    assert sum(len(area.whole - districts) for area in areas) == 34 + 3321 + 63 + 10_035
    assert [area.partly for area in areas] == [frozenset()] * 34


@pytest.mark.usefixtures("whole_country")
def test_no_unit_carries_stray_spaces_or_loose_marks() -> None:
    names = db.session.scalars(select(AdminUnit.full_name)).all()

    assert [name for name in names if name != " ".join(name.split()) or not name.isprintable()] == []
    assert [name for name in names if "\u0300" <= max(name) <= "\u036f"] == []


@pytest.mark.usefixtures("whole_country")
def test_a_report_of_june_2026_names_what_was_not_yet_a_city() -> None:
    quang_ninh = queries.get_unit_by_code("22")

    assert quang_ninh.full_name == "Thành phố Quảng Ninh"
    assert queries.full_name_on(quang_ninh, date(2026, 6, 30)) == "Tỉnh Quảng Ninh"
    assert queries.full_name_on(quang_ninh, date(2026, 9, 1)) == "Thành phố Quảng Ninh"


def _children(province_code: str) -> list[AdminUnit]:
    province = queries.get_unit_by_code(province_code, vintage=VINTAGE_BEFORE)
    return list(db.session.scalars(queries.units().where(AdminUnit.parent_id == province.id)))
