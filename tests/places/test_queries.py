"""One unit, lists and successors over the small country."""

from datetime import date

import pytest

from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.places import queries
from marketplace.places.errors import PlaceNotFound
from marketplace.places.models import VINTAGE_2025, VINTAGE_BEFORE, AdminUnit, Level, UnitLink
from tests.factories.places import make_unit

pytestmark = pytest.mark.usefixtures("small_country")


def old(code: str) -> AdminUnit:
    return queries.get_unit_by_code(code, vintage=VINTAGE_BEFORE)


def test_two_merged_communes_are_one_today_and_know_their_days() -> None:
    thoai_giang, nui_sap = old("30721"), old("30682")
    thoai_son = queries.get_unit_by_code("30682")

    resolved = queries.resolve_many([thoai_giang.id, nui_sap.id, thoai_son.id])

    assert [[unit.id for unit in resolved[each.id].units] for each in (thoai_giang, nui_sap, thoai_son)] == [
        [thoai_son.id]
    ] * 3
    assert (thoai_giang.existed_on(date(2025, 6, 30)), thoai_giang.existed_on(date(2025, 7, 1))) == (True, False)
    assert (thoai_son.existed_on(date(2025, 6, 30)), thoai_son.existed_on(date(2025, 7, 1))) == (False, True)


def test_on_the_day_before_the_merger_a_commune_was_still_itself() -> None:
    thoai_giang = old("30721")

    assert queries.resolve_to_current(thoai_giang, on=date(2025, 6, 30)).units == (thoai_giang,)


def test_predecessors_say_whole_or_part() -> None:
    whole = queries.list_predecessors(queries.get_unit_by_code("30682"))
    mixed = queries.list_predecessors(queries.get_unit_by_code("00562"))

    assert [(former.unit.full_name, former.is_split) for former in whole] == [
        ("Thị trấn Núi Sập", False),
        ("Xã Thoại Giang", False),
    ]
    assert [(former.unit.full_name, former.is_split) for former in mixed] == [
        ("Xã Đặng Xá", True),
        ("Xã Dương Quang", False),
    ]


def test_a_later_merger_is_followed_to_its_end() -> None:
    thoai_son = queries.get_unit_by_code("30682")
    with transaction():
        thoai_son = queries.get_unit(thoai_son.id)
        later = make_unit("30690", "Thoại Sơn Mới", vintage="2026-10", parent_id=thoai_son.parent_id)
        thoai_son.valid_to = later.valid_from = date(2026, 10, 1)
        db.session.add(UnitLink(old_id=thoai_son.id, new_id=later.id, valid_from=date(2026, 10, 1)))

    assert [unit.code for unit in queries.resolve_to_current(old("30721")).units] == ["30690"]
    assert [unit.code for unit in queries.resolve_to_current(old("30721"), on=date(2026, 9, 30)).units] == ["30682"]


def test_a_unit_that_ended_without_a_link_resolves_to_nothing() -> None:
    with transaction():
        lost = make_unit("99999", "Mất Tích", vintage=VINTAGE_BEFORE, valid_to=date(2025, 7, 1), valid_from=None)

    resolution = queries.resolve_to_current(lost)

    assert (resolution.units, resolution.needs_choice) == ((), False)


def test_unknown_codes_are_not_found() -> None:
    assert queries.find_unit("30721") is None
    with pytest.raises(PlaceNotFound):
        queries.get_unit_by_code("30721")
    with pytest.raises(PlaceNotFound):
        queries.get_unit(0)


def test_a_list_is_read_page_by_page() -> None:
    first = queries.list_units(level=Level.COMMUNE, limit=5)
    second = queries.list_units(level=Level.COMMUNE, limit=5, after=first.next)

    assert [unit.code for unit in first.items] == ["00541", "00562", "00565", "07840", "20794"]
    assert first.next == "20794"
    assert [unit.code for unit in second.items] == ["25270", "30682", "30685"]
    assert second.next is None


def test_a_list_can_be_of_one_parent() -> None:
    assert [unit.code for unit in queries.list_units(parent="91").items] == ["30682", "30685"]
    assert [unit.code for unit in queries.list_units(vintage=VINTAGE_BEFORE, parent="894").items] == ["30682", "30721"]


def test_a_choice_goes_from_province_to_commune() -> None:
    nothing = queries.place_choice()
    province = queries.place_choice("91")
    both = queries.place_choice(None, "30682")

    assert ([unit.name for unit in nothing.provinces], nothing.communes) == (
        ["An Giang", "Bắc Ninh", "Đà Nẵng", "Đồng Nai", "Hà Nội"],
        [],
    )
    assert [unit.name for unit in province.communes] == ["Phú Hòa", "Thoại Sơn"]
    assert both.province is not None
    assert both.commune is not None
    assert (both.province.code, both.commune.code) == ("91", "30682")


@pytest.mark.parametrize(("province", "commune"), [("48", "30682"), ("91", "00565"), ("91", "91"), ("91", "30721")])
def test_a_commune_of_elsewhere_is_not_chosen(province: str, commune: str) -> None:
    assert queries.place_choice(province, commune).commune is None


def test_a_code_that_is_no_province_offers_no_communes() -> None:
    choice = queries.place_choice("30682")

    assert (choice.province, choice.communes) == (None, [])
    assert {unit.vintage for unit in choice.provinces} == {VINTAGE_2025}


def test_the_area_of_a_merged_commune_takes_in_what_it_was_made_of() -> None:
    thoai_son, thuan_an = queries.get_unit_by_code("30682"), queries.get_unit_by_code("00562")

    merged, mixed = queries.area_of(thoai_son), queries.area_of(thuan_an)

    assert merged == queries.Area(frozenset({thoai_son.id, old("30682").id, old("30721").id}), frozenset())
    assert mixed == queries.Area(frozenset({thuan_an.id, old("00568").id}), frozenset({old("00556").id}))


def test_a_commune_split_inside_one_province_belongs_to_the_province_whole() -> None:
    ha_noi = queries.area_of(queries.get_unit_by_code("01"))

    assert {old("00556").id, old("01").id, queries.get_unit_by_code("00541").id} <= ha_noi.whole
    assert ha_noi.partly == frozenset()
    assert old("30721").id not in ha_noi.whole


def test_the_area_of_a_former_district_is_its_former_communes() -> None:
    assert queries.area_of(old("894")).whole == {old("894").id, old("30682").id, old("30721").id}


def test_a_form_gets_the_commune_that_it_names() -> None:
    assert queries.get_commune("30682").name == "Thoại Sơn"


@pytest.mark.parametrize("code", ["30721", "91", "", "xyz"])
def test_a_form_that_names_no_present_commune_is_refused(code: str) -> None:
    with pytest.raises(Invalid) as refused:
        queries.get_commune(code, field="origin")

    assert (refused.value.code, refused.value.field) == ("commune_unknown", "origin")
