"""From the keypad to "Đã nhận": the shop and the sandbox bank as strangers over HTTP."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from marketplace.core import clock, vietqr
from marketplace.core.roles import Role
from marketplace.ledger import queries as ledger
from marketplace.stalls import queries
from marketplace.stalls.models import Means
from tests.factories.stalls import make_stall
from tests.payments.shop import Shop, open_shop
from tests.signing_in import csrf_token, post_form, signed_in

ACCOUNT = "0911000111"


@dataclass
class Till:
    """A trader's phone beside a running bank."""

    app: Flask
    phone: FlaskClient
    stall_id: int
    shop: Shop

    def ask(self, amount: int = 45_000) -> tuple[str, str]:
        """Ring up a QR sale; the address of its screen and its VietQR payload."""
        sent = {"client_id": str(uuid.uuid4()), "amount": str(amount), "means": "qr"}
        screen: str = post_form(self.phone, f"/till/{self.stall_id}/sales", sent).location
        sale_id = int(screen.rsplit("/", 1)[1])
        answer = self.phone.get(f"/api/v1/sales/{sale_id}?stall_id={self.stall_id}")
        return screen, answer.json["qr"]

    def card(self) -> str:
        """The payload of the printed code: no amount, no memo of ours."""
        return vietqr.build("999999", ACCOUNT)

    def incoming(self) -> str:
        """The trader's list of money without a code."""
        return self.phone.get(f"/till/{self.stall_id}/incoming").text

    def said(self, screen: str) -> dict[str, Any]:
        """What the waiting phone hears."""
        return dict(self.phone.get(f"{screen}/status").json or {})

    def books(self) -> dict[str, int]:
        """Accounts that are not at zero."""
        with self.app.app_context():
            return {row.code: row.balance for row in ledger.trial_balance() if row.balance}

    def learned(self, amount: int) -> dict[str, int]:
        """The books after ``amount`` reached the trader's own account."""
        return {f"stall:{self.stall_id}:own_bank": amount, f"stall:{self.stall_id}:sales": -amount}


@pytest.fixture
def till(app: Flask, tmp_path: Path) -> Iterator[Till]:
    with app.app_context():
        stall_id = make_stall(bank_account=ACCOUNT)
    with open_shop(app, tmp_path) as shop:
        yield Till(app, signed_in(app, Role.VENDOR, subject_id=stall_id), stall_id, shop)


def test_the_code_leads_to_the_traders_own_account(till: Till) -> None:
    _screen, payload = till.ask(45_000)
    code = vietqr.read(payload)
    assert code.is_payable and code.amount == 45_000
    assert code.account == vietqr.Account("999999", ACCOUNT, "QRIBFTTA")
    assert re.fullmatch(r"CH[2-9A-Z]{7}", code.memo or "")


def test_exact(till: Till) -> None:
    screen, payload = till.ask(45_000)
    till.shop.sandbox.pay(payload)
    assert till.said(screen)["face"] == "awaiting"
    assert till.shop.deliver() == [200]
    heard = time.monotonic()
    said = till.said(screen)
    assert time.monotonic() - heard < 1
    assert said["face"] == "paid"
    assert re.fullmatch(r"Đã nhận 45\.000\u00a0₫ lúc \d\d:\d\d", said["headline"])
    assert till.books() == till.learned(45_000)


def test_short_then_the_rest(till: Till) -> None:
    screen, payload = till.ask(45_000)
    till.shop.sandbox.pay(payload, amount=40_000)
    till.shop.deliver()
    assert till.said(screen)["headline"] == "Mới nhận 40.000\u00a0₫, còn thiếu 5.000\u00a0₫"
    assert till.books() == {}
    sale_id = screen.rsplit("/", 1)[1]
    rest = till.phone.get(f"/api/v1/sales/{sale_id}?stall_id={till.stall_id}").json["qr"]
    assert vietqr.read(rest).amount == 5_000
    till.shop.sandbox.pay(rest)
    till.shop.deliver()
    assert till.said(screen)["face"] == "paid"
    assert till.books() == till.learned(45_000)


def test_over_and_twice_are_paid_once_and_the_rest_is_to_be_given_back(till: Till) -> None:
    screen, payload = till.ask(45_000)
    till.shop.sandbox.pay(payload, amount=50_000)
    till.shop.sandbox.pay(payload)
    assert till.shop.deliver() == [200, 200]
    said = till.said(screen)
    assert said["face"] == "paid"
    assert said["detail"] == "Khách chuyển dư 50.000\u00a0₫: vui lòng trả lại khách."
    assert till.books() == till.learned(45_000)


def test_the_same_notice_twice_has_one_effect(till: Till) -> None:
    screen, payload = till.ask(45_000)
    till.shop.sandbox.pay(payload)
    till.shop.fault("bank_notices", "duplicate", copies=3)
    assert set(till.shop.deliver()) == {200}
    assert till.said(screen) == {**till.said(screen), "face": "paid", "detail": ""}
    assert till.books() == till.learned(45_000)


