"""One charge, several cooperatives: transfers, reversals and payouts never move more than there is."""

import json
from typing import Any

from tests.sandbox.server import Inbox, Sandbox


def paid(sandbox: Sandbox, amount: int = 140_000) -> dict[str, Any]:
    given = {"amount": amount, "currency": "vnd", "payment_method": "pm_card_visa", "confirm": "true"}
    return dict(sandbox.stripe("POST", "/payment_intents", {**given, "transfer_group": "ORDER_1"}).json())


def account(sandbox: Sandbox, **given: str) -> str:
    return str(sandbox.stripe("POST", "/accounts", {"type": "custom", "country": "VN", **given}).json()["id"])


def transfer(sandbox: Sandbox, intent: dict[str, Any], to: str, amount: int) -> Any:
    given = {"amount": amount, "currency": "vnd", "destination": to, "source_transaction": intent["latest_charge"]}
    return sandbox.stripe("POST", "/transfers", given)


def available(sandbox: Sandbox, of: str | None = None) -> int:
    headers = {"Stripe-Account": of} if of else {}
    return int(sandbox.stripe("GET", "/balance", headers=headers).json()["available"][0]["amount"])


def test_one_charge_is_divided_and_never_beyond_itself(sandbox: Sandbox) -> None:
    intent, a, b = paid(sandbox), account(sandbox), account(sandbox)
    first = transfer(sandbox, intent, a, 75_000).json()
    assert (first["transfer_group"], first["reversals"]["data"]) == ("ORDER_1", [])
    assert transfer(sandbox, intent, b, 65_001).json()["error"]["param"] == "amount"
    assert transfer(sandbox, intent, b, 65_000).status_code == 200
    assert (available(sandbox), available(sandbox, a), available(sandbox, b)) == (0, 75_000, 65_000)
    listed = sandbox.stripe("GET", "/transfers", {"transfer_group": "ORDER_1"}).json()["data"]
    assert [entry["amount"] for entry in listed] == [65_000, 75_000]


def test_transfer_without_a_charge_needs_the_balance(sandbox: Sandbox) -> None:
    to = account(sandbox)
    given = {"amount": 1, "currency": "vnd", "destination": to}
    assert sandbox.stripe("POST", "/transfers", given).json()["error"]["code"] == "balance_insufficient"
    paid(sandbox, 20_000)
    assert sandbox.stripe("POST", "/transfers", {**given, "source_type": "fpx"}).status_code == 400  # only cards pay
    assert sandbox.stripe("POST", "/transfers", given).status_code == 200
    nobody = sandbox.stripe("POST", "/transfers", {**given, "destination": "acct_nobody"})
    assert (nobody.status_code, nobody.json()["error"]["param"]) == (400, "destination")


def test_reversals_add_up_to_the_transfer(sandbox: Sandbox) -> None:
    intent, to = paid(sandbox), account(sandbox)
    moved = transfer(sandbox, intent, to, 75_000).json()
    path = f"/transfers/{moved['id']}/reversals"
    assert sandbox.stripe("POST", path, {"amount": 30_000}).json()["amount"] == 30_000
    assert sandbox.stripe("POST", path, {"amount": 45_001}).json()["error"]["param"] == "amount"
    assert sandbox.stripe("POST", path).json()["amount"] == 45_000
    assert "already fully reversed" in sandbox.stripe("POST", path).json()["error"]["message"]
    after = sandbox.stripe("GET", f"/transfers/{moved['id']}").json()
    assert (after["reversed"], after["amount_reversed"], len(after["reversals"]["data"])) == (True, 75_000, 2)
    assert (available(sandbox), available(sandbox, to)) == (140_000, 0)


def test_payout_is_paid_later_and_reversal_after_it_is_refused(sandbox: Sandbox) -> None:
    intent, to = paid(sandbox), account(sandbox)
    moved = transfer(sandbox, intent, to, 75_000).json()
    headers = {"Stripe-Account": to}
    too_much = sandbox.stripe("POST", "/payouts", {"amount": 75_001, "currency": "vnd"}, headers=headers)
    assert too_much.json()["error"]["code"] == "balance_insufficient"
    payout = sandbox.stripe("POST", "/payouts", {"amount": 75_000, "currency": "vnd"}, headers=headers).json()
    assert payout["status"] == "pending"
    sandbox.pass_time(60)
    after = sandbox.stripe("GET", f"/payouts/{payout['id']}", headers=headers).json()
    assert (after["status"], available(sandbox, to)) == ("paid", 0)
    assert sandbox.stripe("GET", f"/payouts/{payout['id']}").status_code == 404
    refused = sandbox.stripe("POST", f"/transfers/{moved['id']}/reversals")
    assert refused.json()["error"]["code"] == "balance_insufficient"
    assert sandbox.stripe("POST", f"/payouts/{payout['id']}/cancel", headers=headers).status_code == 400


