"""The simulated bank: transfers by QR, one signed notice each, a statement that can be followed."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from marketplace.core import clock
from marketplace.sandbox.settings import BANK_BIN
from tests.sandbox.server import NOTICE_SECRET, Inbox, Sandbox, qr_for

NOTICE = {
    "id", "bank_reference", "bin", "account", "direction", "amount", "currency", "memo", "transacted_at", "payer_name",
    "payer_account", "payer_bin",
}  # fmt: skip

VNPAY = (
    "00020101021126280010A000000775011001A80187905204549953037045802VN5907SUNFLY16005HaNoi"
    "62290313SUNFLY ONLINE0708SUNFLY016304AE6F"
)
SACOMBANK = (
    "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN"
    "62340107NPS68690819thanh toan don hang63042E2E"
)

#: Last two digits; all begin with 9704.
ISSUED = """
00 03 05 06 07 08 09 10 12 14 15 16 18 19 21 22 23 24 25 26 27 28 29 30 31 32 33 34 36 37 38 39 40 41 42 43 44 46 48
49 52 54 55 56 57 58 59 60 62 63 64 65 66 67 68 70
"""
BINS = {f"9704{ending}" for ending in ISSUED.split()}
FURTHER = {"546034", "546035", "963388", "971025", "422589", "458761", "796500", "801011", "668888"}


def told(notices: Inbox) -> list[dict[str, Any]]:
    return [json.loads(message.body) for message in notices.received]


def test_the_banks_code_belongs_to_no_bank() -> None:
    """The BINs of State Bank letter 1589 (2024), and those that wallets and foreign banks use for VietQR."""
    assert len(BINS) == 56 and BANK_BIN not in BINS | FURTHER


def test_exact_payment_makes_one_signed_notice(sandbox: Sandbox, notices: Inbox) -> None:
    booking = sandbox.pay(qr_for(), payer_name="TRAN THI B", payer_account="0987654321")
    assert [attempt.status for attempt in sandbox.deliver_now()] == [200]
    message, notice = notices.received[0], told(notices)[0]
    assert set(notice) == NOTICE
    assert (notice["bin"], notice["account"], notice["direction"]) == ("999999", "1017595600", "in")
    assert (notice["amount"], notice["currency"], notice["memo"]) == (45_000, "VND", "OC8F3K2PQ")
    assert (notice["payer_name"], notice["payer_account"]) == ("TRAN THI B", "0987654321")
    assert notice["transacted_at"].endswith("+07:00") and notice["id"].startswith("bn_")
    assert (notice["bank_reference"], booking["id"][3:]) == (booking["bank_reference"], notice["id"][3:])
    stamp = message.headers["X-Bank-Timestamp"]
    expected = hmac.new(NOTICE_SECRET.encode(), stamp.encode() + b"." + message.body, hashlib.sha256).hexdigest()
    assert message.headers["X-Bank-Signature"] == f"sha256={expected}"
    assert abs(int(stamp) - clock.now().timestamp()) < 60


def test_notice_is_tried_until_it_is_taken(sandbox: Sandbox, notices: Inbox) -> None:
    notices.answers = [500, 400, 301]
    sandbox.pay(qr_for())
    statuses = [attempt.status for _ in range(6) for attempt in sandbox.deliver_now()]
    assert statuses == [500, 400, 301, 200]
    assert len({message.body for message in notices.received}) == 1


@pytest.mark.parametrize("amount", [44_000, 46_000])
def test_short_and_over_are_transferred_as_the_payer_typed(sandbox: Sandbox, amount: int) -> None:
    assert sandbox.pay(qr_for(), amount=amount)["amount"] == amount


def test_paid_twice_is_two_transfers_with_their_own_references(sandbox: Sandbox, notices: Inbox) -> None:
    first, second = sandbox.pay(qr_for()), sandbox.pay(qr_for())
    assert first["bank_reference"] != second["bank_reference"]
    sandbox.deliver_now()
    assert len(told(notices)) == 2


def test_same_client_id_is_the_same_transfer(sandbox: Sandbox) -> None:
    first = sandbox.pay(qr_for(), client_id="pay-1")
    assert sandbox.pay(qr_for(), client_id="pay-1") == first
    other = sandbox.bank("POST", "/transfers", {"qr": qr_for(), "client_id": "pay-1", "amount": 1})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "client_id_used")


def test_bank_time_may_lie_before_and_memo_may_be_mangled(sandbox: Sandbox) -> None:
    booking = sandbox.pay(
        qr_for(), transacted_at="2026-11-21T07:12:00+07:00", memo="MBVCB.3278907687.oc8f3k2pq  chuyen tien"
    )
    assert booking["transacted_at"] == "2026-11-21T07:12:00+07:00"
    assert booking["memo"] == "MBVCB.3278907687.oc8f3k2pq  chuyen tien"


def test_account_and_amount_go_without_a_qr(sandbox: Sandbox) -> None:
    answer = sandbox.bank("POST", "/transfers", {"bin": "999999", "account": "STALL001", "amount": 1, "memo": ""})
    assert (answer.status_code, answer.json()["account"]) == (201, "STALL001")


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({}, "other_bank"),
        ([], "bad_json"),
        ({"qr": "000201"}, "qr_refused"),
        ({"qr": qr_for(amount=None)}, "bad_amount"),
        ({"qr": qr_for(), "amount": 0}, "bad_amount"),
        ({"qr": qr_for(), "amount": -1}, "bad_amount"),
        ({"qr": qr_for(), "amount": 1.5}, "bad_amount"),
        ({"qr": qr_for(), "amount": "1000"}, "bad_amount"),
        ({"qr": qr_for(), "amount": True}, "bad_amount"),
        ({"qr": qr_for(), "amount": 500_000_000}, "bad_amount"),
        ({"qr": qr_for(), "memo": "a\nb"}, "bad_text"),
        ({"qr": qr_for(), "transacted_at": "2026-11-21T07:12:00"}, "bad_time"),
        ({"qr": qr_for(), "colour": "red"}, "unknown_field"),
        ({"qr": qr_for(), "client_id": "\ud800"}, "bad_client_id"),
        ({"qr": "\ud800"}, "qr_refused"),
        ({"bin": "970436", "account": "1", "amount": 1}, "other_bank"),
        ({"bin": "999999", "account": "../x", "amount": 1}, "bad_account"),
        ({"qr": VNPAY}, "qr_not_supported"),
        ({"qr": SACOMBANK}, "other_bank"),
    ],
)  # fmt: skip
def test_what_no_bank_would_take_books_nothing(sandbox: Sandbox, order: Any, code: str) -> None:
    answer = sandbox.bank("POST", "/transfers", order)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert sandbox.bank("GET", "/statement").json() == {"items": [], "next": None}


def test_statement_is_followed_page_by_page_oldest_first(sandbox: Sandbox) -> None:
    made = [sandbox.pay(qr_for(amount=1000 + n))["id"] for n in range(5)]
    sandbox.pay(qr_for("OTHER"))
    seen: list[str] = []
    after = None
    while True:
        page = sandbox.bank("GET", "/statement", account="1017595600", limit=2, starting_after=after).json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == made
    late = sandbox.pay(qr_for(), transacted_at="2026-01-01T00:00:00+07:00")["id"]
    page = sandbox.bank("GET", "/statement", account="1017595600", starting_after=made[-1]).json()
    assert [item["id"] for item in page["items"]] == [late]


def test_statement_of_a_day_is_half_open_in_vietnam(sandbox: Sandbox) -> None:
    for moment in ("2026-11-20T23:59:59+07:00", "2026-11-21T00:00:00+07:00", "2026-11-22T00:00:00+07:00"):
        sandbox.pay(qr_for(), transacted_at=moment)
    page = sandbox.bank("GET", "/statement", **{"from": "2026-11-21", "to": "2026-11-22"}).json()
    assert [item["transacted_at"] for item in page["items"]] == ["2026-11-21T00:00:00+07:00"]
    exact = datetime(2026, 11, 21, tzinfo=UTC) - timedelta(hours=7)
    page = sandbox.bank("GET", "/statement", **{"from": exact.isoformat()}).json()
    assert len(page["items"]) == 2
    assert sandbox.bank("GET", "/statement", limit=0).json()["error"]["field"] == "limit"
    assert sandbox.bank("GET", "/statement", **{"from": "yesterday"}).status_code == 400


def test_reversal_is_an_outgoing_booking_once(sandbox: Sandbox, notices: Inbox) -> None:
    booking = sandbox.pay(qr_for())
    path = f"/transfers/{booking['id']}/reversal"
    back = sandbox.bank("POST", path)
    assert (back.status_code, back.json()["direction"], back.json()["amount"]) == (201, "out", 45_000)
    assert booking["bank_reference"] in back.json()["memo"]
    assert sandbox.bank("POST", path).json()["error"]["code"] == "already_reversed"
    again = sandbox.bank("POST", f"/transfers/{back.json()['id']}/reversal")
    assert again.json()["error"]["code"] == "not_reversible"
    assert sandbox.bank("POST", "/transfers/bk_x/reversal").status_code == 404
    sandbox.deliver_now()
    assert [notice["direction"] for notice in told(notices)] == ["in", "out"]


def test_bank_api_asks_for_its_own_key(sandbox: Sandbox) -> None:
    url = f"{sandbox.base_url}/bank/v1/statement"
    assert requests.get(url, timeout=10).status_code == 401
    nowhere = sandbox.bank("GET", "/nowhere")
    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (404, "not_found")
    wrong = requests.get(url, headers={"Authorization": "Bearer sk_test_sandbox_0123456789"}, timeout=10)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "bad_key")


@pytest.mark.parametrize(
    ("how", "wrong"),
    [("no_memo", "memo"), ("wrong_letter", "memo"), ("late", "transacted_at"), ("wrong_account", "account")],
)
def test_each_slip_of_the_page_changes_one_thing_only(sandbox: Sandbox, notices: Inbox, how: str, wrong: str) -> None:
    page = f"{sandbox.base_url}/bank/app"
    for pressed in ("exact", how):
        answer = requests.post(page, data={"qr": qr_for(), "how": pressed}, timeout=5, allow_redirects=False)
        assert answer.status_code == 303
    sandbox.deliver_now()
    right, slipped = told(notices)
    same = {"amount", "payer_account", "memo", "account"} - {wrong}
    assert {name: right[name] for name in same} == {name: slipped[name] for name in same}
    assert right[wrong] != slipped[wrong]