def _mistyped(memo: str) -> str:
    return memo[:-1] + ("2" if memo[-1] != "2" else "3")


@pytest.mark.parametrize("spoil", [_mistyped, lambda _memo: "tien rau", lambda memo: memo[:-2]])
def test_a_wrong_code_never_pays(till: Till, spoil: Callable[[str], str]) -> None:
    screen, payload = till.ask(45_000)
    till.shop.sandbox.pay(payload, memo=spoil(vietqr.read(payload).memo or ""))
    assert till.shop.deliver() == [200]
    assert till.said(screen)["face"] == "awaiting"
    assert till.books() == {}


def test_an_untidy_memo_pays(till: Till) -> None:
    screen, payload = till.ask(45_000)
    memo = (vietqr.read(payload).memo or "").lower()
    till.shop.sandbox.pay(payload, memo=f"MBVCB.3278907687.{memo[:4]} {memo[4:]} chuyen tien rau")
    till.shop.deliver()
    assert till.said(screen)["face"] == "paid"


def test_money_on_a_strangers_account_never_pays(till: Till) -> None:
    screen, payload = till.ask(45_000)
    sticker = vietqr.build("999999", "0666000666", amount=45_000, memo=vietqr.read(payload).memo)
    till.shop.sandbox.pay(sticker)
    assert till.shop.deliver() == [200]
    assert till.said(screen) == {**till.said(screen), "face": "awaiting", "received": 0}
    assert till.books() == {}


def test_a_forged_notice_never_pays(till: Till) -> None:
    screen, payload = till.ask(45_000)
    code = vietqr.read(payload)
    body = json.dumps(
        {
            "id": "bn_forged",
            "bank_reference": "FT99999",
            "bin": "999999",
            "account": ACCOUNT,
            "direction": "in",
            "amount": 45_000,
            "currency": "VND",
            "memo": code.memo,
            "transacted_at": "2026-11-21T07:12:00+07:00",
            "payer_name": "KE GIAN",
            "payer_account": "1",
        }
    )
    headers = {"X-Bank-Timestamp": str(int(time.time())), "X-Bank-Signature": "sha256=" + "0" * 64}
    answer = requests.post(f"{till.shop.url}/webhooks/bank", data=body, headers=headers, timeout=10)
    assert answer.status_code in (400, 401)
    assert till.said(screen)["face"] == "awaiting"
    assert till.books() == {}


def test_a_cancelled_sale_takes_no_money(till: Till) -> None:
    screen, payload = till.ask(45_000)
    post_form(till.phone, f"{screen}/cancel")
    till.shop.sandbox.pay(payload)
    till.shop.deliver()
    said = till.said(screen)
    assert said["face"] == "cancelled"
    assert said["detail"] == "Tài khoản của bạn vẫn nhận 45.000\u00a0₫: vui lòng trả lại cho khách."
    assert till.books() == {}


def test_qr_and_cash_of_a_day_add_up_in_books_and_totals(till: Till) -> None:
    for amount in (45_000, 12_000):
        _screen, payload = till.ask(amount)
        till.shop.sandbox.pay(payload)
    sent = {"client_id": str(uuid.uuid4()), "amount": "30000", "means": "cash"}
    post_form(till.phone, f"/till/{till.stall_id}/sales", sent)
    till.shop.deliver()
    stall = f"stall:{till.stall_id}"
    assert till.books() == {f"{stall}:own_bank": 57_000, f"{stall}:cash": 30_000, f"{stall}:sales": -87_000}
    with till.app.app_context():
        totals = queries.totals_of_day(till.stall_id, clock.today())
    assert (totals[Means.QR], totals[Means.CASH]) == (queries.Total(2, 57_000), queries.Total(1, 30_000))


# -- the printed code (case 18), no network (26), cash after all (27) ------------------------------------------------


def _confirm(till: Till, page: str, sale: str) -> int:
    addresses = re.findall(r'action="([^"]+/incoming/\d+/confirm)"', page)
    return post_form(till.phone, addresses[0], {"sale_id": sale.rsplit("/", 1)[1]}).status_code


def test_18_money_by_the_printed_code_pays_only_by_the_traders_word(till: Till) -> None:
    screen, _payload = till.ask(45_000)
    till.shop.sandbox.pay(till.card(), amount=45_000, memo="tien rau")
    assert till.shop.deliver() == [200]
    assert (till.said(screen)["face"], till.books()) == ("awaiting", {})
    page = till.incoming()
    assert "45.000\u00a0₫" in page and "tien rau" in page
    assert _confirm(till, page, screen) == 303
    assert till.said(screen)["face"] == "paid"
    assert till.books() == till.learned(45_000)
    assert "45.000" not in till.incoming()
    assert _confirm(till, page, screen) == 409
    assert till.books() == till.learned(45_000)


