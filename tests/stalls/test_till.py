"""The trader's pages by plain HTTP, as a phone without script uses them."""

import re
import uuid
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.roles import Role
from marketplace.stalls import queries
from marketplace.stalls.models import Means, Sale, SaleState
from tests.factories.stalls import make_stall, sell
from tests.payments.conftest import receive
from tests.signing_in import post_form, signed_in

MORNING = datetime(2026, 11, 21, 0, 12, tzinfo=UTC)  # 07:12 in Vietnam


@pytest.fixture
def stall_id(app: Flask) -> int:
    with app.app_context():
        return make_stall(name="Rau củ cô Ba", bank_account="0911000111")


@pytest.fixture
def vendor(app: Flask, stall_id: int) -> FlaskClient:
    return signed_in(app, Role.VENDOR, subject_id=stall_id)


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def _count(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Sale)) or 0


def test_the_keypad_works_without_script_and_ends_at_the_qr(vendor: FlaskClient, stall_id: int) -> None:
    page = vendor.get(f"/till/{stall_id}").text
    sent = {
        "csrf_token": _hidden(page, "csrf_token"),
        "client_id": _hidden(page, "client_id"),
        "amount": "45.000",
        "means": "qr",
    }
    answer = vendor.post(f"/till/{stall_id}/sales", data=sent)
    assert answer.status_code == 303
    screen = vendor.get(answer.location).text
    assert "Chưa xác nhận" in screen and "45.000\u00a0₫" in screen and "Đã nhận" not in screen
    assert re.search(r"<strong>CH[2-9A-Z]{7}</strong>", screen)
    assert 'role="img" aria-label="Mã QR để chuyển khoản"' in screen
    assert "Mô phỏng: không có tiền thật" in screen
    again = vendor.post(f"/till/{stall_id}/sales", data=sent)
    assert again.location == answer.location


def test_cash_in_one_tap_comes_back_to_an_empty_keypad(vendor: FlaskClient, stall_id: int) -> None:
    with clock.frozen(MORNING):
        sent = {"client_id": str(uuid.uuid4()), "amount": "30000", "means": "cash"}
        answer = post_form(vendor, f"/till/{stall_id}/sales", sent)
        page = vendor.get(answer.location).text
    assert "Đã thu 30.000\u00a0₫ tiền mặt lúc 07:12" in page
    assert 'name="amount" value=""' in page
    assert _hidden(page, "client_id") != sent["client_id"]


@pytest.mark.parametrize("number", [0, -1, 2**63, 2**64, 10**30, "x"])
def test_numbers_that_name_nothing_are_left_aside(vendor: FlaskClient, stall_id: int, number: object) -> None:
    assert vendor.get(f"/till/{stall_id}?done={number}").status_code == 200
    assert vendor.get(f"/markets?page={number}").status_code == 200


def test_another_amount_under_the_same_id_is_refused_and_offers_a_new_sale(
    app: Flask, vendor: FlaskClient, stall_id: int
) -> None:
    client_id = str(uuid.uuid4())
    post_form(vendor, f"/till/{stall_id}/sales", {"client_id": client_id, "amount": "30000", "means": "cash"})
    answer = post_form(vendor, f"/till/{stall_id}/sales", {"client_id": client_id, "amount": "31000", "means": "cash"})
    assert answer.status_code == 409
    assert "đã được gửi với số tiền khác" in answer.text and 'value="31000"' in answer.text
    assert _hidden(answer.text, "client_id") != client_id
    assert _count(app) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "0"},
        {"amount": "1.5"},
        {"amount": "500000000"},
        {"amount": ""},
        {"means": "card"},
        {"client_id": "x"},
    ],
)
def test_what_cannot_be_sold_is_said_beside_the_field(
    app: Flask, vendor: FlaskClient, stall_id: int, changed: dict[str, str]
) -> None:
    sent = {"client_id": str(uuid.uuid4()), "amount": "45000", "means": "qr", **changed}
    answer = post_form(vendor, f"/till/{stall_id}/sales", sent)
    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text
    assert _count(app) == 0


