"""The awkward cases of a transfer, one press each: what is booked, and what the shop hears. And transfers out."""

import hashlib
import hmac
import json
import re
from typing import Any

import pytest
import requests

from marketplace.core import clock
from tests.sandbox.server import BANK_KEY, NOTICE_SECRET, Inbox, Received, Sandbox, qr_for
from tests.sandbox.test_pages import booked, page, press

MEMO = "OC8F3K2PQ"


def signed(message: Received) -> bool:
    """Signed with the bank's secret, and just now."""
    stamp = message.headers["X-Bank-Timestamp"]
    right = hmac.new(NOTICE_SECRET.encode(), stamp.encode() + b"." + message.body, hashlib.sha256).hexdigest()
    is_fresh = abs(int(stamp) - clock.now().timestamp()) < 300
    return is_fresh and message.headers["X-Bank-Signature"] == f"sha256={right}"


def heard(sandbox: Sandbox, notices: Inbox) -> list[dict[str, Any]]:
    """What the shop received, with whether it was signed rightly."""
    sandbox.deliver_now()
    return [{**json.loads(one.body), "is_signed": signed(one)} for one in notices.received]


@pytest.mark.parametrize(
    ("how", "memo"),
    [
        ("no_memo", ""), ("untidy", " oc8f  3k2pq. "), ("wrong_letter", "OC8F2K2PQ"),
        ("wrapped", f"MBVCB.3278907687.{MEMO}.CT tu 0123456789 NGUYEN VAN A"), ("cut", "OC8F3K2PQ thanh toan don "),
    ],
)  # fmt: skip
def test_a_button_spoils_the_message_and_nothing_else(sandbox: Sandbox, how: str, memo: str) -> None:
    assert press(sandbox, how).status_code == 303
    item = sandbox.bank("GET", "/statement").json()["items"][0]
    assert (item["memo"], item["amount"], item["account"]) == (memo, 45_000, "1017595600")


def test_the_other_code_is_the_one_scanned_before(sandbox: Sandbox) -> None:
    first, second = qr_for(), qr_for(memo="OC7K2M9QX")
    alone = page(sandbox, f"/bank/app?qr={first}").text
    assert 'value="two_codes"' not in alone and "Hai mã trong một nội dung" in alone
    offered = page(sandbox, f"/bank/app?qr={second}").text
    assert f"kèm {MEMO}" in offered
    press(sandbox, "two_codes", second)
    assert sandbox.bank("GET", "/statement").json()["items"][0]["memo"] == f"OC7K2M9QX {MEMO}"


def test_parts_add_up_and_change_places_when_asked_to(sandbox: Sandbox, notices: Inbox) -> None:
    assert press(sandbox, "parts", qr_for(amount=45_001)).status_code == 303
    assert booked(sandbox) == [22_500, 22_501]
    press(sandbox, "swapped", qr_for(amount=45_001))
    assert booked(sandbox)[2:] == [22_500, 22_501]
    due = sorted(sandbox.deliver_now(), key=lambda attempt: attempt.message)
    assert [json.loads(one.body)["amount"] for one in notices.received][2:] == [22_501, 22_500]
    assert {attempt.status for attempt in due} == {200}


def test_a_lost_notice_never_comes_but_stands_in_the_statement(sandbox: Sandbox, notices: Inbox) -> None:
    press(sandbox, "lost")
    assert (heard(sandbox, notices), booked(sandbox)) == ([], [45_000])
    assert "cố ý bỏ" in page(sandbox, "/deliveries").text


def test_a_notice_comes_twice_or_with_another_amount(sandbox: Sandbox, notices: Inbox) -> None:
    press(sandbox, "twice_told")
    first, again = heard(sandbox, notices)
    assert first == again and booked(sandbox) == [45_000]
    press(sandbox, "changed")
    right, changed = heard(sandbox, notices)[2:]
    assert (right["id"], right["amount"], changed["amount"]) == (changed["id"], 45_000, 46_000)
    assert changed["is_signed"] and booked(sandbox) == [45_000, 45_000]


@pytest.mark.parametrize("how", ["forged", "stale"])
def test_a_false_notice_moves_no_money_and_is_not_sent_rightly_later(
    sandbox: Sandbox, notices: Inbox, how: str
) -> None:
    notices.answers = [400]
    answer = press(sandbox, how)
    assert re.fullmatch(r"/deliveries/\d+", answer.headers["Location"])
    early = page(sandbox, answer.headers["Location"])
    assert early.headers["Refresh"] == "2" and "tự tải lại" in early.text
    (false,) = heard(sandbox, notices)
    assert (false["amount"], false["is_signed"]) == (45_000, False)
    assert heard(sandbox, notices) == [false], "refused once, and that is all"
    told = page(sandbox, answer.headers["Location"])
    assert booked(sandbox) == [] and "400" in told.text and "Refresh" not in told.headers