def test_18_two_equal_amounts_stay_open_until_the_trader_chooses(till: Till) -> None:
    first, _payload = till.ask(45_000)
    second, _payload = till.ask(45_000)
    till.shop.sandbox.pay(till.card(), amount=45_000)
    till.shop.deliver()
    page = till.incoming()
    assert len(re.findall("/confirm", page)) == 2 and "Hãy hỏi khách rồi chọn" in page
    assert {till.said(first)["face"], till.said(second)["face"]} == {"awaiting"}
    assert _confirm(till, page, second) == 303
    assert (till.said(first)["face"], till.said(second)["face"]) == ("awaiting", "paid")
    assert _confirm(till, page, first) == 409  # one transfer, one sale
    assert (till.said(first)["face"], till.books()) == ("awaiting", till.learned(45_000))


def test_18_another_amount_or_another_hour_is_not_offered_and_not_taken(till: Till) -> None:
    screen, _payload = till.ask(45_000)
    till.shop.sandbox.pay(till.card(), amount=44_000)
    earlier = (clock.now() - timedelta(minutes=16)).isoformat()
    till.shop.sandbox.pay(till.card(), amount=45_000, transacted_at=earlier)
    till.shop.deliver()
    page = till.incoming()
    assert "/confirm" not in page and page.count("/record") == 2
    for address in re.findall(r'action="([^"]+)/record"', page):
        answer = post_form(till.phone, f"{address}/confirm", {"sale_id": screen.rsplit("/", 1)[1]})
        assert answer.status_code == 422
    assert (till.said(screen)["face"], till.books()) == ("awaiting", {})


def test_18_money_for_what_was_never_rung_up_is_recorded_once(till: Till) -> None:
    till.shop.sandbox.pay(till.card(), amount=20_000)
    till.shop.deliver()
    address = re.findall(r'action="([^"]+/record)"', till.incoming())[0]
    assert [post_form(till.phone, address).status_code for _ in range(2)] == [303, 409]
    assert till.books() == till.learned(20_000)


def test_18_a_neighbour_neither_sees_nor_takes_it(till: Till) -> None:
    till.shop.sandbox.pay(till.card(), amount=20_000)
    till.shop.deliver()
    address = re.findall(r'action="([^"]+/record)"', till.incoming())[0]
    with till.app.app_context():
        other = make_stall()
    neighbour = signed_in(till.app, Role.VENDOR, subject_id=other)
    assert "20.000" not in neighbour.get(f"/till/{other}/incoming").text
    assert post_form(neighbour, address).status_code == 404
    own = address.replace(f"/till/{till.stall_id}/", f"/till/{other}/")
    assert post_form(neighbour, own).status_code == 404
    assert till.books() == {}


def test_26_a_sale_made_without_network_is_proven_after_the_reconnect(till: Till) -> None:
    """The buyer scans the printed card and shows the phone: that is no proof. The notice and the trader's word are."""
    sold_at = clock.now()
    till.shop.sandbox.pay(till.card(), amount=45_000)
    batch = {
        "sales": [
            {
                "stall_id": till.stall_id,
                "client_id": str(uuid.uuid4()),
                "amount": 45_000,
                "means": "qr",
                "sold_at": sold_at.isoformat(),
            }
        ]
    }
    headers = {"X-CSRFToken": csrf_token(till.phone)}
    sent = till.phone.post("/api/v1/sales/batch", json=batch, headers=headers).json or {}
    screen = f"/till/{till.stall_id}/sales/{sent['items'][0]['sale']['id']}"
    assert till.said(screen)["headline"] == "Chờ đối chiếu"
    till.shop.deliver()
    assert till.said(screen)["face"] == "awaiting"
    assert _confirm(till, till.incoming(), screen) == 303
    assert till.said(screen)["face"] == "paid"
    again = till.phone.post("/api/v1/sales/batch", json=batch, headers=headers).json or {}
    assert again["items"][0]["sale"]["id"] == sent["items"][0]["sale"]["id"]
    assert till.books() == till.learned(45_000)


def test_27_a_qr_sale_paid_in_cash_is_recorded_as_such_once(till: Till) -> None:
    screen, payload = till.ask(45_000)
    for _ in range(2):
        assert post_form(till.phone, f"{screen}/cash").status_code == 303
    stall = f"stall:{till.stall_id}"
    in_cash = {f"{stall}:cash": 45_000, f"{stall}:sales": -45_000}
    assert (till.said(screen)["face"], till.books()) == ("cancelled", in_cash)
    till.shop.sandbox.pay(payload)  # and then the transfer arrives all the same
    till.shop.deliver()
    assert "45.000\u00a0₫: vui lòng trả lại cho khách" in till.said(screen)["detail"]
    assert till.books() == in_cash


def test_27_what_the_bank_has_paid_is_not_turned_into_cash(till: Till) -> None:
    screen, payload = till.ask(45_000)
    till.shop.sandbox.pay(payload, amount=40_000)
    till.shop.deliver()
    assert post_form(till.phone, f"{screen}/cash").status_code == 409
    till.shop.sandbox.pay(payload, amount=5_000)
    till.shop.deliver()
    assert post_form(till.phone, f"{screen}/cash").status_code == 409
    assert till.books() == till.learned(45_000)