def test_received_in_green_with_the_banks_time(app: Flask, vendor: FlaskClient, stall_id: int) -> None:
    with app.app_context(), clock.frozen(MORNING):
        sale = sell(stall_id, 45_000, Means.QR)
        url, status = f"/till/{stall_id}/sales/{sale.id}", f"/till/{stall_id}/sales/{sale.id}/status"
        assert vendor.get(status).json == {
            "face": "awaiting",
            "headline": "Chưa xác nhận",
            "detail": "Đang chờ ngân hàng báo. Ảnh chụp chuyển khoản không phải là bằng chứng.",
            "received": 0,
        }
        assert sale.payment is not None
        receive(sale.payment, 40_000, bank_reference="FT1")
        assert vendor.get(status).json["headline"] == "Mới nhận 40.000\u00a0₫, còn thiếu 5.000\u00a0₫"
        assert '<p class="asked">5.000\u00a0₫</p>' in vendor.get(url).text
        receive(sale.payment, 7_000, bank_reference="FT2")
        said = vendor.get(status).json
    assert (said["face"], said["headline"]) == ("paid", "Đã nhận 45.000\u00a0₫ lúc 07:12")
    assert said["detail"] == "Khách chuyển dư 2.000\u00a0₫: vui lòng trả lại khách."
    page = vendor.get(url).text
    assert "face-paid" in page and "Hủy lần bán này" not in page and "<svg role" not in page


def test_an_awaiting_sale_is_cancelled_and_a_paid_one_is_not(app: Flask, vendor: FlaskClient, stall_id: int) -> None:
    with app.app_context():
        first, second = sell(stall_id, 45_000, Means.QR), sell(stall_id, 46_000, Means.QR)
        assert second.payment is not None
        receive(second.payment)
        first_id, second_id = first.id, second.id
    assert post_form(vendor, f"/till/{stall_id}/sales/{first_id}/cancel").status_code == 303
    assert post_form(vendor, f"/till/{stall_id}/sales/{second_id}/cancel").status_code == 409
    with app.app_context():
        states = [queries.get_sale(stall_id, sale_id).state for sale_id in (first_id, second_id)]
    assert states == [SaleState.CANCELLED, SaleState.PAID]


def test_a_refused_button_of_the_till_leads_back_to_its_sale(app: Flask, vendor: FlaskClient, stall_id: int) -> None:
    with app.app_context():
        sale = sell(stall_id, 46_000, Means.QR)
        assert sale.payment is not None
        receive(sale.payment)
        address = f"/till/{stall_id}/sales/{sale.id}"
        db.session.remove()
    for button in ("cancel", "cash"):
        moved, expired = post_form(vendor, f"{address}/{button}"), vendor.post(f"{address}/{button}")
        assert (moved.status_code, expired.status_code) == (409, 400)
        for page in (moved.text, expired.text):
            assert f'href="{address}"' in page and "Quay lại lần bán" in page
    typed = {"client_id": str(uuid.uuid4()), "amount": "45000", "means": "cash"}
    expired_form = vendor.post(f"/till/{stall_id}/sales", data=typed)
    assert f'href="/till/{stall_id}?amount=45000"' in expired_form.text
    assert 'value="45000"' in vendor.get(f"/till/{stall_id}?amount=45000").text


def test_everything_that_is_for_waiting_goes_when_money_came(app: Flask, vendor: FlaskClient, stall_id: int) -> None:
    with app.app_context():
        sale_id = sell(stall_id, 45_000, Means.QR).id
        db.session.remove()
    actions = vendor.get(f"/till/{stall_id}/sales/{sale_id}").text.split('class="sale-actions"')[1]
    buttons = re.findall(r"<(?:form|a)\b[^>]*>", actions.split("</main>")[0])
    assert [("data-while-open" in button) for button in buttons] == [False, True, True, True, True]


def test_the_till_shows_the_last_five_and_the_day_by_means(app: Flask, vendor: FlaskClient, stall_id: int) -> None:
    with app.app_context(), clock.frozen(MORNING):
        for amount in (1_000, 2_000, 3_000, 4_000, 5_000, 6_000):
            sell(stall_id, amount)
        sell(stall_id, 99_000, Means.QR)
        page, day = vendor.get(f"/till/{stall_id}").text, vendor.get(f"/till/{stall_id}/day?on=2026-11-21").text
    assert page.count("/sales/") - page.count("/sales/batch") - page.count("/sales/codes") == 5
    assert "21.000\u00a0₫" in page and "6 lần bán" in page
    assert day.count('<span class="time">') == 7
    assert "Ngày này chưa bán lần nào" in vendor.get(f"/till/{stall_id}/day?on=2026-11-20").text


