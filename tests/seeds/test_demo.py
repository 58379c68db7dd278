"""The demonstration keeps facts and inventions apart, and time in order."""

import io
import re
from datetime import UTC, datetime, timedelta

from PIL import Image

from marketplace.core import clock
from marketplace.ocop.models import ProductGroup
from seeds.demo.facts import COOPERATIVE, INVENTED, NEIGHBOUR, SUSPENDED, read_facts
from seeds.demo.pictures import draw_picture
from seeds.demo.timeline import Timeline
from seeds.demo.traders import Trader

START = datetime(2026, 8, 1, tzinfo=UTC)


def test_facts_name_their_producer_their_commune_and_their_source() -> None:
    facts = read_facts()
    assert len(facts) >= 75
    assert all(fact.commune_code and fact.source_url and "not named" not in fact.producer for fact in facts)
    assert not any(fact.is_invented for fact in facts)
    assert len({(fact.producer, fact.name) for fact in facts}) == len(facts)


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
