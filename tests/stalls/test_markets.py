"""Markets for everybody, their management, and shares that tell nobody's turnover."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.core.roles import Role
from marketplace.places.queries import get_commune, list_predecessors
from marketplace.stalls import queries, services
from marketplace.stalls.models import Market, MarketKind, Means
from tests.factories.accounts import UserFactory
from tests.factories.places import load_small_country
from tests.factories.stalls import MarketFactory, StallFactory, sell
from tests.payments.conftest import receive
from tests.signing_in import post_form, signed_in

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)


def _market(stalls: int = 3, **values: Any) -> tuple[str, list[int]]:
    with transaction():
        market = MarketFactory(name="Chợ Thoại Giang", **values)
        return market.slug, [StallFactory(market=market, number=str(number + 1)).id for number in range(stalls)]


def _paid_by_qr(stall_id: int, amount: int) -> None:
    sale = sell(stall_id, amount, Means.QR)
    assert sale.payment is not None
    receive(sale.payment, bank_reference=f"FT{sale.id}")


def _shares(slug: str) -> queries.Shares:
    return queries.shares(queries.get_market(slug), 2026, 11)


def test_shares_count_the_paid_sales_of_the_whole_market(context: Flask) -> None:
    slug, (first, second, third) = _market()
    with clock.frozen(NOON):
        _paid_by_qr(first, 30_000)
        sell(second, 30_000)
        sell(third, 40_000)
        sell(third, 99_000, Means.QR)  # never paid
        found = _shares(slug)
    assert (str(found.by_number), str(found.by_value)) == ("33.3", "30.0")
    assert (found.stalls, found.with_qr, found.used_qr) == (3, 3, 1)


@pytest.mark.parametrize("sellers", [0, 1, 2])
def test_shares_of_fewer_than_three_sellers_are_not_shown(app: Flask, sellers: int) -> None:
    with app.app_context(), clock.frozen(NOON):
        slug, stalls = _market()
        for stall_id in stalls[:sellers]:
            sell(stall_id, 30_000)
        found = _shares(slug)
        assert (found.by_number, found.by_value) == (None, None)
        page = signed_in(app, Role.OPERATOR).get(f"/markets/{slug}/shares?month=2026-11").text
    assert page.count("Không hiển thị") == 2 and "%</td>" not in page


def test_the_managers_page_holds_no_amount(app: Flask) -> None:
    with app.app_context(), clock.frozen(NOON):
        slug, stalls = _market()
        for number, stall_id in enumerate(stalls):
            sell(stall_id, 31_000 + number)
        manager = signed_in(app, Role.MARKET_MANAGER, subject_id=queries.get_market(slug).id)
        page = manager.get(f"/markets/{slug}/shares?month=2026-11").text
    assert "0,0\u00a0%" in page
    assert "₫" not in page and not re.search(r"31[.,]?00|93[.,]?00", page)


def test_another_markets_manager_sees_and_changes_nothing(app: Flask) -> None:
    with app.app_context():
        slug, stalls = _market()
        other, _none = _market(0)
        manager = signed_in(app, Role.MARKET_MANAGER, subject_id=queries.get_market(other).id)
    for url in ("manage", "shares", "edit", "stalls/new", f"stalls/{stalls[0]}"):
        assert manager.get(f"/markets/{slug}/{url}").status_code == 404
    assert manager.get(f"/markets/{other}/stalls/{stalls[0]}").status_code == 404
    stall = {"number": "9", "name": "Sạp lạ"}
    for url in ("stalls/new", f"stalls/{stalls[0]}", f"stalls/{stalls[0]}/vendors"):
        assert post_form(manager, f"/markets/{slug}/{url}", {**stall, "phone": "0912345678"}).status_code == 404
    assert manager.get("/markets/new").status_code == 403
    with app.app_context():
        assert [s.number for s in queries.list_stalls(queries.get_market(slug))] == ["1", "2", "3"]


def test_the_operator_opens_a_market_and_names_its_manager(app: Flask) -> None:
    with app.app_context(), transaction():
        load_small_country()
        phone = UserFactory(name="Trần Văn Quản").phone
    operator = signed_in(app, Role.OPERATOR)
    typed = {"kind": "market", "name": "Chợ Thoại Giang", "province": "91", "commune": "30682"}
    step = post_form(operator, "/markets/new", {**typed, "commune": "", "pick_place": "1"})
    assert step.status_code == 200 and 'value="Chợ Thoại Giang"' in step.text and 'value="30682"' in step.text
    answer = post_form(operator, "/markets/new", typed)
    assert answer.location == "/markets/cho-thoai-giang/manage"
    post_form(operator, "/markets/cho-thoai-giang/managers", {"phone": phone})
    assert "Trần Văn Quản" in operator.get(answer.location).text
    edit = operator.get("/markets/cho-thoai-giang/edit").text
    former = re.search(r'<option value="(\d{5})">Xã Thoại Giang</option>', edit)
    assert former is not None
    changed = {**typed, "former_commune": former[1], "collects_fees_cashless": "y"}
    assert post_form(operator, "/markets/cho-thoai-giang/edit", changed).status_code == 303
    page = app.test_client().get("/markets/cho-thoai-giang").text
    assert "trước đây là Xã Thoại Giang" in page and "thu phí không dùng tiền mặt" in page


def test_a_manager_corrects_the_market_but_not_the_area_whose_figures_it_counts_in(app: Flask) -> None:
    with app.app_context(), transaction():
        load_small_country()
        market = MarketFactory(commune_id=get_commune("30682").id)
        market_id, slug = market.id, market.slug
    manager = signed_in(app, Role.MARKET_MANAGER, subject_id=market_id)
    address = f"/markets/{slug}/edit"
    assert 'name="province"' not in manager.get(address).text
    typed = {"kind": "market", "name": "Chợ mới", "commune": "30682", "collects_fees_cashless": "y"}
    assert post_form(manager, address, {**typed, "commune": "00565"}).status_code == 403
    with app.app_context():
        assert queries.get_market(slug).commune.code == "30682"
    assert post_form(manager, address, typed).status_code == 303
    with app.app_context():
        assert queries.get_market(slug).name == "Chợ mới"


def test_a_market_without_commune_is_refused_beside_the_field(app: Flask) -> None:
    with app.app_context(), transaction():
        load_small_country()
    operator = signed_in(app, Role.OPERATOR)
    answer = post_form(
        operator, "/markets/new", {"kind": "market", "name": "Chợ", "province": "91", "commune": "00001"}
    )
    assert answer.status_code == 422
    with app.app_context():
        assert queries.list_markets().total == 0


def test_the_manager_registers_a_stall_and_the_person_who_sells_there(app: Flask) -> None:
    with app.app_context():
        slug, _stalls = _market(0)
        market_id = queries.get_market(slug).id
        with transaction():
            person = UserFactory(name="Nguyễn Thị Ba")
            phone, user_id = person.phone, person.id
    manager = signed_in(app, Role.MARKET_MANAGER, subject_id=market_id)
    typed = {"number": "A1", "name": "Rau cô Ba", "goods": "Rau", "is_active": "y"}
    half = post_form(manager, f"/markets/{slug}/stalls/new", {**typed, "bank_account": "0911"})
    assert half.status_code == 422 and "để trống cả ba" in half.text
    where = post_form(manager, f"/markets/{slug}/stalls/new", typed).location
    assert post_form(manager, f"/markets/{slug}/stalls/new", typed).status_code == 422  # the number is taken
    post_form(manager, f"{where}/vendors", {"phone": phone})
    vendor = signed_in(app, user_id=user_id)
    till = vendor.get("/till").location
    assert "Rau cô Ba" in vendor.get(till).text
    post_form(manager, f"{where}/vendors/{user_id}/dismiss")
    assert vendor.get(till).status_code == 403


@pytest.mark.parametrize(
    ("typed", "sentence"), [("0912 34", "10 chữ số"), ("", "điền"), ("0999 888 777", "Chưa có ai đăng ký")]
)
def test_a_phone_that_leads_to_nobody_is_refused_beside_its_field_and_kept(
    app: Flask, typed: str, sentence: str
) -> None:
    with app.app_context():
        slug, stalls = _market(1)
    operator = signed_in(app, Role.OPERATOR)
    for where in (f"/markets/{slug}/managers", f"/markets/{slug}/stalls/{stalls[0]}/vendors"):
        refused = post_form(operator, where, {"phone": typed})
        assert refused.status_code == 422
        [wrong] = re.findall(r'<input[^>]*aria-invalid="true"[^>]*>', refused.text)
        assert 'name="phone"' in wrong and f'value="{typed}"' in wrong and sentence in refused.text


def test_a_former_commune_of_elsewhere_is_refused(context: Flask) -> None:
    with transaction():
        load_small_country()
    strange = list_predecessors(get_commune("00565"))[0].unit
    with pytest.raises(Invalid, match="former_commune_unknown"), transaction():
        services.open_market(
            kind=MarketKind.MARKET,
            name="Chợ lạ",
            commune=get_commune("30682"),
            former_commune=strange,
            actor_id=None,
        )


def test_twin_names_get_addresses_of_their_own(context: Flask) -> None:
    with transaction():
        load_small_country()

    def opened() -> str:
        with transaction():
            commune = get_commune("30682")
            return services.open_market(kind=MarketKind.MARKET, name="Chợ Mới", commune=commune, actor_id=None).slug

    assert [opened() for _ in range(3)] == ["cho-moi", "cho-moi-thoai-son", "cho-moi-2"]


def test_the_public_pages_tell_what_is_sold_and_where_qr_is_taken(app: Flask) -> None:
    with app.app_context():
        slug, _stalls = _market(2)
        with transaction():
            bare = StallFactory(market=db.session.get_one(Market, queries.get_market(slug).id), number="10", name="Bún")
            bare.bank_bin = bare.bank_account = None
    guest = app.test_client()
    page = guest.get(f"/markets/{slug}").text
    assert page.index("1 · ") < page.index("10 · Bún") and page.count("QR và tiền mặt") == 2
    assert "2 trên 3 sạp nhận thanh toán QR" in guest.get("/markets").text
    home = guest.get("/").text
    assert "Chợ nhận thanh toán QR hôm nay" in home and f'href="/markets/{slug}"' in home
    assert guest.get("/markets/khong-co").status_code == 404


def test_the_home_page_is_silent_without_markets(app: Flask) -> None:
    assert "Chợ nhận thanh toán QR" not in app.test_client().get("/").text
