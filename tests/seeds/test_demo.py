"""The demonstration keeps facts and inventions apart, and time in order."""

import csv
import io
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

from marketplace.core import clock
from marketplace.ocop.models import ProductGroup
from seeds.demo.facts import (
    COOPERATIVE,
    INVENTED,
    NEIGHBOUR,
    SUSPENDED,
    LeftOut,
    account_of_rows,
    read_facts,
    read_rows,
)
from seeds.demo.pictures import draw_picture
from seeds.demo.timeline import Timeline
from seeds.demo.traders import Trader

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
START = datetime(2026, 8, 1, tzinfo=UTC)


def test_facts_name_their_producer_their_commune_and_their_source() -> None:
    facts = read_facts()
    assert len(facts) >= 75
    assert all(fact.commune_code and fact.source_url and "not named" not in fact.producer for fact in facts)
    assert not any(fact.is_invented for fact in facts)
    assert len({(fact.producer, fact.name) for fact in facts}) == len(facts)


def test_each_row_is_loaded_or_left_out_for_a_reason_that_is_told() -> None:
    rows = read_rows()
    reasons = Counter(why for _row, why in rows)
    assert reasons == {None: 79, LeftOut.NO_COMMUNE: 74, LeftOut.NEITHER: 6, LeftOut.NO_PRODUCER: 5}
    assert len(read_facts()) == reasons[None]
    told = account_of_rows().splitlines()
    assert told[0].startswith("Published products: 79 of 164 rows are loaded, 30 of them with")
    assert told[1:] == [
        "  74 left out: the source names no commune of today",
        "  6 left out: the source names neither producer nor commune",
        "  5 left out: the source does not name the producer",
    ]


def test_no_row_is_left_out_whose_former_commune_leads_to_todays() -> None:
    with (SEEDS / "places" / "units.csv").open(encoding="utf-8", newline="") as text:
        units = list(csv.DictReader(text))
    by_code = {(unit["vintage"], unit["level"], unit["code"]): unit for unit in units}
    former = {
        (f"{unit['kind']} {unit['name']}".lower(), district["name"], by_code[_above(district)]["name"])
        for unit in units
        if unit["level"] == "commune" and unit["vintage"] == "pre-2025" and (district := by_code[_above(unit)])
    }
    assert ("thị trấn chợ mới", "Chợ Mới", "An Giang") in former  # the control: a row that is loaded
    for row, why in read_rows():
        if why in (LeftOut.NO_COMMUNE, LeftOut.NEITHER) and row["commune_old"]:
            district = row["district_old"].removeprefix("Huyện ").removeprefix("Thị xã ")
            assert (row["commune_old"].lower(), district, row["province_old"]) not in former


def _above(unit: dict[str, str]) -> tuple[str, str, str]:
    return unit["vintage"], {"commune": "district", "district": "province"}[unit["level"]], unit["parent_code"]


def test_a_decision_is_a_fact_only_with_number_and_full_date() -> None:
    facts = read_facts()
    assert any(fact.has_full_decision for fact in facts)
    assert any(fact.decision_number is not None and fact.decided_on is None for fact in facts)
    assert all(not fact.has_full_decision for fact in facts if fact.decided_on is None)


def test_a_potential_five_star_product_is_kept_as_four() -> None:
    potential = [fact for fact in read_facts() if fact.is_potential_five_star]
    assert potential
    assert {fact.stars for fact in potential} == {4}


def test_log_ins_and_suspensions_belong_to_invented_producers_only() -> None:
    real = {fact.producer for fact in read_facts()}
    assert not real & {COOPERATIVE, NEIGHBOUR, SUSPENDED}
    assert {fact.producer for fact in INVENTED} == {COOPERATIVE, NEIGHBOUR, SUSPENDED}
    assert all("Minh Họa" in fact.producer and fact.is_invented for fact in INVENTED)


def test_what_is_later_happens_later_and_nothing_happens_after_the_end() -> None:
    line, seen = Timeline(START + timedelta(days=2)), []
    line.at(START + timedelta(days=1), lambda: seen.append(("second", clock.now())))
    line.at(START, lambda: line.at(START + timedelta(hours=1), lambda: seen.append(("first", clock.now()))))
    line.at(START + timedelta(days=3), lambda: seen.append(("never", clock.now())))
    line.run()
    assert seen == [("first", START + timedelta(hours=1)), ("second", START + timedelta(days=1))]


def test_the_same_product_gets_the_same_picture() -> None:
    for group in ProductGroup:
        drawn = draw_picture("che shan tuyet", group.value, number=1)
        assert drawn == draw_picture("che shan tuyet", group.value, number=1)
        assert Image.open(io.BytesIO(drawn)).size == (960, 720)


def test_no_picture_shows_other_goods_than_those_of_the_product() -> None:
    signs = {group: draw_picture("gio be tu phuong", group.value, number=1) for group in ProductGroup}
    assert len(set(signs.values())) == len(ProductGroup)


def test_every_stall_has_a_trader_of_its_own_with_a_number_that_is_nobodys() -> None:
    traders = [Trader(market, number) for market in (0, 1) for number in range(1, 17)]
    for kind in ("email", "phone"):
        assert len({getattr(trader, kind) for trader in traders}) == len(traders)
    assert all(re.fullmatch(r"\+84900000[12][01][0-9]", trader.phone) for trader in traders)
    assert all("Minh Họa" in trader.name for trader in traders)
