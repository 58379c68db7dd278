"""The pages: the bank app in each of its moods, the authentication page, the logs. Usable without script."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from marketplace.sandbox.stripe.cards import CARDS
from tests.sandbox.server import BANK_KEY, Sandbox, qr_for
from tests.sandbox.test_intents import in_state, make

BACK = "http://127.0.0.1:8000/orders/DH1"
PAGES = [
    "/", "/bank/app", f"/bank/app?qr={qr_for()}", f"/bank/app?qr={qr_for(amount=None)}", "/bank/statement",
    "/bank/outgoing",
    "/stripe/intents", "/stripe/charges", "/stripe/refunds", "/stripe/events", "/deliveries", "/sandbox/faults",
]  # fmt: skip


def page(sandbox: Sandbox, path: str, **headers: str) -> requests.Response:
    return requests.get(sandbox.base_url + path, headers={"Accept": "text/html", **headers}, timeout=10)


def press(sandbox: Sandbox, how: str, qr: str | None = None, **typed: str) -> requests.Response:
    """Press one button of the bank app."""
    form = {"qr": qr or qr_for(), "how": how, **typed}
    return requests.post(f"{sandbox.base_url}/bank/app", form, timeout=10, allow_redirects=False)


def booked(sandbox: Sandbox) -> list[int]:
    return [item["amount"] for item in sandbox.bank("GET", "/statement").json()["items"]]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_says_that_it_is_a_simulation_in_both_languages(sandbox: Sandbox, path: str) -> None:
    make(sandbox, payment_method="pm_card_visa", confirm="true")
    sandbox.pay(qr_for())
    sandbox.deliver_now()
    vietnamese = page(sandbox, path)
    assert vietnamese.status_code == 200
    assert "Mô phỏng: không có tiền thật" in vietnamese.text and '<html lang="vi">' in vietnamese.text
    english = page(sandbox, path + ("&" if "?" in path else "?") + "lang=en")
    assert "Simulation: no real money" in english.text and '<html lang="en">' in english.text
    assert "<script" not in vietnamese.text and "style=" not in vietnamese.text
    assert "default-src 'none'" in vietnamese.headers["Content-Security-Policy"]


def test_english_leaves_no_vietnamese_word_behind(sandbox: Sandbox) -> None:
    text = page(sandbox, f"/bank/app?qr={qr_for()}&lang=en").text
    words = re.sub(r"<[^>]+>", " ", text).replace("Ngân hàng Mô phỏng", "").replace("Tiếng Việt", "").replace("₫", "")
    assert words.isascii() or not re.findall(r"\w*[à-ỹđ]\w*", words)


def test_the_style_sheet_is_served(sandbox: Sandbox) -> None:
    answer = page(sandbox, "/assets/sandbox.css")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/css")


@pytest.mark.parametrize(
    ("how", "amounts"), [("exact", [45_000]), ("twice", [45_000, 45_000]), ("short", [44_000]), ("over", [46_000])]
)
def test_each_button_transfers_what_it_says(sandbox: Sandbox, how: str, amounts: list[int]) -> None:
    answer = press(sandbox, how)
    assert (answer.status_code, booked(sandbox)) == (303, amounts)
    receipt = page(sandbox, answer.headers["Location"])
    references = [item["bank_reference"] for item in sandbox.bank("GET", "/statement").json()["items"]]
    assert all(reference in receipt.text for reference in references)


def test_short_of_a_tiny_amount_is_still_an_amount(sandbox: Sandbox) -> None:
    press(sandbox, "short", qr_for(amount=600))
    assert booked(sandbox) == [300]


def test_typed_amount_memo_name_and_bank_time_are_taken(sandbox: Sandbox) -> None:
    typed = {"amount": "1.250.000 ₫", "memo": "ck oc8f3k2pq", "payer_name": "LE VAN C", "shift": "-60", "lag": "30"}
    assert press(sandbox, "other", **typed).status_code == 303
    item = sandbox.bank("GET", "/statement").json()["items"][0]
    assert (item["amount"], item["memo"], item["payer_name"]) == (1_250_000, "ck oc8f3k2pq", "LE VAN C")


@pytest.mark.parametrize("amount", ["", "0", "-5", "1,5e3", "500.000.000", "٤٥٠٠٠", "a"])
def test_an_amount_no_bank_takes_keeps_what_was_typed(sandbox: Sandbox, amount: str) -> None:
    answer = press(sandbox, "other", amount=amount, memo="giữ lại")
    assert answer.status_code == 422 and "giữ lại" in answer.text and 'role="alert"' in answer.text
    assert booked(sandbox) == []


@pytest.mark.parametrize("qr", ["xx", qr_for()[:-1] + "0" if qr_for()[-1] != "0" else qr_for()[:-1] + "1"])
def test_a_damaged_code_is_refused_in_words(sandbox: Sandbox, qr: str) -> None:
    shown = page(sandbox, f"/bank/app?qr={qr}")
    assert shown.status_code == 422 and "Mã bị hỏng" in shown.text
    assert press(sandbox, "exact", qr).status_code == 422
    assert booked(sandbox) == []


def test_the_way_back_is_a_link_and_only_to_the_web(sandbox: Sandbox) -> None:
    shown = page(sandbox, f"/bank/app?qr={qr_for()}&return_url={BACK}")
    assert f'href="{BACK}"' in shown.text
    answer = press(sandbox, "exact", return_url=BACK)
    assert answer.headers["Location"].startswith("/bank/receipt")
    assert f'href="{BACK}"' in page(sandbox, answer.headers["Location"]).text
    for bad in ("javascript:alert(1)", "//evil.example", "ftp://x/", "http://shop@evil.example/", "/\\evil"):
        shown = requests.get(
            f"{sandbox.base_url}/bank/app", {"qr": qr_for(), "return_url": bad, "lang": "vi"}, timeout=10
        )
        assert "nofollow" not in shown.text


def test_what_people_type_is_escaped(sandbox: Sandbox) -> None:
    shown = requests.get(f"{sandbox.base_url}/bank/app", {"qr": "<b>x</b>"}, timeout=10)
    assert "<b>x" not in shown.text and "&lt;b&gt;x" in shown.text


def test_a_transfer_is_taken_back_on_the_statement_page(sandbox: Sandbox) -> None:
    booking = sandbox.pay(qr_for())
    answer = requests.post(f"{sandbox.base_url}/bank/reversal", {"id": booking["id"]}, timeout=10)
    assert answer.status_code == 200 and "đã thu hồi" in answer.text
    assert booked(sandbox) == [45_000, 45_000]


@pytest.mark.parametrize(
    ("how", "status", "told"), [("complete", "succeeded", "succeeded"), ("fail", "requires_payment_method", "failed")]
)
def test_authentication_leads_back_to_the_shop(sandbox: Sandbox, how: str, status: str, told: str) -> None:
    intent = in_state(sandbox, "requires_action")
    address = intent["next_action"]["redirect_to_url"]["url"]
    asked = requests.get(address, timeout=10)
    assert asked.status_code == 200 and "150.000" in asked.text
    assert "form-action 'self' http://127.0.0.1;" in asked.headers["Content-Security-Policy"]
    answer = requests.post(address, {"how": how}, timeout=10, allow_redirects=False)
    back = urlsplit(answer.headers["Location"])
    assert (answer.status_code, back.path) == (303, "/back")
    assert parse_qs(back.query)["redirect_status"] == [told]
    assert parse_qs(back.query)["payment_intent"] == [intent["id"]]
    after = sandbox.stripe("GET", f"/payment_intents/{intent['id']}").json()
    assert (after["status"], after["next_action"]) == (status, None)
    requests.post(address, {"how": "complete"}, timeout=10, allow_redirects=False)
    again = sandbox.stripe("GET", f"/payment_intents/{intent['id']}").json()
    assert again["status"] == status


def test_authentication_page_needs_the_client_secret(sandbox: Sandbox) -> None:
    intent = in_state(sandbox, "requires_action")
    for query in ("", "?secret=x", "?secret=%C4%91"):
        assert page(sandbox, f"/3ds/{intent['id']}{query}").status_code == 404


def test_card_that_declines_after_authentication_is_a_failed_payment(sandbox: Sandbox) -> None:
    intent = make(
        sandbox,
        payment_method="pm_card_threeDSecureRequiredChargeDeclined",
        confirm="true",
        return_url="http://127.0.0.1/b",
    )
    answer = requests.post(
        intent["next_action"]["redirect_to_url"]["url"], {"how": "complete"}, timeout=10, allow_redirects=False
    )
    assert "redirect_status=failed" in answer.headers["Location"]
    after = sandbox.stripe("GET", f"/payment_intents/{intent['id']}").json()
    assert after["last_payment_error"]["code"] == "card_declined"


def test_delivery_log_shows_each_try_and_sends_once_more(sandbox: Sandbox, tmp_path: Path) -> None:
    make(sandbox)
    sandbox.deliver_now()
    log = page(sandbox, "/deliveries").text
    address = re.findall(r'href="(/deliveries/\d+)"', log)[0]
    assert "payment_intent.created" in log and "đã nhận" in page(sandbox, address).text
    assert requests.post(f"{sandbox.base_url}{address}/replay", timeout=10).status_code == 200
    assert [attempt.status for attempt in sandbox.deliver_now()] == [200]
    assert requests.post(f"{sandbox.base_url}/deliveries/999/replay", timeout=10).status_code == 404


def test_object_pages_hide_what_is_the_sandboxs_own(sandbox: Sandbox) -> None:
    intent = in_state(sandbox, "requires_action")
    shown = page(sandbox, f"/stripe/intents/{intent['id']}").text
    assert intent["id"] in shown and "_return_url" not in shown
    assert page(sandbox, "/stripe/intents/pi_x").status_code == 404
    assert page(sandbox, "/stripe/unicorns").status_code == 404
    assert page(sandbox, "/nowhere").status_code == 404


def test_every_test_card_is_one_press_away_from_the_start_page(sandbox: Sandbox) -> None:
    assert 'action="/sandbox/try"' in page(sandbox, "/").text
    shown = requests.post(f"{sandbox.base_url}/sandbox/try", timeout=10)
    offered = re.findall(r'name="number" value="(\d+)"', shown.text)
    assert set(offered) == {card.number for card in CARDS}
    assert "Mô phỏng: không có tiền thật" in shown.text and "150.000" in shown.text
    refused = requests.post(shown.url, {"number": "4000000000000002"}, timeout=10)
    assert refused.status_code == 422 and "Thẻ bị từ chối" in refused.text
    paid = requests.post(shown.url, {"number": "4242424242424242"}, timeout=10, allow_redirects=False)
    assert paid.headers["Location"].endswith("/stripe/intents")


@pytest.mark.parametrize(
    ("typed", "code"),
    [("12.499", "amount_too_small"), ("100.000.000", "amount_too_large"), ("", "amount_too_small"),
     ("😀", "amount_too_small"), ("-5", "amount_too_small"), ("9" * 10_000, "amount_too_small")],
)  # fmt: skip
def test_what_no_card_carries_is_refused_beside_the_amount_and_stays_typed(
    sandbox: Sandbox, typed: str, code: str
) -> None:
    refused = requests.post(f"{sandbox.base_url}/sandbox/try", {"amount": typed}, timeout=10)
    assert (
        refused.status_code == 422
        and code in refused.text
        and f'name="amount" inputmode="numeric" autocomplete="off" value="{typed}"' in refused.text
    )
    assert "12.500" in refused.text and "99.999.999" in refused.text


@pytest.mark.parametrize("typed", ["12.500", "99 999 999 ₫"])
def test_the_least_and_the_most_that_a_card_carries_lead_to_the_payment_page(sandbox: Sandbox, typed: str) -> None:
    shown = requests.post(f"{sandbox.base_url}/sandbox/try", {"amount": typed}, timeout=10)
    assert shown.status_code == 200 and "/checkout/" in shown.url


def test_a_card_number_of_no_test_card_is_told_in_words(sandbox: Sandbox) -> None:
    shown = requests.post(f"{sandbox.base_url}/sandbox/try", timeout=10)
    refused = requests.post(shown.url, {"number": "4111 1111 1111 1111"}, timeout=10)
    assert refused.status_code == 422 and "chỉ dùng được các thẻ thử" in refused.text


def test_a_number_that_no_table_holds_is_nobodys(sandbox: Sandbox) -> None:
    assert page(sandbox, f"/deliveries/{9 * 10**20}").status_code == 404
    assert requests.post(f"{sandbox.base_url}/deliveries/{9 * 10**20}/replay", timeout=10).status_code == 404


def test_what_is_nested_without_end_is_refused(sandbox: Sandbox) -> None:
    deep, kind = '{"a":' * 20_000, {"Content-Type": "application/json"}
    intent = in_state(sandbox, "requires_payment_method")
    for path in ("/sandbox/faults", f"/stripe/intents/{intent['id']}", "/bank/v1/transfers", "/bank/v1/outgoing"):
        key = {"Authorization": f"Bearer {BANK_KEY}"} if path.startswith("/bank") else {}
        refused = requests.post(f"{sandbox.base_url}{path}", deep, headers={**kind, **key}, timeout=10)
        assert 400 <= refused.status_code < 500, path