def test_the_printed_card_is_static_names_the_stall_and_says_simulation(vendor: FlaskClient, stall_id: int) -> None:
    page = vendor.get(f"/till/{stall_id}/card").text
    assert "MÔ PHỎNG" in page and "Rau củ cô Ba" in page and "0911000111" in page
    assert vendor.get(f"/till/{stall_id}/card?size=a6").text.count("qr-card-small") == 1


def test_the_trader_names_another_account_which_waits(app: Flask, vendor: FlaskClient, stall_id: int) -> None:
    wrong = {"bank_bin": "970436", "bank_account": "0922000222", "bank_holder": "Nguyễn Thị Ba"}
    refused = post_form(vendor, f"/till/{stall_id}/account", wrong)
    assert refused.status_code == 422 and "không thuộc ngân hàng thật" in refused.text
    assert post_form(vendor, f"/till/{stall_id}/account", {**wrong, "bank_bin": "999999"}).status_code == 303
    with app.app_context():
        waiting = queries.find_waiting_account(stall_id)
        assert waiting is not None
        named = (waiting.bank_bin, waiting.account_number, waiting.holder)
        assert named == ("999999", "0922000222", "NGUYEN THI BA")
        assert queries.get_stall(stall_id).bank_account == "0911000111"


def test_the_neighbours_till_does_not_exist(app: Flask, vendor: FlaskClient, stall_id: int) -> None:
    with app.app_context():
        other = make_stall()
        sale_id = sell(other, 45_000, Means.QR).id
    own = f"/till/{stall_id}/sales/{sale_id}"
    for url in (f"/till/{other}", f"/till/{other}/day", f"/till/{other}/card", f"/till/{other}/account", own):
        assert vendor.get(url).status_code == 404
        assert vendor.get(url).text.count("Không tìm thấy") >= 1
    for url in (f"/till/{other}/sales/{sale_id}", f"/till/{other}/sales/{sale_id}/status", own + "/status"):
        assert vendor.get(url).status_code == 404
    sent = {"client_id": str(uuid.uuid4()), "amount": "1000", "means": "cash"}
    for url in (f"/till/{other}/sales", f"/till/{other}/sales/{sale_id}/cancel", own + "/cancel"):
        assert post_form(vendor, url, sent).status_code == 404
    assert post_form(vendor, f"/till/{other}/account", {"bank_bin": "999999"}).status_code == 404
    with app.app_context():
        assert queries.get_sale(other, sale_id).state is SaleState.AWAITING
    assert _count(app) == 1


@pytest.mark.parametrize("role", [Role.BUYER, Role.MARKET_MANAGER, Role.OPERATOR])
def test_others_have_no_till(app: Flask, stall_id: int, role: Role) -> None:
    subject = {"subject_id": stall_id} if role is Role.MARKET_MANAGER else {}
    assert signed_in(app, role, **subject).get(f"/till/{stall_id}").status_code == 403


def test_one_stall_opens_at_once_and_several_are_listed(app: Flask, vendor: FlaskClient, stall_id: int) -> None:
    assert vendor.get("/till").location == f"/till/{stall_id}"
    with app.app_context():
        other = make_stall(name="Cá đồng chú Tư")
    both = signed_in(app, Role.VENDOR, subject_id=other, user_id=vendor.user_id)
    assert "Cá đồng chú Tư" in both.get("/till").text


def test_the_simulation_lets_a_newcomer_pay_the_code_in_the_banks_app(
    app: Flask, vendor: FlaskClient, stall_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the sale's screen and beside the printed card; nowhere without a simulated bank."""
    sent = {"client_id": str(uuid.uuid4()), "amount": "15000", "means": "qr"}
    made = post_form(vendor, f"/till/{stall_id}/sales", sent)
    pages = (made.location, f"/till/{stall_id}/card")
    monkeypatch.setitem(app.config, "BANK_APP_URL", "")
    assert not any("/bank/app?" in vendor.get(page).text for page in pages)
    monkeypatch.setitem(app.config, "BANK_APP_URL", "http://sandbox.example/bank/app")
    assert all("http://sandbox.example/bank/app?qr=000201" in vendor.get(page).text for page in pages)