def test_payout_to_the_account_that_does_not_exist_comes_back(sandbox: Sandbox) -> None:
    to = account(
        sandbox, **{"external_account[account_number]": "000111111116", "external_account[object]": "bank_account"}
    )
    transfer(sandbox, paid(sandbox), to, 75_000)
    headers = {"Stripe-Account": to}
    payout = sandbox.stripe("POST", "/payouts", {"amount": 75_000, "currency": "vnd"}, headers=headers).json()
    assert available(sandbox, to) == 0
    sandbox.pass_time(60)
    after = sandbox.stripe("GET", f"/payouts/{payout['id']}", headers=headers).json()
    assert (after["status"], after["failure_code"], available(sandbox, to)) == ("failed", "no_account", 75_000)


def test_a_pending_payout_can_be_stopped(sandbox: Sandbox) -> None:
    paid(sandbox)
    payout = sandbox.stripe("POST", "/payouts", {"amount": 40_000, "currency": "vnd"}).json()
    assert sandbox.stripe("POST", f"/payouts/{payout['id']}/cancel").json()["status"] == "canceled"
    again = sandbox.stripe("POST", f"/payouts/{payout['id']}/cancel").json()["error"]
    assert again["message"] == "Payouts can only be canceled while they are pending."
    asked = sandbox.stripe("GET", "/balance_transactions", {"payout": payout["id"]})  # none of what a hand ordered
    assert (asked.status_code, asked.json()["error"]["param"]) == (400, "payout")
    sandbox.pass_time(60)
    assert (sandbox.stripe("GET", "/payouts").json()["data"][0]["status"], available(sandbox)) == ("canceled", 140_000)


def test_events_of_an_account_go_to_connect_endpoints_and_name_it(sandbox: Sandbox, notices: Inbox) -> None:
    given = {"url": notices.url, "enabled_events[]": "*", "connect": "true"}
    sandbox.stripe("POST", "/webhook_endpoints", given)
    to = account(sandbox)
    transfer(sandbox, paid(sandbox), to, 75_000)
    sandbox.stripe("POST", "/payouts", {"amount": 1000, "currency": "vnd"}, headers={"Stripe-Account": to})
    sandbox.deliver_now()
    told = [json.loads(message.body) for message in notices.received]
    assert [(event["type"], event["account"]) for event in told] == [("payout.created", to)]


def test_a_stranger_account_is_not_spoken_for(sandbox: Sandbox) -> None:
    answer = sandbox.stripe("GET", "/balance", headers={"Stripe-Account": "acct_nobody"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "account_invalid")


def test_a_charge_without_a_group_gets_one_when_it_is_shared_out(sandbox: Sandbox) -> None:
    given = {"amount": 50_000, "currency": "vnd", "payment_method": "pm_card_visa", "confirm": "true"}
    intent = sandbox.stripe("POST", "/payment_intents", given).json()
    groups = {transfer(sandbox, intent, account(sandbox), 10_000).json()["transfer_group"] for _ in range(2)}
    charge = sandbox.stripe("GET", f"/charges/{intent['latest_charge']}").json()
    assert groups == {f"group_{intent['id']}"} == {charge["transfer_group"]}


def test_an_account_tells_who_it_is(sandbox: Sandbox) -> None:
    ref = account(sandbox, **{"business_profile[name]": "HTX Shan Tuyết"})
    sandbox.stripe("POST", f"/accounts/{ref}", {"business_profile[url]": "https://htx.example"})
    told = sandbox.stripe("GET", f"/accounts/{ref}").json()["business_profile"]
    assert (told["name"], told["url"], told["mcc"]) == ("HTX Shan Tuyết", "https://htx.example", None)
    place = {"company[address][city]": "Hà Giang", "company[tax_id]": "5100123456", "tos_acceptance[ip]": "127.0.0.1"}
    told = sandbox.stripe("POST", f"/accounts/{ref}", {"company[name]": "HTX Mây", **place}).json()
    company = told["company"]
    assert (company["name"], company["address"]["city"], company["tax_id_provided"]) == ("HTX Mây", "Hà Giang", True)
    assert "tax_id" not in company and told["tos_acceptance"]["ip"] == "127.0.0.1"


def test_an_account_has_what_it_needs_to_be_paid(sandbox: Sandbox) -> None:
    ref = account(sandbox)
    path = f"/accounts/{ref}/capabilities"
    listed = sandbox.stripe("GET", path).json()["data"]
    assert {entry["id"]: entry["status"] for entry in listed} == {"transfers": "active", "card_payments": "active"}
    assert sandbox.stripe("POST", f"{path}/transfers", {"requested": "true"}).json()["account"] == ref
    nothing = sandbox.stripe("GET", f"{path}/flying")
    assert (nothing.status_code, nothing.json()["error"]["code"]) == (404, "resource_missing")
    kept = sandbox.stripe("POST", f"{path}/transfers", {"requested": "false"})
    assert (kept.status_code, kept.json()["error"]["param"]) == (400, "requested")
    assert sandbox.stripe("GET", "/accounts/acct_no/capabilities").status_code == 403
