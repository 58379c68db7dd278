"""Finding places over the whole country, as people type."""

import pytest

from marketplace.places.models import VINTAGE_BEFORE, Level
from marketplace.places.search import PlaceHit, marked, search_places, search_vintage

pytestmark = pytest.mark.usefixtures("whole_country")


def shown(hits: list[PlaceHit]) -> list[tuple[str, str | None]]:
    return [(hit.unit.address, hit.formerly.address if hit.formerly else None) for hit in hits]


@pytest.mark.parametrize("typed", ["Thoại Giang", "thoai giang", "THOẠI GIANG", "xã Thoại Giang", "  Thoại   Giang "])
def test_a_former_name_finds_the_present_place_with_or_without_marks(typed: str) -> None:
    assert shown(search_places(typed)) == [
        ("Xã Thoại Sơn, Tỉnh An Giang", "Xã Thoại Giang, Huyện Thoại Sơn, Tỉnh An Giang")
    ]


def test_a_present_name_comes_before_former_ones() -> None:
    hits = search_places("thoai son", limit=3)

    assert shown(hits)[0] == ("Xã Thoại Sơn, Tỉnh An Giang", None)
    assert all(hit.formerly is not None and hit.formerly.full_name == "Huyện Thoại Sơn" for hit in hits[1:])


def test_one_name_of_many_places_finds_them_all_and_a_place_around_it_tells_them_apart() -> None:
    many = shown(search_places("Bình Dương"))
    one = shown(search_places("xã Bình Dương, Thăng Bình"))

    assert {"Xã Bình Dương, Tỉnh Gia Lai", "Phường Bình Dương, Thành phố Hồ Chí Minh", "Thành phố Hồ Chí Minh"} <= {
        present for present, _ in many
    }
    assert one == [("Xã Thăng An, Thành phố Đà Nẵng", "Xã Bình Dương, Huyện Thăng Bình, Tỉnh Quảng Nam")]


def test_typed_marks_put_the_name_with_these_marks_first() -> None:
    with_hook = search_places("Đông Hưng", level=Level.COMMUNE)
    other = search_places("Đồng Hưng", level=Level.COMMUNE)

    assert (with_hook[0].formerly or with_hook[0].unit).name == "Đông Hưng"
    assert [hit.unit.id for hit in other] != [] and {hit.unit.id for hit in other} <= {
        hit.unit.id for hit in search_places("dong hung", level=Level.COMMUNE, limit=100)
    }


@pytest.mark.parametrize(("one", "other"), [("Hòa Bình", "Hoà Bình"), ("Thủy", "Thuỷ"), ("Nguyễn Úy", "Nguyễn Uý")])
def test_the_place_of_the_tone_mark_means_nothing(one: str, other: str) -> None:
    assert marked(one) == marked(other)
    assert shown(search_places(one)) == shown(search_places(other))


def test_marks_that_differ_stay_different() -> None:
    assert len({marked(name) for name in ("Đường", "Dương", "Duong", "Dường")}) == 4


@pytest.mark.parametrize("typed", ["TP. Hồ Chí Minh", "tp ho chi minh", "thành phố Hồ Chí Minh", "TP.HCM, ho chi minh"])
def test_abbreviated_kinds_are_understood(typed: str) -> None:
    found = shown(search_places(typed))

    assert found[:1] == ([("Thành phố Hồ Chí Minh", None)] if "HCM" not in typed else [])


@pytest.mark.parametrize("typed", ["p.1, Mỹ Tho", "Phường 1, TP. Mỹ Tho, Tiền Giang", "phuong 1, tp my tho"])
def test_a_numbered_ward_is_found_in_its_city(typed: str) -> None:
    assert shown(search_places(typed))[0] == (
        "Phường Mỹ Tho, Tỉnh Đồng Tháp",
        "Phường 1, Thành phố Mỹ Tho, Tỉnh Tiền Giang",
    )


def test_a_split_commune_offers_all_its_parts() -> None:
    hits = search_places("Đặng Xá, Gia Lâm")

    assert [(hit.unit.code, hit.needs_choice) for hit in hits] == [("00541", True), ("00562", True)]


def test_a_search_can_be_narrowed_to_a_province() -> None:
    hits = search_places("binh duong", level=Level.COMMUNE, province="48")

    assert [hit.unit.code for hit in hits] == ["20794"]
    assert {hit.unit.lineage[-1].code for hit in search_places("an", province="91", limit=100)} == {"91"}
    assert search_places("binh duong", province="00") == []


def test_a_search_of_the_former_units_answers_with_them() -> None:
    found = search_vintage("Thoại Giang", vintage=VINTAGE_BEFORE)

    assert [(unit.code, unit.vintage) for unit in found] == [("30721", VINTAGE_BEFORE)]


@pytest.mark.parametrize("typed", ["", "  ", "?!", "%", "_", "không có xã nào tên này", ","])
def test_nothing_is_found_for_nothing(typed: str) -> None:
    assert search_places(typed) == []