def test_a_notice_that_did_not_get_through_is_sent_again_once(sandbox: Sandbox, notices: Inbox) -> None:
    press(sandbox, "unreached")
    assert (heard(sandbox, notices), booked(sandbox)) == ([], [45_000])
    (told,) = heard(sandbox, notices)
    assert (told["amount"], told["is_signed"]) == (45_000, True)
    assert len(heard(sandbox, notices)) == 1


def test_a_notice_whose_answer_got_lost_comes_once_more_the_same(sandbox: Sandbox, notices: Inbox) -> None:
    press(sandbox, "unanswered")
    (told,) = heard(sandbox, notices)
    (address,) = re.findall(r'href="(/deliveries/\d+)"', page(sandbox, "/deliveries").text)
    assert "câu trả lời bị mất" in page(sandbox, address).text
    assert heard(sandbox, notices) == [told, told] and told["is_signed"]
    assert heard(sandbox, notices) == [told, told]
    assert booked(sandbox) == [45_000]


def test_statement_and_notice_tell_different_stories_when_asked_to(sandbox: Sandbox, notices: Inbox) -> None:
    answer = press(sandbox, "unbooked")
    assert re.fullmatch(r"/deliveries/\d+", answer.headers["Location"])
    (told,) = heard(sandbox, notices)
    assert (told["amount"], told["is_signed"], booked(sandbox)) == (45_000, True, [])
    press(sandbox, "misstated")
    more = heard(sandbox, notices)[1]
    (item,) = sandbox.bank("GET", "/statement").json()["items"]
    assert (more["amount"], more["is_signed"], item["amount"]) == (45_000, True, 44_000)
    assert item["bank_reference"] == more["bank_reference"]


def test_the_receipt_offers_to_take_the_money_back(sandbox: Sandbox) -> None:
    receipt = page(sandbox, press(sandbox, "exact").headers["Location"]).text
    ref = re.findall(r'name="id" value="(\w+)"', receipt)[0]
    requests.post(f"{sandbox.base_url}/bank/reversal", {"id": ref}, timeout=10)
    assert [item["direction"] for item in sandbox.bank("GET", "/statement").json()["items"]] == ["in", "out"]


def order(sandbox: Sandbox, key: str) -> dict[str, Any]:
    """A transfer that the shop orders."""
    given = {"from_account": "1017595600", "bin": "970436", "account": "0123456789", "name": "HOA", "amount": 30_000}
    headers = {"Authorization": f"Bearer {BANK_KEY}", "Idempotency-Key": key}
    answer = requests.post(f"{sandbox.base_url}/bank/v1/transfers", json=given, headers=headers, timeout=10)
    return dict(answer.json())


def test_a_person_plays_the_bank_for_transfers_out(sandbox: Sandbox) -> None:
    address = f"{sandbox.base_url}/bank/outgoing"
    assert "Chưa có lệnh nào" in page(sandbox, "/bank/outgoing").text
    assert "bạn quyết định" in requests.post(address, {"outcome": "wait"}, timeout=10).text
    paid, refused = order(sandbox, "k1"), order(sandbox, "k2")
    assert (paid["state"], refused["state"]) == ("accepted", "accepted")
    steps = ((paid, "carry_out", "succeeded"), (refused, "refuse", "failed"), (paid, "give_back", "returned"))
    for transfer, how, state in steps:
        assert requests.post(f"{address}/{transfer['id']}", {"how": how}, timeout=10).status_code == 200
        assert sandbox.bank("GET", f"/transfers/{transfer['id']}").json()["state"] == state
    shown = page(sandbox, "/bank/outgoing").text
    assert "đã bị trả lại" in shown and "ngân hàng từ chối" in shown and 'name="how"' not in shown
    requests.post(address, {"outcome": "fail"}, timeout=10)
    assert order(sandbox, "k3")["state"] == "failed"


def test_what_a_transfer_out_cannot_do_is_refused_in_words(sandbox: Sandbox) -> None:
    address, paid = f"{sandbox.base_url}/bank/outgoing", order(sandbox, "k1")
    for how in ("carry_out", "refuse", "burn", ""):
        answer = requests.post(f"{address}/{paid['id']}", {"how": how}, timeout=10)
        assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert requests.post(f"{address}/tf_no", {"how": "refuse"}, timeout=10).status_code == 404
    assert requests.post(address, {"outcome": "burn"}, timeout=10).status_code == 422
    assert sandbox.bank("GET", f"/transfers/{paid['id']}").json()["state"] == "succeeded"
